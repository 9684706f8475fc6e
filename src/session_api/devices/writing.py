"""Writing down what requests left behind, some times a second, off every request's way."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from session_api.audit.service import AuditService
from session_api.database.engine import Database, repeated_on_conflict
from session_api.devices.outbox import Outbox
from session_api.devices.repository import trim_devices, write_tokens, write_touches
from session_api.devices.revocations_repository import add_revocations
from session_api.ports import Clock
from session_api.problems import Problem
from session_api.security.revocations import Revocation, RevocationList

BATCH: Final = 500

log = structlog.get_logger(__name__)


class Writer:
    """Empties the outbox of one process."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        outbox: Outbox,
        revocations: RevocationList,
        clock: Clock,
        *,
        device_limit: int,
    ) -> None:
        self._database = database
        self._audit = audit
        self._outbox = outbox
        self._revocations = revocations
        self._clock = clock
        self._device_limit = device_limit
        self._writing = asyncio.Lock()
        self._failing = False

    async def run_for_ever(self, interval: timedelta) -> None:
        """Until cancelled; then writes what is left, if that takes no time."""
        try:
            while True:
                await asyncio.sleep(interval.total_seconds())
                try:
                    await self.write_down()
                except Problem as problem:
                    if not self._failing:  # once for each outage
                        log.warning("devices_unwritten", code=problem.code)
                    self._failing = True
                except Exception as error:  # the loop must outlive any one failure
                    log.error("devices_unwritten", exc_info=error)
                else:
                    self._failing = False
        finally:
            await self._write_the_rest()

    async def _write_the_rest(self) -> None:
        try:
            async with asyncio.timeout(1):
                await self.write_down()
        except (Problem, TimeoutError):
            log.warning("devices_unwritten", code="shutdown")

    async def write_down(self) -> None:
        """Returns once all that was left until now is committed. Raises DatabaseUnavailable, with
        nothing lost; what PostgreSQL refuses for good is dropped.
        """
        async with self._writing:
            while self._outbox:
                batch = self._outbox.take(BATCH)
                try:
                    revoked = await self._write(batch)
                except (Problem, asyncio.CancelledError):
                    self._outbox.put_back(batch)
                    raise
                now = self._clock()
                for revocation in revoked:
                    self._revocations.add(revocation, now)

    @repeated_on_conflict
    async def _write(self, batch: Outbox) -> list[Revocation]:
        revoked: list[Revocation] = []
        async with self._database.transaction() as connection:
            if batch.touches:
                touches = list(batch.touches.values())
                owners = await write_touches(connection, touches)
                # After the touches, which hold the rows of the devices: who signs one out either
                # finds these tokens, or is found by them.
                if any(touch.tokens for touch in touches):
                    revoked = await write_tokens(connection, touches, at=self._clock())
                if owners:
                    await trim_devices(connection, owners, limit=self._device_limit)
            if batch.marks:
                await add_revocations(connection, list(batch.marks.values()))
            for noticed in batch.noticed:
                await self._audit.record(
                    connection,
                    noticed.caller,
                    f"security.{noticed.suspicion.cause}",
                    session_id=None,
                    severity=noticed.suspicion.severity,
                    device_id=str(noticed.device),
                    before=noticed.suspicion.before,
                    after=noticed.suspicion.after,
                    reauthenticate=noticed.reauthenticate,
                )
        return revoked
