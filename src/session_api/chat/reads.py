"""How messages read: the JSON that PostgreSQL builds of them, and the page of a chat.

The shapes are those of `Message`, `MessagePage` and `Chat` in the schemas; a test holds them
together.
"""

from uuid import UUID

from session_api.database.engine import Database
from session_api.database.sql import rfc3339
from session_api.problems import MessageNotFound, SessionNotFound

MESSAGE = f"""json_build_object(
               'id', m.id,
               'seq', m.seq,
               'role', m.role,
               'content', m.content,
               'metadata', m.message_metadata,
               'asset_ids', m.asset_ids,
               'parent_id', m.parent_id,
               'status', m.status,
               'created_at', {rfc3339("m.created_at")},
               'edited_at', {rfc3339("m.edited_at")}
           )"""


# Only who says that seq is above zero may use the index by seq (see ChatMessage). The order makes
# sure that no other is taken, which EXISTS would let happen: then finding nothing takes reading the
# whole chat.
def _is_there(chat: str, condition: str, order: str) -> str:
    return f"""(
                          SELECT o.seq
                            FROM chat_messages o
                           WHERE o.owner_id = {chat}.owner_id AND o.chat_id = {chat}.id
                             AND o.seq > 0 AND {condition}
                           ORDER BY o.seq {order}
                           LIMIT 1
                      ) IS NOT NULL"""


def _older(chat: str, seq: str) -> str:
    """SQL for whether the row `chat` has messages before `seq`."""
    return _is_there(chat, f"o.seq < {seq}", "DESC")


def _newer(chat: str, seq: str) -> str:
    """SQL for whether the row `chat` has messages after `seq`."""
    return _is_there(chat, f"o.seq > {seq}", "ASC")


def chat_document(session: str, limit: str) -> str:
    """SQL for the chat of the row `session` with its latest messages, at most `limit` of them.

    Also where there are none to show, `has_more` and `next_before` tell how to get the others.
    """
    return f"""(
        SELECT json_build_object(
                   'id', c.id,
                   'message_count', {session}.message_count,
                   'messages', page.messages,
                   'has_more', page.older,
                   'next_before', CASE WHEN page.older THEN page.first_seq END
               )
          FROM chats c
         CROSS JOIN LATERAL (
               SELECT coalesce(json_agg({MESSAGE} ORDER BY m.seq), '[]') AS messages,
                      coalesce(min(m.seq), {session}.message_seq + 1) AS first_seq,
                      {_older("c", f"coalesce(min(m.seq), {session}.message_seq + 1)")} AS older
                 FROM (
                       SELECT *
                         FROM chat_messages latest
                        WHERE latest.owner_id = c.owner_id AND latest.chat_id = c.id
                          AND latest.seq > 0
                        ORDER BY latest.seq DESC
                        LIMIT {limit}
                      ) AS m
               ) AS page
         WHERE c.owner_id = {session}.owner_id AND c.session_id = {session}.id
    )"""


# One statement for both directions: exactly one of the two scans has a limit above zero. They are
# lateral because PostgreSQL does not know that `c` is one row: a join it would sort as a whole.
_PAGE = f"""
      WITH c AS (
           SELECT owner_id, id FROM chats WHERE owner_id = $1 AND session_id = $2
           ), backwards AS (
           SELECT m.*
             FROM c
            CROSS JOIN LATERAL (
                  SELECT *
                    FROM chat_messages m
                   WHERE m.owner_id = c.owner_id AND m.chat_id = c.id AND m.seq > 0 AND m.seq < $3
                   ORDER BY m.seq DESC
                   LIMIT CASE WHEN $4::bigint IS NULL THEN $5::int ELSE 0 END
                 ) AS m
           ), forwards AS (
           SELECT m.*
             FROM c
            CROSS JOIN LATERAL (
                  SELECT *
                    FROM chat_messages m
                   WHERE m.owner_id = c.owner_id AND m.chat_id = c.id AND m.seq > 0 AND m.seq > $4
                   ORDER BY m.seq
                   LIMIT CASE WHEN $4::bigint IS NULL THEN 0 ELSE $5::int END
                 ) AS m
           ), page AS (
           SELECT coalesce(json_agg({MESSAGE} ORDER BY m.seq), '[]') AS items,
                  min(m.seq) AS first_seq, max(m.seq) AS last_seq
             FROM (SELECT * FROM backwards UNION ALL SELECT * FROM forwards) AS m
           ), ends AS (
           SELECT page.*,
                  {_older("c", "page.first_seq")} AS older,
                  {_newer("c", "page.last_seq")} AS newer
             FROM page, c
           )
    SELECT json_build_object(
               'items', items,
               'has_more', CASE WHEN $4::bigint IS NULL THEN older ELSE newer END,
               'next_before', CASE WHEN older THEN first_seq END,
               'next_after', CASE WHEN newer THEN last_seq END
           )::text
      FROM ends
"""

# The session comes back in any case, so that an absent message and an absent session differ. The
# message is looked up by its whole key, which LIMIT makes sure of: a join may become a hash join.
_ONE = f"""
    SELECT {MESSAGE}::text AS body, m.version
      FROM chats c
      LEFT JOIN LATERAL (
           SELECT *
             FROM chat_messages m
            WHERE (m.owner_id, m.chat_id, m.id) = (c.owner_id, c.id, $3)
            LIMIT 1
           ) AS m ON true
     WHERE c.owner_id = $1 AND c.session_id = $2
"""

_BIGGEST_SEQ = 2**63 - 1


class ChatReader:
    """One owner's chats, read outside any transaction, a statement a call."""

    def __init__(self, database: Database, owner_id: UUID) -> None:
        self._database = database
        self._owner_id = owner_id

    async def page(
        self, session_id: UUID, *, before: int | None, after: int | None, limit: int
    ) -> str:
        """A page of messages as JSON, oldest first. Raises SessionNotFound."""
        row = await self._database.fetch_row(
            _PAGE, self._owner_id, session_id, before or _BIGGEST_SEQ, after, limit
        )
        if row is None:
            raise SessionNotFound
        return str(row[0])

    async def message(self, session_id: UUID, message_id: UUID) -> tuple[str, int]:
        """One message as JSON, and the version of its last change.

        Raises SessionNotFound or MessageNotFound.
        """
        row = await self._database.fetch_row(_ONE, self._owner_id, session_id, message_id)
        if row is None:
            raise SessionNotFound
        if row["version"] is None:
            raise MessageNotFound
        return row["body"], row["version"]
