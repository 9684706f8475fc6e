"""Who reaches what, read outside any transaction: a statement a call.

The shape of a share is that of the schema; a test holds them together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from session_api.audit.recording_repository import recording
from session_api.database.engine import Database
from session_api.database.sql import rfc3339
from session_api.ports import Clock
from session_api.security.caller import Access, Role

SHARE = f"""json_build_object(
               'id', h.id,
               'session_id', h.session_id,
               'user_id', h.user_id,
               'link', CASE WHEN h.token_hash IS NOT NULL
                       THEN json_build_object('max_uses', h.max_uses, 'uses', h.uses) END,
               'link_id', h.link_id,
               'role', h.role,
               'expires_at', {rfc3339("h.expires_at")},
               'created_at', {rfc3339("h.created_at")}
           )"""

# $1 owner, $2 session.
_SHARES = f"""
    SELECT (SELECT coalesce(json_agg({SHARE} ORDER BY h.created_at, h.id), '[]')
              FROM session_shares h
             WHERE h.owner_id = s.owner_id AND h.session_id = s.id)::text AS body
      FROM user_sessions s
     WHERE s.owner_id = $1 AND s.id = $2
"""

# $1 owner, $2 session, $3 now.
_MEMBERS = """
    SELECT m.owner_id, m.host_id, h.role, u.tenant_id, h.id AS share_id, h.expires_at
      FROM session_members m
      JOIN session_shares h ON (h.owner_id, h.session_id, h.id)
                             = (m.host_id, m.session_id, m.share_id)
      JOIN users u ON u.owner_id = m.host_id
     WHERE m.host_id = $1 AND m.session_id = $2
       AND (h.expires_at IS NULL OR h.expires_at > $3)
"""


def access_told(event: str, ids: str) -> str:
    """SQL: parts of a WITH that tell the owners' trails of the rows of `due`, and note when.

    `due` has the columns of _DUE, a row a session. `event` is SQL for what the events have in
    common, as JSON; `ids` for an array of as many new ids as there may be rows.
    """
    told = f"""(
           SELECT coalesce(json_agg({event}::jsonb || jsonb_build_object(
                      'id', ({ids}::uuid[])[place],
                      'owner_id', host_id,
                      'tenant_id', tenant_id,
                      'session_id', session_id,
                      'data', jsonb_build_object('share_id', share_id, 'role', role)
                  )), '[]')
             FROM noted)"""
    return f"""noted AS (
           UPDATE session_members m
              SET accessed_at = $3
             FROM (SELECT *, row_number() OVER () AS place FROM due) AS d
            WHERE (m.owner_id, m.session_id) = (d.owner_id, d.session_id)
              AND (m.accessed_at IS NULL OR m.accessed_at <= $3::timestamptz - $4::interval)
           RETURNING d.*
           ), {recording(told)}"""


# $1 who asks, $2 what for, $3 now, $4 how long an access is not told of again, $5 the roles that
# are enough, $6 what its event says besides, $7 the event's id. An access is told of in the very
# statement that allows it.
def _reaching(what: str) -> str:
    return f"""
      WITH reached AS MATERIALIZED (
           SELECT m.owner_id, m.session_id, m.host_id, m.accessed_at, s.tenant_id,
                  h.id AS share_id, h.role, h.expires_at
             FROM session_members m
             JOIN session_shares h ON (h.owner_id, h.session_id, h.id)
                                    = (m.host_id, m.session_id, m.share_id)
             JOIN user_sessions s ON (s.owner_id, s.id) = (m.host_id, m.session_id)
            WHERE m.owner_id = $1 AND {what}
              AND (h.expires_at IS NULL OR h.expires_at > $3)
            LIMIT 2
           ), due AS (
           SELECT *
             FROM reached
            WHERE role = ANY ($5::text[]) AND (SELECT count(*) FROM reached) = 1
           ), {access_told("$6", "ARRAY[$7]")}
    SELECT role, host_id, tenant_id, share_id, expires_at FROM reached
"""


SESSION_REACHED = _reaching("m.session_id = $2")
MISSION_REACHED = _reaching("""EXISTS (
                   SELECT FROM missions w
                    WHERE w.owner_id = m.host_id AND w.session_id = m.session_id AND w.id = $2
                  )""")

# $1 SHA-256 of the token, $2 tenant and $3 issuer of who has it.
_LINK = """
    SELECT h.owner_id, h.session_id, h.id
      FROM session_shares h
      JOIN users u ON u.owner_id = h.owner_id
     WHERE h.token_hash = $1 AND u.tenant_id = $2 AND u.issuer = $3
     LIMIT 1
"""

# $1 the person, $2 session.
_MEMBERSHIP = """
    SELECT host_id, share_id FROM session_members WHERE owner_id = $1 AND session_id = $2
"""


@dataclass(frozen=True, slots=True)
class LinkPlace:
    """Where a link stands: whose it is, and into which session it leads."""

    owner_id: UUID
    session_id: UUID
    link_id: UUID


class ShareReader:
    """The shares of all sessions. What it says was true when it was asked, and is never kept."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of_session(self, owner_id: UUID, session_id: UUID) -> dict[UUID, Access]:
        """Everybody but the owner who reaches a session now, by their own owner id."""
        rows = await self._database.fetch_rows(_MEMBERS, owner_id, session_id, self._clock())
        return {row["owner_id"]: _access(row) for row in rows}

    async def listed(self, owner_id: UUID, session_id: UUID) -> str | None:
        """A session's shares as a JSON array, oldest first; None where there is no such session."""
        row = await self._database.fetch_row(_SHARES, owner_id, session_id)
        return None if row is None else str(row["body"])

    async def reached(
        self,
        statement: str,
        person_id: UUID,
        target_id: UUID,
        *,
        roles: Sequence[Role],
        told: str,
        event_id: UUID,
        told_again_after: timedelta,
    ) -> Access | None:
        """The person's way to what SESSION_REACHED or MISSION_REACHED looks for.

        Where it is one of `roles`, the owner's trail is told in the same transaction, unless it was
        lately. None where there is no way, or, to a mission, more than one: which of two sessions
        is meant nobody can tell.
        """
        rows = await self._database.fetch_rows(
            statement,
            *(person_id, target_id, self._clock(), told_again_after, roles, told, event_id),
        )
        return _access(rows[0]) if len(rows) == 1 else None

    async def link(self, token_hash: bytes, tenant_id: str, issuer: str) -> LinkPlace | None:
        """The link of this token, for somebody of this tenant and issuer."""
        row = await self._database.fetch_row(_LINK, token_hash, tenant_id, issuer)
        return None if row is None else LinkPlace(row["owner_id"], row["session_id"], row["id"])

    async def membership(self, person_id: UUID, session_id: UUID) -> tuple[UUID, UUID] | None:
        """Host and share of a session that was shared with a person, be it expired."""
        row = await self._database.fetch_row(_MEMBERSHIP, person_id, session_id)
        return None if row is None else (row["host_id"], row["share_id"])


def _access(row: asyncpg.Record) -> Access:
    return Access(
        role=row["role"],
        owner_id=row["host_id"],
        tenant_id=row["tenant_id"],
        share_id=row["share_id"],
        expires_at=row["expires_at"],
    )
