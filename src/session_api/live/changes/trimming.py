"""Trimming: what no catch-up needs any longer goes, the oldest first, a little at a time."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from session_api.database.engine import Database, repeated_on_conflict
from session_api.live.changes.repository import LookedThrough, TrimRepository

_Place = tuple[UUID, UUID]
_BEGINNING: Final[_Place] = (UUID(int=0), UUID(int=0))

LOOKED_AT: Final = 5_000
"""Sessions that one statement looks through: a few milliseconds each thousand."""


class ChangeTrimming:
    """The job that keeps logs to an age and a number. Called by the lifecycle."""

    def __init__(self, database: Database, *, kept_for: timedelta, kept: int) -> None:
        self._database = database
        self._kept_for = kept_for
        self._kept = kept

    async def trim_changes(self, now: datetime, batch: int) -> int:
        """Goes through all sessions once and removes changes that are too old or too many.

        A session's writers wait for as long as `batch` changes take to go; one that somebody is
        writing to is left for the next time. Cut off anywhere, it leaves every log whole from some
        version on. Returns how many changes went.
        """
        kept_since = now - self._kept_for
        trimmed = 0
        place: _Place | None = _BEGINNING
        while place is not None:
            looked = await self._look(place, kept_since)
            for owner_id, session_id in looked.due:
                while gone := await self._trim(owner_id, session_id, kept_since, batch):
                    trimmed += gone
                    if gone < batch:
                        break
            place = looked.last
        return trimmed

    async def _look(self, after: _Place, kept_since: datetime) -> LookedThrough:
        async with self._database.transaction() as connection:
            return await TrimRepository(connection).look(
                after, kept_since=kept_since, kept=self._kept, limit=LOOKED_AT
            )

    @repeated_on_conflict
    async def _trim(
        self, owner_id: UUID, session_id: UUID, kept_since: datetime, batch: int
    ) -> int:
        async with self._database.transaction() as connection:
            return await TrimRepository(connection).trim(
                owner_id, session_id, kept_since=kept_since, kept=self._kept, limit=batch
            )
