"""Recording what happened, and reading one's own trail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit.repository import AuditRepository, audit_page
from session_api.database.engine import Database
from session_api.pages import JsonPage, Keyset
from session_api.ports import Clock, Ids
from session_api.security.caller import Caller


class AuditService:
    """Called by every service that changes something worth remembering."""

    def __init__(self, database: Database, keyset: Keyset, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._keyset = keyset
        self._clock = clock
        self._ids = ids

    async def record(
        self,
        connection: AsyncConnection,
        caller: Caller,
        event: str,
        *,
        session_id: UUID | None,
        **data: Any,
    ) -> None:
        """Adds an event of the caller's, in the caller's transaction."""
        await self.record_for(
            connection,
            caller.owner_id,
            caller.principal.tenant_id,
            event,
            actor=caller.actor,
            request_id=caller.request_id,
            session_id=session_id,
            **data,
        )

    async def record_for(
        self,
        connection: AsyncConnection,
        owner_id: UUID,
        tenant_id: str,
        event: str,
        *,
        actor: str,
        request_id: str | None,
        session_id: UUID | None,
        **data: Any,
    ) -> None:
        """Adds an event to a trail whose owner need not be who acted, as background jobs do."""
        await AuditRepository(connection, owner_id, tenant_id).add(
            self._ids(),
            event,
            at=self._clock(),
            actor=actor,
            request_id=request_id,
            session_id=session_id,
            data=data,
        )

    async def record_alone(
        self, caller: Caller, event: str, *, session_id: UUID | None, **data: Any
    ) -> None:
        """Adds an event that belongs to no change, in a transaction of its own."""
        async with self._database.transaction() as connection:
            await self.record(connection, caller, event, session_id=session_id, **data)

    async def page(
        self,
        caller: Caller,
        *,
        event: str | None,
        session_id: UUID | None,
        since: datetime | None,
        until: datetime | None,
        limit: int,
        cursor: str | None,
    ) -> JsonPage:
        """The caller's own events, newest first, one page. Raises ValidationFailed."""
        listing = self._keyset.of("audit", caller.owner_id, event, session_id, since, until)
        rows = await audit_page(
            self._database,
            caller.owner_id,
            event=event,
            session_id=session_id,
            since=since,
            until=until,
            after=listing.place(cursor),
            limit=limit + 1,
        )
        return listing.page(rows, limit)
