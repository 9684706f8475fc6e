"""Recording what happened, and reading one's own trail."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit.recording_repository import NewEvent, Severity, record_events
from session_api.audit.repository import audit_page
from session_api.audit.tenant_reads import tenant_page
from session_api.database.engine import Database
from session_api.pages import JsonPage, Keyset
from session_api.ports import Clock, Ids
from session_api.security.caller import Caller, Origin
from session_api.security.principal import owner_id_of


class AuditService:
    """Called by every service that changes something worth remembering."""

    def __init__(self, database: Database, keyset: Keyset, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._keyset = keyset
        self._clock = clock
        self._ids = ids
        self.recorded: Counter[str] = Counter()
        """How many, by event; also those of changes that were undone."""

    def event(
        self,
        caller: Caller,
        event: str,
        *,
        session_id: UUID | None,
        severity: Severity = "info",
        **data: Any,
    ) -> NewEvent:
        """An event of the caller's, for a statement that records it along with what it changes."""
        return self._new(
            caller.owner_id,
            caller.tenant_id,
            event,
            caller.origin,
            session_id,
            severity,
            data,
        )

    async def record(
        self,
        connection: AsyncConnection,
        caller: Caller,
        event: str,
        *,
        session_id: UUID | None,
        severity: Severity = "info",
        **data: Any,
    ) -> None:
        """Adds an event of the caller's, in the caller's transaction."""
        told = self.event(caller, event, session_id=session_id, severity=severity, **data)
        await record_events(connection, [told])

    async def record_all(self, connection: AsyncConnection, events: Sequence[NewEvent]) -> None:
        """Adds events that `event` made, in the caller's transaction."""
        if events:
            await record_events(connection, events)

    async def record_for(
        self,
        connection: AsyncConnection,
        owner_id: UUID,
        tenant_id: str,
        event: str,
        *,
        origin: Origin,
        session_id: UUID | None,
        severity: Severity = "info",
        **data: Any,
    ) -> None:
        """Adds an event to a trail whose owner need not be who acted, as background jobs do."""
        told = self._new(owner_id, tenant_id, event, origin, session_id, severity, data)
        await record_events(connection, [told])

    def _new(
        self,
        owner_id: UUID,
        tenant_id: str,
        event: str,
        origin: Origin,
        session_id: UUID | None,
        severity: Severity,
        data: dict[str, Any],
    ) -> NewEvent:
        self.recorded[event] += 1
        return NewEvent(
            owner_id=owner_id,
            id=self._ids(),
            tenant_id=tenant_id,
            at=self._clock(),
            event=event,
            severity=severity,
            origin=origin,
            session_id=session_id,
            data=data,
        )

    async def record_alone(
        self,
        caller: Caller,
        event: str,
        *,
        session_id: UUID | None,
        severity: Severity = "info",
        **data: Any,
    ) -> None:
        """Adds an event that belongs to no change, in a transaction of its own."""
        async with self._database.transaction() as connection:
            await self.record(
                connection, caller, event, session_id=session_id, severity=severity, **data
            )

    async def page(
        self,
        caller: Caller,
        *,
        event: str | None,
        severity: Severity | None,
        session_id: UUID | None,
        since: datetime | None,
        until: datetime | None,
        limit: int,
        cursor: str | None,
    ) -> JsonPage:
        """The caller's own events, newest first, one page. Raises ValidationFailed."""
        listing = self._keyset.of(
            "audit", caller.owner_id, event, severity, session_id, since, until
        )
        rows = await audit_page(
            self._database,
            caller.owner_id,
            event=event,
            severity=severity,
            session_id=session_id,
            since=since,
            until=until,
            after=listing.place(cursor),
            limit=limit + 1,
        )
        return listing.page(rows, limit)

    async def tenant_page(
        self,
        caller: Caller,
        *,
        event: str | None,
        severity: Severity | None,
        session_id: UUID | None,
        actor: str | None,
        user_id: str | None,
        since: datetime | None,
        until: datetime | None,
        limit: int,
        cursor: str | None,
    ) -> JsonPage:
        """The events of the caller's tenant, newest first, one page. Raises ValidationFailed.

        For administrators: whoever calls has made sure of the role.
        """
        principal = caller.principal
        listing = self._keyset.of(
            "tenant audit",
            caller.owner_id,
            *(principal.tenant_id, event, severity, session_id, actor, user_id, since, until),
        )
        rows = await tenant_page(
            self._database,
            principal.tenant_id,
            event=event,
            severity=severity,
            session_id=session_id,
            actor=actor,
            user_id=user_id,
            owner_id=None
            if user_id is None
            else owner_id_of(principal.issuer, principal.tenant_id, user_id),
            since=since,
            until=until,
            after=listing.place(cursor),
            limit=limit + 1,
        )
        return listing.page(rows, limit)
