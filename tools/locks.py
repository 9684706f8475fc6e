"""What a lock file pins, read as uv writes it."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNTIME = ROOT / "requirements/runtime.lock"

_ENTRY = re.compile(
    r"(?P<name>[a-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^\s;]+)( ; (?P<marker>[^\\]+))?"
)
_OURS = "session-api"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A package in one version. `wanted_by` are packages, or the project itself."""

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]
    wanted_by: tuple[str, ...]


def pinned(text: str) -> list[Pinned]:
    """Every package of a lock, by name. Raises ValueError for what is no lock of ours."""
    found = []
    for entry in re.split(r"\n(?=[a-z0-9])", "\n" + text)[1:]:
        first = _ENTRY.match(entry)
        if first is None:
            raise ValueError(f"no pinned package: {entry.splitlines()[0]}")
        _, _, comment = entry.partition("# via")
        wanted = [line.strip().lstrip("# ").split(" ")[0] for line in comment.splitlines()]
        found.append(
            Pinned(
                name=first["name"],
                version=first["version"],
                marker=(first["marker"] or "").strip() or None,
                hashes=tuple(sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry))),
                wanted_by=tuple(sorted({name.partition("[")[0] for name in wanted if name})),
            )
        )
    return sorted(found, key=lambda package: package.name)
