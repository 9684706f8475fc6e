"""The jobs: each moves a batch and says how many it moved."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from session_api.assets.cleanup import AssetJobs
from session_api.audit.chain import AuditSealing
from session_api.database.engine import Database, repeated_on_conflict
from session_api.devices import DeviceService
from session_api.guests import GuestRetention
from session_api.handoff import HandoffService
from session_api.live.changes import ChangeTrimming
from session_api.security.caller import Origin
from session_api.sessions.lifecycle import SessionLifecycle
from session_api.sessions.repository import idle_sessions
from session_api.sessions.transitions import Trigger
from session_api.sync import Journal

HEADS_PRUNED_EVERY = timedelta(days=1)
FORGET_EVERY = timedelta(hours=1)
"""It reads all devices: an index on when they were last seen would be changed by every touch."""

TRIM_EVERY = timedelta(hours=1)
"""It reads all sessions, for the same reason: no index on the log's times, which growth moves."""

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
        sealing: AuditSealing,
        devices: DeviceService,
        trimming: ChangeTrimming,
        guests: GuestRetention,
        handoffs: HandoffService,
        *,
        abandon_after: timedelta,
        archive_after: timedelta,
        orphan_interval: timedelta,
    ) -> None:
        self._database = database
        self._lifecycle = lifecycle
        self._files = files
        self._sealing = sealing
        self._devices = devices
        self._trimming = trimming
        self._guests = guests
        self._handoffs = handoffs
        self._abandon_after = abandon_after
        self._archive_after = archive_after
        self._orphan_interval = orphan_interval

    @property
    def all(self) -> tuple[Job, ...]:
        """In the order in which one may leave work for the next."""
        return (
            *self._of_sessions,
            *self._of_changes(),
            *self.of_files(),
            *self._of_devices(),
            *self.of_audit,
        )

    def thorough(self, now: datetime) -> tuple[Job, ...]:
        """As `all`, for one run from `now` on: every file is looked for, however lately it was."""
        return (
            *self._of_sessions,
            *self._of_changes(at_once=True),
            *self.of_files(unchecked_since=now),
            *self._of_devices(at_once=True),
            *self.of_audit,
        )

    @property
    def _of_sessions(self) -> tuple[Job, ...]:
        return (
            Job("abandon", self.abandon),
            Job("archive", self.archive),
            Job("erase_guests", self._guests.erase),
            Job("forget_handoffs", self._handoffs.forget),
        )

    def _of_changes(self, *, at_once: bool = False) -> tuple[Job, ...]:
        every = None if at_once else TRIM_EVERY
        return (Job("trim_changes", self._trimming.trim_changes, every=every),)

    def _of_devices(self, *, at_once: bool = False) -> tuple[Job, ...]:
        return (
            Job("forget_sign_ins", self._devices.forget, every=None if at_once else FORGET_EVERY),
        )

    def of_files(self, *, unchecked_since: datetime | None = None) -> tuple[Job, ...]:
        """Of them all, those that keep rows and objects together."""
        files = self._files
        return (
            Job("expire_uploads", files.expire_uploads),
            Job("delete_objects", files.delete_objects),
            Job("remove_orphans", files.remove_orphans, every=self._orphan_interval),
            Job("find_lost", partial(files.find_lost, unchecked_since=unchecked_since)),
        )

    @property
    def of_audit(self) -> tuple[Job, ...]:
        """Last, so that what the others tell of is sealed with it."""
        return (
            Job("seal_audit", self._sealing.seal),
            Job("write_heads", self._sealing.write_heads),
            Job("prune_heads", self._sealing.prune_heads, every=HEADS_PRUNED_EVERY),
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
                    origin=Origin.of_system(trigger),
                    cause="idle",
                )
        return len(idle)
