"""Reading the events of a whole tenant, for its administrators."""

from datetime import datetime
from uuid import UUID

from session_api.audit.repository import EVENT_HEAD, EVENT_REST
from session_api.database.engine import Database

# A person may have come by several issuers, and whoever was only ever refused has no row: so people
# are looked for by their row and by the id that the administrator's issuer would give them.
_PAGE = f"""
    SELECT json_build_object(
               {EVENT_HEAD},
               'owner_id', e.owner_id,
               'user_id', (SELECT u.subject FROM users u WHERE u.owner_id = e.owner_id),
               {EVENT_REST}
           )::text AS body,
           e.at, e.id
      FROM audit_events e
     WHERE e.tenant_id = $1
       AND ($2::text IS NULL OR e.event = $2)
       AND ($3::text IS NULL OR e.severity = $3)
       AND ($4::uuid IS NULL OR e.session_id = $4)
       AND ($5::text IS NULL OR e.actor = $5)
       AND ($6::text IS NULL OR e.owner_id = $7 OR e.owner_id IN (
               SELECT u.owner_id FROM users u WHERE u.tenant_id = $1 AND u.subject = $6))
       AND e.at >= coalesce($8::timestamptz, '-infinity')
       AND e.at < coalesce($9::timestamptz, 'infinity')
       AND (e.at, e.id) < (coalesce($10::timestamptz, 'infinity'),
                           coalesce($11::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
     ORDER BY e.at DESC, e.id DESC
     LIMIT $12
"""  # noqa: S608 - of our own pieces


async def tenant_page(
    database: Database,
    tenant_id: str,
    *,
    event: str | None,
    severity: str | None,
    session_id: UUID | None,
    actor: str | None,
    user_id: str | None,
    owner_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[tuple[str, datetime, UUID]]:
    """Up to `limit` events as JSON text with their place, newest first. `owner_id` is whom the
    `user_id` would be by the issuer of the one who asks.
    """
    at, event_id = after or (None, None)
    rows = await database.fetch_rows(
        _PAGE,
        *(tenant_id, event, severity, session_id, actor, user_id, owner_id),
        *(since, until, at, event_id, limit),
    )
    return [(row["body"], row["at"], row["id"]) for row in rows]
