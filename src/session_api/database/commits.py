"""Which sessions a transaction moved: noted while it runs, told once it is committed.

Noted on the connection, which the transaction has to itself, so that nothing is asked of the many
services between the journal, which knows what moved, and the transaction, which knows whether it
was committed.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

SessionKey: TypeAlias = tuple[UUID, UUID]
"""The owner of a session and its id."""

Moved: TypeAlias = Mapping[SessionKey, int]
"""The versions that sessions have come to; `GONE` for one that is no longer its owner's."""

Committed: TypeAlias = Callable[[Moved], None]
"""Told of every commit that moved sessions. Returns at once and raises nothing."""

GONE: Final = 0
"""No session is ever at this version. What looks whatever it has seen."""

_NOTED: Final = "session_api.moved"


def begin_notes(connection: AsyncConnection) -> dict[SessionKey, int]:
    """What `note_moved` will note on the connection from now on."""
    noted: dict[SessionKey, int] = {}
    connection.info[_NOTED] = noted
    return noted


def note_moved(connection: AsyncConnection, key: SessionKey, version: int) -> None:
    """Notes where the transaction on this connection moves a session."""
    keep_newest(connection.info[_NOTED], key, version)


def keep_newest(moved: dict[SessionKey, int], key: SessionKey, version: int) -> None:
    """Puts a version with those of other sessions. That one is gone outlives what follows."""
    known = moved.get(key)
    if known is None or (known != GONE and (version == GONE or version > known)):
        moved[key] = version


def tell_nobody(_moved: Moved) -> None:
    """For a process that has nobody to tell."""
