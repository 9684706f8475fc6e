"""Statements on audit events, each scoped to one owner."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.database.engine import Database
from session_api.database.sql import rfc3339
from session_api.models import AuditEvent

# What is not asked for becomes a bound that takes everything in: `OR $6 IS NULL` instead would keep
# the index from being used for what comes after it.
_PAGE = f"""
    SELECT json_build_object(
               'id', e.id,
               'at', {rfc3339("e.at")},
               'event', e.event,
               'actor', e.actor,
               'session_id', e.session_id,
               'request_id', e.request_id,
               'data', e.data
           )::text AS body,
           e.at, e.id
      FROM audit_events e
     WHERE e.owner_id = $1
       AND ($2::text IS NULL OR e.event = $2)
       AND ($3::uuid IS NULL OR e.session_id = $3)
       AND e.at >= coalesce($4::timestamptz, '-infinity')
       AND e.at < coalesce($5::timestamptz, 'infinity')
       AND (e.at, e.id) < (coalesce($6::timestamptz, 'infinity'),
                           coalesce($7::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
     ORDER BY e.at DESC, e.id DESC
     LIMIT $8
"""


class AuditRepository:
    """Writes one owner's events inside a transaction."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID, tenant_id: str) -> None:
        self._connection = connection
        self._owner_id = owner_id
        self._tenant_id = tenant_id

    async def add(
        self,
        event_id: UUID,
        event: str,
        *,
        at: datetime,
        actor: str,
        request_id: str | None,
        session_id: UUID | None,
        data: dict[str, Any],
    ) -> None:
        """Adds an event. `data` never holds metadata, message text or secrets."""
        await self._connection.execute(
            insert(AuditEvent).values(
                owner_id=self._owner_id,
                id=event_id,
                tenant_id=self._tenant_id,
                at=at,
                event=event,
                actor=actor,
                session_id=session_id,
                request_id=request_id,
                data=data,
            )
        )


async def audit_page(
    database: Database,
    owner_id: UUID,
    *,
    event: str | None,
    session_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[tuple[str, datetime, UUID]]:
    """Up to `limit` events as JSON text with their place, newest first."""
    at, event_id = after or (None, None)
    rows = await database.fetch_rows(
        _PAGE, owner_id, event, session_id, since, until, at, event_id, limit
    )
    return [(row["body"], row["at"], row["id"]) for row in rows]
