"""Time, chance and identity come in through ports; nothing fetches them in the middle.

The bug it prevents: a rule about 24 hours that only a test of 24 hours can show to be wrong, and
an id that no test can foresee.
"""

from collections.abc import Iterator

import pytest

from tests.rules.source import Module, calls, modules, written

# The call, and where it may stand: the port itself, or a place whose reason is told.
ALLOWED = {
    "datetime.now": {"ports.py"},
    "uuid7": {"ports.py"},
    # Waiting for other processes, whose time is the machine's.
    "time.monotonic": {"database/embedded/waiting.py"},
    "time.sleep": {"database/embedded/waiting.py"},
    # Losers of a race come back at different moments; which is nobody's business.
    "random.uniform": {"database/engine.py"},
    # A demo that is the same every time: the generator is given its seed.
    "random.Random": {"seeding/demo.py"},
    # Secrets are made where they are kept, once in the life of a data folder.
    "secrets.token_urlsafe": {"database/embedded/layout.py", "ports.py"},
    # The salt of a role's password, in the one place that makes roles.
    "secrets.token_bytes": {"database/roles.py"},
    "randomness.token_urlsafe": {"bootstrap.py"},
}
_SOURCES = ("time.", "random.", "secrets.", "randomness.", "uuid.")
_NAMES = {"uuid1", "uuid4", "uuid6", "uuid7", "utcnow", "now", "today", "urandom", "time_ns"}


def fetches(module: Module) -> Iterator[tuple[str, str, int]]:
    """Each call that fetches time, chance or identity: what, where, and on which line."""
    for line, call in calls(module):
        if call.startswith(_SOURCES) or call.rpartition(".")[2] in _NAMES:
            yield call, module.path, line


def test_nothing_is_fetched_outside_its_port() -> None:
    found = [fetch for module in modules() for fetch in fetches(module)]
    assert [
        f"{path}:{line} calls {call}; take a Clock, Ids or a source of bytes as an argument"
        for call, path, line in found
        if path not in ALLOWED.get(call, ())
    ] == []


def test_every_exception_is_still_needed() -> None:
    found = {(call, path) for module in modules() for call, path, _ in fetches(module)}
    assert {(call, path) for call, paths in ALLOWED.items() for path in paths} - found == set()


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("now = self._clock()", 0),
        ("now = datetime.now(UTC)", 1),
        ("now = time.time()", 1),
        ("made = uuid4()", 1),
        ("owner = uuid5(namespace, name)", 0),
        ("pause = random.random()", 1),
        ("key = os.urandom(32)", 1),
    ],
)
def test_what_is_fetched_in_the_middle_is_found(line: str, faults: int) -> None:
    assert len(list(fetches(written(line)))) == faults
