"""How changes read: a page of the log with each thing as it is now, in one statement.

One statement sees one state of the database: the version, the log and the things agree, whatever
is committed meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from session_api.assets.reads import ASSET
from session_api.chat.reads import MESSAGE
from session_api.database.engine import Database
from session_api.database.sql import rfc3339
from session_api.missions.reads import HOP, MISSION, TOOL_STEP
from session_api.sessions.reads import NO_PARTS, StoredSession, session_document

# A message that did nothing but grow since $3 has its row where its last change is, and had it
# first where somebody who has seen $3 has been. Of its text only what follows is told to who has
# the rest: `c.has` code points.
_GREW = """(m.status = 'in_progress' AND m.version = c.version AND c.first_in <= $3
                             AND m.text_length >= c.has)"""
_GROWTH = """json_build_object(
                             'id', m.id,
                             'offset', c.has,
                             'text', substr(m.content #>> '{}', c.has + 1),
                             'length', m.text_length
                         )"""

# A thing that changed several times on the page is built once, with the first of its changes. The
# page ends early where what is built outgrows $5 bytes.
#
# Only what is in this session now is shown. An id may live again elsewhere, where whoever may read
# this session may not: so hops and tool steps are looked for in the session's own mission alone.
# Each thing is looked up by its whole key, which LIMIT and scalar subqueries make sure of: a join
# might read all that a chat holds.
SINCE = f"""
      WITH s AS MATERIALIZED (
           SELECT u.*,
                  (SELECT c.id FROM chats c
                    WHERE c.owner_id = u.owner_id AND c.session_id = u.id) AS chat_id,
                  (SELECT m.id FROM missions m
                    WHERE m.owner_id = u.owner_id AND m.session_id = u.id) AS mission_id
             FROM user_sessions u
            WHERE u.owner_id = $1 AND u.id = $2
           ), listed AS MATERIALIZED (
           SELECT c.version, c.kind, c.entity, c.entity_id, c.at, c.actor, c.data,
                  coalesce((c.data ->> 'mission_id')::uuid,
                           CASE WHEN c.entity IN ('hop', 'tool_step')
                                THEN (SELECT s.mission_id FROM s) END) AS mission_id,
                  (c.data ->> 'hop_id')::uuid AS hop_id,
                  (c.data ->> 'first_in')::bigint AS first_in,
                  ($7::int[])[array_position($6::uuid[], c.entity_id)] AS has
             FROM session_changes c
            WHERE c.owner_id = $1 AND c.session_id = $2 AND c.version > $3
              AND $3 >= (SELECT s.changes_from FROM s)
            ORDER BY c.version
            LIMIT $4
           ), numbered AS (
           SELECT listed.*,
                  row_number() OVER (PARTITION BY entity, entity_id, mission_id, hop_id
                                     ORDER BY version) AS nth
             FROM listed
           ), built AS MATERIALIZED (
           SELECT c.version, c.kind, c.entity, c.entity_id, c.mission_id, c.hop_id,
                  {rfc3339("c.at")} AS at, c.actor, c.data::text AS told, c.first_in,
                  message.grew, message.length, session.metadata_ciphertext,
                  CASE WHEN c.nth > 1 THEN NULL
                       WHEN c.entity = 'message' THEN message.body
                       WHEN c.entity = 'session' THEN session.body
                       WHEN c.entity = 'mission' THEN (
                           SELECT {MISSION}::text
                             FROM missions m
                            WHERE m.owner_id = $1 AND m.session_id = $2 AND m.id = c.entity_id
                       )
                       WHEN c.entity = 'hop' THEN (
                           SELECT {HOP}::text
                             FROM hops h
                            WHERE h.owner_id = $1 AND h.mission_id = s.mission_id
                              AND h.mission_id = c.mission_id AND h.id = c.entity_id
                       )
                       WHEN c.entity = 'tool_step' THEN (
                           SELECT {TOOL_STEP}::text
                             FROM tool_steps t
                            WHERE t.owner_id = $1 AND t.mission_id = s.mission_id
                              AND t.mission_id = c.mission_id AND t.hop_id = c.hop_id
                              AND t.id = c.entity_id
                       )
                       WHEN c.entity = 'asset' THEN (
                           SELECT {ASSET}::text
                             FROM assets a
                            WHERE a.owner_id = $1 AND a.session_id = $2 AND a.id = c.entity_id
                              AND a.status = 'ready' AND a.lost_at IS NULL
                       )
                  END AS body
             FROM s
            CROSS JOIN numbered c
             LEFT JOIN LATERAL (
                  SELECT coalesce({_GREW}, false) AS grew,
                         CASE WHEN m.status = 'in_progress' THEN m.text_length END AS length,
                         CASE WHEN {_GREW}
                              THEN {_GROWTH}
                              ELSE {MESSAGE} END::text AS body
                    FROM chat_messages m
                   WHERE c.entity = 'message' AND c.nth = 1
                     AND (m.owner_id, m.chat_id, m.id) = ($1, s.chat_id, c.entity_id)
                   LIMIT 1
                  ) AS message ON true
             LEFT JOIN LATERAL (
                  SELECT {session_document(NO_PARTS)}
                   WHERE c.entity = 'session' AND c.nth = 1
                   LIMIT 1
                  ) AS session ON true
           ), sized AS (
           SELECT built.*,
                  row_number() OVER (ORDER BY version) AS place,
                  sum(coalesce(octet_length(body), 0) + coalesce(length(metadata_ciphertext), 0))
                      OVER (ORDER BY version) AS bytes
             FROM built
           )
    SELECT s.version AS present, s.changes_from, s.message_count, sized.*
      FROM s
      LEFT JOIN sized ON sized.place = 1 OR sized.bytes <= $5
     ORDER BY sized.version
"""


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """A row of the log. `body` is what the thing is now, where this is the first of its changes on
    the page and it is there: JSON text, and of a session the rest of it beside, as it is stored.
    """

    version: int
    kind: str
    entity: str
    entity_id: UUID
    mission_id: UUID | None
    hop_id: UUID | None
    at: str
    actor: str
    told: str | None
    first_in: int | None
    grew: bool
    length: int | None
    body: str | StoredSession | None


@dataclass(frozen=True, slots=True)
class LogPage:
    """What the log holds after a version: a part of it, unless the last one is of `present`.

    Nothing is listed where the version is older than `changes_from`. `message_count` is the
    present number of messages.
    """

    present: int
    changes_from: int
    message_count: int
    changes: list[LoggedChange]


async def changes_after(
    database: Database,
    owner_id: UUID,
    session_id: UUID,
    since: int,
    *,
    limit: int,
    limit_bytes: int,
    grown: Mapping[UUID, int],
) -> LogPage | None:
    """Up to `limit` changes after `since`, oldest first; None where there is no such session.

    `grown` has, by message, how many code points of its text are known already.
    """
    rows = await database.fetch_rows(
        SINCE,
        owner_id,
        session_id,
        since,
        limit,
        limit_bytes,
        list(grown),
        list(grown.values()),
    )
    if not rows:
        return None
    first = rows[0]
    changes = [_logged(row, session_id) for row in rows if row["version"] is not None]
    return LogPage(first["present"], first["changes_from"], first["message_count"], changes)


def _logged(row: asyncpg.Record, session_id: UUID) -> LoggedChange:
    body: str | StoredSession | None = row["body"]
    if isinstance(body, str) and row["entity"] == "session":
        body = StoredSession(session_id, row["present"], row["metadata_ciphertext"], body)
    return LoggedChange(
        version=row["version"],
        kind=row["kind"],
        entity=row["entity"],
        entity_id=row["entity_id"],
        mission_id=row["mission_id"],
        hop_id=row["hop_id"],
        at=row["at"],
        actor=row["actor"],
        told=row["told"],
        first_in=row["first_in"],
        grew=bool(row["grew"]),
        length=row["length"],
        body=body,
    )
