"""Only the vault encrypts, and what it encrypts is what `keys rotate` brings along.

The bug it prevents: a value that is encrypted elsewhere is not rotated, `keys status` does not
count it, and it is lost with the old key.
"""

from collections.abc import Iterator

import pytest

from session_api.models import METADATA
from session_api.sessions.metadata import SEALED_COLUMNS
from tests.rules.source import Module, calls, modules, written

ALLOWED = {
    "security/keyring.py",
    "sessions/metadata.py",
    # What processes say to each other, which is never stored.
    "sync/fanout/sealing.py",
}


def encrypts(module: Module) -> Iterator[str]:
    """Where a module encrypts."""
    for line, call in calls(module):
        if call.endswith(".encrypt"):
            yield f"{module.path}:{line} encrypts; let the MetadataVault do that, and rotate it too"


def test_nobody_encrypts_but_the_vault() -> None:
    outside = [module for module in modules() if module.path not in ALLOWED]
    assert [fault for module in outside for fault in encrypts(module)] == []


def test_every_place_named_here_encrypts() -> None:
    assert {module.path for module in modules() if list(encrypts(module))} == ALLOWED


def test_every_sealed_column_is_rotated() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in METADATA.tables.values()
        for column in table.columns
        if column.name.endswith("_ciphertext")
    }
    assert sealed == {f"user_sessions.{column}_ciphertext" for column in SEALED_COLUMNS}


@pytest.mark.parametrize(
    ("line", "faults"),
    [("sealed = self._vault.seal(x)", 0), ("sealed = self._keys.encrypt(x, purpose=y)", 1)],
)
def test_what_encrypts_is_found(line: str, faults: int) -> None:
    assert len(list(encrypts(written(line)))) == faults
