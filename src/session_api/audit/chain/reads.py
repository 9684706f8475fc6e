"""Reading chains, page by page. Of all owners: only jobs and the command line come here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from session_api.audit.chain.encoding import Content
from session_api.database.engine import Database
from session_api.database.sql import rfc3339

# As `encoding.FIELDS` names them. A time that RFC 3339 can't write was never recorded.
CONTENT = f"""e.tenant_id, e.owner_id::text, e.id::text,
           CASE WHEN e.at >= '0001-01-01 00:00Z' AND e.at < '9999-12-31 00:00Z'
                THEN {rfc3339("e.at")} ELSE 'no time of ours' END,
           e.event, e.severity, e.actor, e.session_id::text, e.request_id,
           e.address, e.user_agent, e.data::text"""


def event_at(owner_id: str, event_id: str) -> str:
    """SQL: the event of this key, or the one that follows it where it is gone; to be joined on the
    key, in a LATERAL. Only the primary key serves this order. Where PostgreSQL has yet to count
    what a load brought, an owner of thousands of events is one row to it, and of two equals it may
    take the index that has the owner alone: all of the owner's events are read for each of them.
    """
    return f"""
               SELECT * FROM audit_events
                WHERE (owner_id, id) >= ({owner_id}, {event_id})
                ORDER BY owner_id, id
                LIMIT 1"""


_LOGS = """
    SELECT tenant_id, log_id::text, head_position
      FROM audit_logs
     WHERE $1::text IS NULL OR tenant_id = $1
     ORDER BY tenant_id
"""

_LINKS = f"""
    SELECT s.position, s.hash, s.owner_id::text, s.event_id::text,
           e.id IS NOT NULL,
           {CONTENT}
      FROM (SELECT * FROM audit_seals
             WHERE tenant_id = $1 AND position > $2
             ORDER BY position
             LIMIT $3) AS s
           LEFT JOIN LATERAL ({event_at("s.owner_id", "s.event_id")}) AS e
                  ON e.owner_id = s.owner_id AND e.id = s.event_id
     ORDER BY s.position
"""

_TENANTS = """
    SELECT DISTINCT tenant_id FROM audit_seals
    UNION SELECT DISTINCT tenant_id FROM audit_unsealed
"""

# All in one statement, and so of one moment: an event is recorded together with its row among the
# unsealed, and sealed together with the end of that row. OFFSET 0 makes each NOT EXISTS a look-up:
# PostgreSQL, which last counted the unsealed when there were none, would compare each event with
# every row of a backlog.
_UNCHAINED = f"""
    SELECT {CONTENT}
      FROM audit_events e
     WHERE ($1::text IS NULL OR e.tenant_id = $1)
       AND NOT EXISTS (SELECT FROM audit_seals s
                        WHERE s.owner_id = e.owner_id AND s.event_id = e.id
                       OFFSET 0)
       AND NOT EXISTS (SELECT FROM audit_unsealed u
                        WHERE u.tenant_id = e.tenant_id AND u.event_id = e.id
                          AND u.owner_id = e.owner_id
                       OFFSET 0)
     ORDER BY e.tenant_id, e.at, e.id
     LIMIT $2
"""

_WAITING = f"""
    SELECT u.tenant_id, u.owner_id::text, u.event_id::text, e.at
      FROM audit_unsealed u
           LEFT JOIN LATERAL ({event_at("u.owner_id", "u.event_id")}) AS e
                  ON e.owner_id = u.owner_id AND e.id = u.event_id
     WHERE ($1::text IS NULL OR u.tenant_id = $1) AND (e.id IS NULL OR e.at < $2)
     ORDER BY u.tenant_id, u.event_id
     LIMIT $3
"""

_COUNT_WAITING = """
    SELECT count(*) FROM audit_unsealed WHERE $1::text IS NULL OR tenant_id = $1
"""

# What an event of another tenant's could be a copy of: the same id, the same seal, or the same
# moment and words. Only asked about what was found to be wrong. OFFSET 0 keeps the planner to this
# order: all events are looked through once for each suspect, not for each pair of it and a seal.
_TWINS = f"""
    SELECT mine.id::text, e.tenant_id, e.owner_id::text, e.id::text, s.position
      FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS mine (owner_id, id, hash)
           LEFT JOIN LATERAL ({event_at("mine.owner_id", "mine.id")}) AS m
                  ON m.owner_id = mine.owner_id AND m.id = mine.id
           CROSS JOIN LATERAL (
               SELECT t.owner_id, t.event_id FROM audit_seals t WHERE t.hash = mine.hash
               UNION
               SELECT t.owner_id, t.id FROM audit_events t
                WHERE t.id = mine.id
                   OR (t.at = m.at AND t.event = m.event AND t.actor = m.actor
                       AND t.data::text = m.data::text)
               OFFSET 0) AS twin (owner_id, event_id)
           CROSS JOIN LATERAL (
               SELECT * FROM audit_seals s
                WHERE s.owner_id = twin.owner_id AND s.event_id = twin.event_id
               OFFSET 0) AS s
           JOIN LATERAL ({event_at("twin.owner_id", "twin.event_id")}) AS e
             ON e.owner_id = twin.owner_id AND e.id = twin.event_id
     WHERE s.tenant_id <> $4 AND (e.owner_id, e.id) <> (mine.owner_id, mine.id)
