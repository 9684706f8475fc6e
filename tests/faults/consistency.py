"""What is true of the tables after any accident: a change is there whole, or not at all."""

from collections.abc import Awaitable, Callable, Sequence

import asyncpg

Query = Callable[[str], Awaitable[Sequence[asyncpg.Record]]]

_HALF_DONE = """
      WITH chat AS (
           SELECT c.owner_id, c.session_id, count(*) AS messages, max(m.seq) AS last_seq
             FROM chats c
             JOIN chat_messages m ON (m.owner_id, m.chat_id) = (c.owner_id, c.id)
            GROUP BY c.owner_id, c.session_id
           ), log AS (
           SELECT owner_id, session_id, max(version) AS last_version
             FROM session_changes
            GROUP BY owner_id, session_id
           )
    SELECT s.id::text AS id,
           s.message_count = coalesce(chat.messages, 0) AS counts,
           s.message_seq = coalesce(chat.last_seq, 0) AS numbers,
           s.version = log.last_version AS versions
      FROM user_sessions s
      LEFT JOIN chat ON (chat.owner_id, chat.session_id) = (s.owner_id, s.id)
      LEFT JOIN log ON (log.owner_id, log.session_id) = (s.owner_id, s.id)
     WHERE s.message_count <> coalesce(chat.messages, 0)
        OR s.message_seq <> coalesce(chat.last_seq, 0)
        OR s.version IS DISTINCT FROM log.last_version
"""

_NOT_LOGGED = """
    SELECT m.id::text AS id
      FROM chat_messages m
      JOIN chats c ON (c.owner_id, c.id) = (m.owner_id, m.chat_id)
      LEFT JOIN session_changes l
             ON (l.owner_id, l.session_id, l.version, l.entity_id)
              = (m.owner_id, c.session_id, m.version, m.id)
     WHERE l.version IS NULL
"""

_CONNECTIONS = """
    SELECT state, wait_event_type, query
      FROM pg_stat_activity
     WHERE application_name = 'session-api' AND datname = current_database()
"""


async def half_done(query: Query) -> list[dict[str, object]]:
    """Sessions whose counters, numbers or log differ from their rows, and messages not logged.

    For chats that nothing was deleted from.
    """
    return [dict(row) for text in (_HALF_DONE, _NOT_LOGGED) for row in await query(text)]


async def connections(query: Query) -> list[str]:
    """The state of each of the service's connections, as PostgreSQL sees them."""
    return [str(row["state"]) for row in await query(_CONNECTIONS)]
