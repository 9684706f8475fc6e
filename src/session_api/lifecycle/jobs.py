"""The jobs: each moves a batch and says how many it moved."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from session_api.assets.cleanup import AssetJobs
from session_api.database.engine import Database, repeated_on_conflict
from session_api.sessions.lifecycle import SessionLifecycle
from session_api.sessions.repository import idle_sessions
from session_api.sessions.transitions import Trigger
from session_api.sync import Journal

BATCH = 100
"""So many rows are locked at once: their owners' writes wait for as long as one batch takes."""


@dataclass(frozen=True, slots=True)
class Job:
    """A background job. `run` takes the present time and a batch size and returns a count.

    It is run until nothing is left. With `every`, one run does all there is and takes long, so that
    the service, all its replicas together, runs it no more often than that.
    """

    name: str
    run: Callable[[datetime, int], Awaitable[int]]
    every: timedelta | None = None


class LifecycleJobs:
    """Abandons idle sessions and archives abandoned ones, of every owner; the list of all jobs."""

    def __init__(
        self,
        database: Database,
        lifecycle: SessionLifecycle,
        files: AssetJobs,
        *,
        abandon_after: timedelta,
        archive_after: timedelta,
        orphan_interval: timedelta,
    ) -> None:
        self._database = database
        self._lifecycle = lifecycle
        self._files = files
        self._abandon_after = abandon_after
        self._archive_after = archive_after
        self._orphan_interval = orphan_interval

    @property
    def all(self) -> tuple[Job, ...]:
        """In the order in which one may leave work for the next."""
        return (*self._of_sessions, *self.of_files())

    def thorough(self, now: datetime) -> tuple[Job, ...]:
        """As `all`, for one run from `now` on: every file is looked for, however lately it was."""
        return (*self._of_sessions, *self.of_files(unchecked_since=now))

    @property
    def _of_sessions(self) -> tuple[Job, ...]:
        return (Job("abandon", self.abandon), Job("archive", self.archive))

    def of_files(self, *, unchecked_since: datetime | None = None) -> tuple[Job, ...]:
        """Of them all, those that keep rows and objects together."""
        files = self._files
        return (
            Job("expire_uploads", files.expire_uploads),
            Job("delete_objects", files.delete_objects),
            Job("remove_orphans", files.remove_orphans, every=self._orphan_interval),
            Job("find_lost", partial(files.find_lost, unchecked_since=unchecked_since)),
        )

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