"""

_LAST = """
    SELECT max(position) FROM audit_seals WHERE tenant_id = $1
"""

# For an export: those that were sealed, in their order, then those that wait.
_EXPORT = f"""
    SELECT s.position, s.hash, before.hash,
           {CONTENT}
      FROM audit_seals s
           JOIN LATERAL ({event_at("s.owner_id", "s.event_id")}) AS e
             ON e.owner_id = s.owner_id AND e.id = s.event_id
           LEFT JOIN LATERAL (
               SELECT b.hash FROM audit_seals b
                WHERE b.tenant_id = s.tenant_id AND b.position = s.position - 1
               OFFSET 0) AS before ON true
     WHERE s.tenant_id = $1 AND s.position > $2 AND s.position <= $2 + $3
       AND e.at >= coalesce($4::timestamptz, '-infinity')
       AND e.at < coalesce($5::timestamptz, 'infinity')
     ORDER BY s.position
"""

_EXPORT_WAITING = f"""
    SELECT {CONTENT}
      FROM audit_unsealed u
           JOIN LATERAL ({event_at("u.owner_id", "u.event_id")}) AS e
             ON e.owner_id = u.owner_id AND e.id = u.event_id
     WHERE u.tenant_id = $1 AND u.event_id > $2
       AND e.at >= coalesce($3::timestamptz, '-infinity')
       AND e.at < coalesce($4::timestamptz, 'infinity')
     ORDER BY u.event_id
     LIMIT $5
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is stored. `content` is None where its event is gone."""

    position: int
    hash: bytes
    owner_id: str
    event_id: str
    content: Content | None


@dataclass(frozen=True, slots=True)
class Log:
    """A tenant's log. `log_id` is None where seals stand without one."""

    tenant_id: str
    log_id: str | None
    head_position: int


class ChainReader:
    """Reads chains page by page; each page is a statement of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def logs(self, tenant_id: str | None) -> list[Log]:
        """All logs, or the one of a tenant; also of tenants that should have one and do not."""
        rows = await self._database.fetch_rows(_LOGS, tenant_id)
        logs = {row[0]: Log(row[0], row[1], row[2]) for row in rows}
        for (tenant,) in await self._database.fetch_rows(_TENANTS):
            if tenant_id in (None, tenant):
                logs.setdefault(tenant, Log(tenant, None, 0))
        return [logs[tenant] for tenant in sorted(logs)]

    async def links(self, tenant_id: str, *, after: int, limit: int) -> list[Link]:
        """The links that follow a position."""
        rows = await self._database.fetch_rows(_LINKS, tenant_id, after, limit)
        return [
            Link(row[0], row[1], row[2], row[3], tuple(row[5:]) if row[4] else None)
            for row in map(tuple, rows)
        ]

    async def unchained(self, tenant_id: str | None, limit: int) -> list[Content]:
        """Events that are neither sealed nor wait for it."""
        rows = await self._database.fetch_rows(_UNCHAINED, tenant_id, limit)
        return [tuple(row) for row in rows]

    async def overdue(
        self, tenant_id: str | None, before: datetime, limit: int
    ) -> list[tuple[str, str, str, datetime | None]]:
        """Tenant, owner, id and time of events that wait since before a time; None as the time of
        those that were deleted while they waited.
        """
        rows = await self._database.fetch_rows(_WAITING, tenant_id, before, limit)
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    async def waiting(self, tenant_id: str | None) -> int:
        """How many events wait to be sealed."""
        row = await self._database.fetch_row(_COUNT_WAITING, tenant_id)
        return 0 if row is None else int(row[0])

    async def twins(
        self, tenant_id: str, suspects: Sequence[tuple[UUID, UUID, bytes]]
    ) -> dict[str, tuple[str, str, str, int]]:
        """By event id, of which other tenant's sealed event it is a copy: tenant, owner, id and
        position. `suspects` are owner, id and hash. Slow: it looks through all events.
        """
        columns: Any = zip(*suspects, strict=True)
        rows = await self._database.fetch_rows(
            _TWINS, *(list(column) for column in columns), tenant_id
        )
        return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}

    async def last_position(self, tenant_id: str) -> int:
        """Of a chain; 0 where nothing is sealed."""
        row = await self._database.fetch_row(_LAST, tenant_id)
        return 0 if row is None or row[0] is None else int(row[0])

    async def exported(
        self,
        tenant_id: str,
        *,
        after: int,
        limit: int,
        since: datetime | None,
        until: datetime | None,
    ) -> list[tuple[int, bytes, bytes | None, Content]]:
        """Position, hash, hash before and content of those of the next `limit` links whose events
        are of that time.
        """
        rows = await self._database.fetch_rows(_EXPORT, tenant_id, after, limit, since, until)
        return [(row[0], row[1], row[2], tuple(row[3:])) for row in map(tuple, rows)]

    async def exported_waiting(
        self,
        tenant_id: str,
        *,
        after: UUID,
        limit: int,
        since: datetime | None,
        until: datetime | None,
    ) -> list[Content]:
        """The content of events that are yet to be sealed."""
        rows = await self._database.fetch_rows(
            _EXPORT_WAITING, tenant_id, after, since, until, limit
        )
        return [tuple(row) for row in rows]
