"""The jobs: each moves a batch and says how many it moved."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from session_api.database.engine import Database, repeated_on_conflict
from session_api.sessions.lifecycle import SessionLifecycle
from session_api.sessions.repository import idle_sessions
from session_api.sessions.transitions import Trigger
from session_api.sync import Journal

BATCH = 100
"""So many sessions are locked at once: their owners' writes wait for as long as one batch takes."""


@dataclass(frozen=True, slots=True)
class Job:
    """A background job. `run` takes the present time and a batch size and returns a count."""

    name: str
    run: Callable[[datetime, int], Awaitable[int]]


class LifecycleJobs:
    """Abandons idle sessions and archives abandoned ones, of every owner."""

    def __init__(
        self,
        database: Database,
        lifecycle: SessionLifecycle,
        *,
        abandon_after: timedelta,
        archive_after: timedelta,
    ) -> None:
        self._database = database
        self._lifecycle = lifecycle
        self._abandon_after = abandon_after
        self._archive_after = archive_after

    @property
    def all(self) -> tuple[Job, ...]:
        return (Job("abandon", self.abandon), Job("archive", self.archive))

    async def abandon(self, now: datetime, batch: int = BATCH) -> int:
        """Abandons active sessions without activity for as long as the setting says."""
        return await self._move("active", now - self._abandon_after, "abandon", now, batch)

    async def archive(self, now: datetime, batch: int = BATCH) -> int:
        """Archives sessions that have been abandoned for as long as the setting says."""
        return await self._move("abandoned", now - self._archive_after, "archive_idle", now, batch)

    @repeated_on_conflict
    async def _move(
        self, status: str, idle_since: datetime, trigger: Trigger, now: datetime, batch: int
    ) -> int:
        async with self._database.transaction() as connection:
            idle = await idle_sessions(
                connection, status=status, idle_since=idle_since, limit=batch
            )
            for owner_id, session_id in idle:
                locked = await Journal(connection, owner_id).lock(session_id)
                await self._lifecycle.move(
                    connection,
                    owner_id,
                    locked,
                    trigger,
                    at=now,
                    actor=f"system:{trigger}",
                    request_id=None,
                    cause="idle",
                )
        return len(idle)
