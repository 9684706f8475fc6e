"""Short texts that are kept beside the objects: written once, never over one another.

They are no files of anybody's, so they have no rows, and the clean-up does not know them. The audit
trail keeps the signed heads of its chains here, where whoever can change the database can not.
"""

import re
from collections.abc import AsyncIterator, Collection
from typing import Final, Protocol

MAX_RECORD_BYTES: Final = 64 * 1024

_NAME = re.compile(r"[a-z0-9-]{1,64}(/[a-z0-9-]{1,64}){1,4}", re.ASCII)
_PREFIX = re.compile(r"[a-z0-9-]{1,64}(/[a-z0-9-]{1,64}){0,3}/", re.ASCII)


class RecordStore(Protocol):
    """A place for records. Names are two to five segments of a-z 0-9 and -, joined by slashes.

    Every method raises StorageUnavailable where the store can't be reached.
    """

    async def keep(self, name: str, content: bytes) -> bool:
        """Writes a record, whole or not at all. False where the name is taken: that one stays."""

    async def read(self, name: str) -> bytes | None:
        """What was kept, at most 64 KiB of it."""

    def names(self, prefix: str) -> AsyncIterator[str]:
        """Those that begin with whole segments, each with its slash; in no order to rely on."""

    async def drop(self, names: Collection[str]) -> None:
        """Forgets records. Repeatable."""


def is_record(name: str) -> bool:
    """Whether it can be the name of a record."""
    return _NAME.fullmatch(name) is not None


def require_record(name: str) -> str:
    """The name itself. ValueError for anything else, before it gets near a path."""
    return _require(_NAME, name)


def require_records(prefix: str) -> str:
    """The prefix itself. ValueError for what is none."""
    return _require(_PREFIX, prefix)


def _require(pattern: "re.Pattern[str]", name: str) -> str:
    if not pattern.fullmatch(name):
        raise ValueError("not a name for a record")
    return name
