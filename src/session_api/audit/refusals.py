"""Refused access, told without making a flood of requests a flood of writes.

A refusal is noted in memory, which costs the request next to nothing; a writer records what was
noted every few seconds, in one transaction. The same refusal again is the same event with a higher
count. There is room for so many, of which one person gets a share; what goes beyond is counted, and
the count is recorded. What a crash cuts off is lost: no answer depends on it.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from cachetools import LRUCache
from sqlalchemy.exc import SQLAlchemyError

from session_api.audit.recording_repository import NewEvent, Severity, record_events
from session_api.database.engine import Database, TransactionConflict
from session_api.ports import Clock, Ids
from session_api.problems import Problem
from session_api.security.caller import Caller, Origin

TOLD: Final = frozenset({401, 403, 404, 429})
WRITTEN_EVERY: Final = timedelta(seconds=5)
ROOM: Final = 1000
"""Different refusals between two writes, of everybody."""
SHARE: Final = 50
"""Of one person."""
TENANTS_COUNTED: Final = 100
LAST_WRITE_TAKES: Final = timedelta(seconds=3)
"""At most, when the service stops: a silent database must not hold it up."""
NOBODY: Final = UUID(int=0)
"""The owner of what concerns a tenant and none of its people: administrators see it."""

_WINDOWS: Final = 10_000

log = structlog.get_logger(__name__)

_Key = tuple[UUID, str, str, str]


@dataclass(slots=True)
class _Noted:
    """A refusal, with how often it happened."""

    caller: Caller
    method: str
    route: str
    code: str
    status: int
    at: datetime
    count: int = 1


class Refusals:
    """The refusals of one process, until they are written."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._noted: dict[_Key, _Noted] = {}
        self._shares: dict[UUID, int] = {}
        self._dropped: dict[str, int] = {}
        # Until when somebody who was told to wait has been told of.
        self._waiting: LRUCache[UUID, datetime] = LRUCache(_WINDOWS)

    def note(self, caller: Caller, problem: Problem, *, method: str, route: str) -> None:
        """Notes that a known caller was refused; `route` is the template. Never waits or raises."""
        if problem.status not in TOLD:
            return
        now = self._clock()
        if problem.status == 429:
            if self._waiting.get(caller.owner_id, now) > now:
                return
            seconds = int(problem.headers.get("Retry-After", "1"))
            self._waiting[caller.owner_id] = now + timedelta(seconds=seconds)
        key = (caller.owner_id, problem.code, method, route)
        known = self._noted.get(key)
        if known is not None:
            known.count += 1
            return
        share = self._shares.get(caller.owner_id, 0)
        if len(self._noted) >= ROOM or share >= SHARE:
            self._drop(caller.tenant_id, 1)
            return
        self._shares[caller.owner_id] = share + 1
        self._noted[key] = _Noted(caller, method, route, problem.code, problem.status, now)

    async def write(self) -> int:
        """Records what was noted, in one transaction; how many events. Raises DatabaseUnavailable
        and the like, and then keeps all of it.
        """
        noted, dropped = self._noted, self._dropped
        if not noted and not dropped:
            return 0
        self._noted, self._shares, self._dropped = {}, {}, {}
        events = [self._event(each) for each in noted.values()]
        events += [self._loss(tenant, count) for tenant, count in dropped.items()]
        try:
            async with self._database.transaction() as connection:
                await record_events(connection, events)
        except BaseException:
            self._take_back(noted, dropped)
            raise
        return len(events)

    async def write_for_ever(self) -> None:
        """Until cancelled. A failure is logged and tried again."""
        while True:
            await asyncio.sleep(WRITTEN_EVERY.total_seconds())
            try:
                await self.write()
            except (Problem, TransactionConflict, SQLAlchemyError) as error:
                log.warning("refusals_not_written", reason=type(error).__name__)

    async def write_the_last(self) -> None:
        """For the end of the service: as `write`, within a few seconds or not at all."""
        with suppress(Problem, TransactionConflict, SQLAlchemyError, TimeoutError):
            async with asyncio.timeout(LAST_WRITE_TAKES.total_seconds()):
                await self.write()

    def _drop(self, tenant_id: str, count: int) -> None:
        if tenant_id in self._dropped or len(self._dropped) < TENANTS_COUNTED:
            self._dropped[tenant_id] = self._dropped.get(tenant_id, 0) + count

    def _take_back(self, noted: dict[_Key, _Noted], dropped: dict[str, int]) -> None:
        """What could not be written, before what was noted since; within the same bounds."""
        since, self._noted = self._noted, noted
        self._shares = {}
        for tenant_id, count in dropped.items():
            self._drop(tenant_id, count)
        for key, each in since.items():
            known = self._noted.get(key)
            if known is not None:
                known.count += each.count
            elif len(self._noted) < ROOM:
                self._noted[key] = each
            else:
                self._drop(each.caller.tenant_id, each.count)
        for owner_id, *_ in self._noted:
            self._shares[owner_id] = self._shares.get(owner_id, 0) + 1

    def _event(self, noted: _Noted) -> NewEvent:
        severity: Severity = "info" if noted.status == 404 else "notice"
        return NewEvent(
            owner_id=noted.caller.owner_id,
            id=self._ids(),
            tenant_id=noted.caller.tenant_id,
            at=noted.at,
            event="access.refused",
            severity=severity,
            origin=noted.caller.origin,
            session_id=None,
            data={
                "method": noted.method,
                "route": noted.route,
                "code": noted.code,
                "status": noted.status,
                "count": noted.count,
            },
        )

    def _loss(self, tenant_id: str, count: int) -> NewEvent:
        return NewEvent(
            owner_id=NOBODY,
            id=self._ids(),
            tenant_id=tenant_id,
            at=self._clock(),
            event="audit.refusals_dropped",
            severity="warning",
            origin=Origin.of_system("audit"),
            session_id=None,
            data={"count": count},
        )
