"""How sessions read that are shared with somebody: summaries, with the share beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from session_api.database.engine import Database
from session_api.database.sql import rfc3339
from session_api.pages import Place
from session_api.security.caller import Role
from session_api.sessions.reads import SUMMARY, StoredSession
from session_api.sharing.reads import access_told

# $1 the person, $2 a session or null for all, $3 now, $4 how long an access is not told of again,
# $5 and $6 the place to go on from or null, $7 limit, of which the last only tells that there is
# more, $8 what the events say besides, $9 their ids.
_SHARED = f"""
      WITH shown AS MATERIALIZED (
           SELECT m.owner_id, m.session_id, m.host_id, m.shared_at, s.tenant_id,
                  h.id AS share_id, h.role, h.expires_at
             FROM session_members m
             JOIN session_shares h ON (h.owner_id, h.session_id, h.id)
                                    = (m.host_id, m.session_id, m.share_id)
             JOIN user_sessions s ON (s.owner_id, s.id) = (m.host_id, m.session_id)
            WHERE m.owner_id = $1
              AND ($2::uuid IS NULL OR m.session_id = $2)
              AND (h.expires_at IS NULL OR h.expires_at > $3)
              AND (m.shared_at, m.session_id) < (coalesce($5::timestamptz, 'infinity'),
                        coalesce($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
            ORDER BY m.shared_at DESC, m.session_id DESC
            LIMIT $7
           ), due AS (
           SELECT * FROM shown ORDER BY shared_at DESC, session_id DESC LIMIT $7 - 1
           ), {access_told("$8", "$9")}
    SELECT json_build_object({SUMMARY},
                   'share_id', shown.share_id,
                   'shared_at', {rfc3339("shown.shared_at")},
                   'expires_at', {rfc3339("shown.expires_at")}
               )::text AS body,
           s.id, s.version, s.metadata_ciphertext, shown.host_id, shown.role, shown.shared_at
      FROM shown
      JOIN user_sessions s ON (s.owner_id, s.id) = (shown.host_id, shown.session_id)
     ORDER BY shown.shared_at DESC, s.id DESC
"""


@dataclass(frozen=True, slots=True)
class SharedSession:
    """A session with whose it is, and what the person may do."""

    stored: StoredSession
    host_id: UUID
    role: Role
    shared_at: datetime


async def shared_sessions(
    database: Database,
    person_id: UUID,
    *,
    session_id: UUID | None,
    now: datetime,
    told: str,
    event_ids: Sequence[UUID],
    told_again_after: timedelta,
    after: Place | None = None,
) -> list[SharedSession]:
    """Those that are shared with a person now, the latest shared first: one more than there are
    event ids, to tell that there is more.
    """
    rows = await database.fetch_rows(
        _SHARED,
        *(person_id, session_id, now, told_again_after, *(after or (None, None))),
        *(len(event_ids) + 1, told, event_ids),
    )
    return [
        SharedSession(
            StoredSession(row["id"], row["version"], row["metadata_ciphertext"], row["body"]),
            row["host_id"],
            row["role"],
            row["shared_at"],
        )
        for row in rows
    ]
