"""Reading audit events, each statement scoped to one owner."""

from datetime import datetime
from uuid import UUID

from session_api.database.engine import Database
from session_api.database.sql import rfc3339

# What an event shows to all who may read it; administrators see whose it is in between.
EVENT_HEAD = f"""'id', e.id,
               'at', {rfc3339("e.at")},
               'event', e.event,
               'severity', e.severity"""
EVENT_REST = """'actor', e.actor,
               'session_id', e.session_id,
               'request_id', e.request_id,
               'address', e.address,
               'user_agent', e.user_agent,
               'data', e.data"""

# What is not asked for becomes a bound that takes everything in: `OR $6 IS NULL` instead would keep
# the index from being used for what comes after it.
_PAGE = f"""
    SELECT json_build_object(
               {EVENT_HEAD},
               {EVENT_REST}
           )::text AS body,
           e.at, e.id
      FROM audit_events e
     WHERE e.owner_id = $1
       AND ($2::text IS NULL OR e.event = $2)
       AND ($3::text IS NULL OR e.severity = $3)
       AND ($4::uuid IS NULL OR e.session_id = $4)
       AND e.at >= coalesce($5::timestamptz, '-infinity')
       AND e.at < coalesce($6::timestamptz, 'infinity')
       AND (e.at, e.id) < (coalesce($7::timestamptz, 'infinity'),
                           coalesce($8::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
     ORDER BY e.at DESC, e.id DESC
     LIMIT $9
"""


async def audit_page(
    database: Database,
    owner_id: UUID,
    *,
    event: str | None,
    severity: str | None,
    session_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[tuple[str, datetime, UUID]]:
    """Up to `limit` events as JSON text with their place, newest first."""
    at, event_id = after or (None, None)
    rows = await database.fetch_rows(
        _PAGE, owner_id, event, severity, session_id, since, until, at, event_id, limit
    )
    return [(row["body"], row["at"], row["id"]) for row in rows]
