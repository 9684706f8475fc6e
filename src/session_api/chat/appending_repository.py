"""Appending in one round trip, where nothing stands in the way.

`MessageAppending` locks, looks, decides, adds and advances, five round trips under the lock. Of
nearly every append the decision is known beforehand: the session is active, nobody else has the
turn, and the messages are new. Then one statement does it all, which is its own transaction. In any
other case it changes nothing, and the long way decides what it is.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from session_api.audit import NewEvent
from session_api.audit.recording_repository import as_json, recording
from session_api.chat.reads import MESSAGE
from session_api.chat.repository import NewMessage, rows_of
from session_api.database.engine import Database
from session_api.problems import SessionNotFound

# $1 owner, $2 session, $3 messages, $4 now, $5 actor, $6 the audit event, $7 whether a turn that
# somebody holds stands in the way. `locked` shows the row as the last writer left it; all else is
# seen as it was when the statement began, so an id that somebody added meanwhile is found by the
# key alone. The audit event is read only where something was added.
_APPEND = f"""
      WITH locked AS (
           SELECT s.version, s.message_seq,
                  s.status = 'active'
                  AND NOT ($7 AND coalesce(s.turn_expires_at > $4, false)) AS open
             FROM user_sessions s
            WHERE s.owner_id = $1 AND s.id = $2
              FOR NO KEY UPDATE
           ), sent AS (
           SELECT sent.*, c.id AS chat_id, decode(sent.fingerprint_hex, 'hex') AS fingerprint
             FROM json_to_recordset($3::json) AS sent
                  (place bigint, id uuid, role text, content json, text_length int, metadata json,
                   asset_ids uuid[], status text, fingerprint_hex text)
            CROSS JOIN (SELECT id FROM chats WHERE owner_id = $1 AND session_id = $2) AS c
           ), known AS (
           SELECT m.id
             FROM sent
            CROSS JOIN LATERAL (
                  SELECT m.id
                    FROM chat_messages m
                   WHERE (m.owner_id, m.chat_id, m.id) = ($1, sent.chat_id, sent.id)
                   LIMIT 1
                 ) AS m
           ), added AS (
           INSERT INTO chat_messages
                  (owner_id, chat_id, id, seq, role, content, text_length, message_metadata,
                   asset_ids, status, fingerprint, version, created_at)
           SELECT $1, sent.chat_id, sent.id, locked.message_seq + sent.place + 1, sent.role,
                  sent.content, sent.text_length, sent.metadata, sent.asset_ids, sent.status,
                  sent.fingerprint, locked.version + sent.place + 1, $4
             FROM sent
            CROSS JOIN locked
            WHERE locked.open AND NOT EXISTS (SELECT FROM known)
           RETURNING *
           ), total AS (
           SELECT count(*) AS added FROM added
           ), logged AS (
           INSERT INTO session_changes
                  (owner_id, session_id, version, kind, entity, entity_id, at, actor)
           SELECT $1, $2, added.version, 'message.created', 'message', added.id, $4, $5
             FROM added
           ), {recording("(SELECT CASE WHEN added > 0 THEN $6 END FROM total)")}, moved AS (
           UPDATE user_sessions s
              SET version = locked.version + total.added,
                  chat_version = locked.version + total.added,
                  message_seq = locked.message_seq + total.added,
                  message_count = s.message_count + total.added,
                  updated_at = greatest(s.updated_at, $4),
                  last_activity_at = greatest(s.last_activity_at, $4)
             FROM locked, total
            WHERE s.owner_id = $1 AND s.id = $2 AND total.added > 0
           RETURNING s.version
           )
    SELECT EXISTS (SELECT FROM locked) AS found,
           (SELECT version FROM moved) AS version,
           (SELECT json_agg({MESSAGE} ORDER BY m.seq) FROM added AS m)::text AS messages
"""  # noqa: S608 - of our own pieces


async def append_at_once(
    database: Database,
    owner_id: UUID,
    session_id: UUID,
    messages: Sequence[NewMessage],
    told: NewEvent,
    *,
    at: datetime,
    actor: str,
    by_agent: bool,
) -> tuple[str, int] | None:
    """The messages as a JSON array and the session's version; None where nothing was changed.

    For messages without attachments and parents. Raises SessionNotFound, and TransactionConflict.
    """
    try:
        row = await database.change_row(
            (owner_id, session_id),
            _APPEND,
            owner_id,
            session_id,
            rows_of(messages),
            at,
            actor,
            as_json([told]),
            by_agent,
        )
    except asyncpg.UniqueViolationError:
        return None  # somebody has just sent the same: a repeat, or a conflict
    if row is None or not row["found"]:
        raise SessionNotFound
    return None if row["version"] is None else (row["messages"], row["version"])
