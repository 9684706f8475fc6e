"""Every statement on messages that are still being written, each scoped to one owner."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.chat.repository import CHAT_OF_SESSION

# No row comes back where the text does not continue at the offset or nobody writes any longer.
_GROW = f"""
      WITH before AS (
           SELECT m.chat_id, m.version
             FROM chat_messages m
            WHERE m.owner_id = $1 AND m.chat_id = {CHAT_OF_SESSION} AND m.id = $3
           )
    UPDATE chat_messages m
       SET content = to_json((m.content #>> '{{}}') || $5::text),
           text_length = m.text_length + $6,
           version = $7
      FROM before
     WHERE m.owner_id = $1 AND m.chat_id = before.chat_id AND m.id = $3
       AND m.status = 'in_progress' AND m.text_length = $4
       AND octet_length(m.content::text) + octet_length(to_json($5::text)::text) - 2 <= $8
    RETURNING before.version, m.text_length
"""

_TEXT_AT = f"""
    SELECT substr(m.content #>> '{{}}', $4 + 1, $5)
      FROM chat_messages m
     WHERE m.owner_id = $1 AND m.chat_id = {CHAT_OF_SESSION} AND m.id = $3
       AND m.text_length IS NOT NULL
"""

# Each message gets a version of its own, in the order of the chat. $4 and $5 bound a turn: with it,
# nobody else could begin a message but the person, whose own are no part of it.
_CANCEL = f"""
      WITH stopped AS (
           SELECT m.chat_id, m.id, $3 + row_number() OVER (ORDER BY m.seq) AS version
             FROM chat_messages m
            WHERE m.owner_id = $1 AND m.chat_id = {CHAT_OF_SESSION} AND m.status = 'in_progress'
              AND m.seq > $4
              AND ($5::timestamptz IS NULL OR (m.created_at < $5 AND m.role <> 'user'))
           )
    UPDATE chat_messages m
       SET status = 'cancelled', version = stopped.version
      FROM stopped
     WHERE m.owner_id = $1 AND m.chat_id = stopped.chat_id AND m.id = stopped.id
    RETURNING m.id, m.version
"""


class GrowthRepository:
    """One owner's messages in progress, inside a transaction."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def grow(
        self,
        session_id: UUID,
        message_id: UUID,
        *,
        offset: int,
        text: str,
        version: int,
        limit_bytes: int,
    ) -> tuple[int, int] | None:
        """Adds text to a message in progress.

        Returns the version of its change before and its new length in code points, or None where
        it is not in progress, does not end at `offset`, or would outgrow the limit.
        """
        result = await self._connection.exec_driver_sql(
            _GROW,
            (
                self._owner_id,
                session_id,
                message_id,
                offset,
                text,
                len(text),
                version,
                limit_bytes,
            ),
        )
        row = result.one_or_none()
        return None if row is None else (row.version, row.text_length)

    async def text_at(
        self, session_id: UUID, message_id: UUID, offset: int, length: int
    ) -> str | None:
        """A stretch of a message's text, None where its content is not text."""
        result = await self._connection.exec_driver_sql(
            _TEXT_AT, (self._owner_id, session_id, message_id, offset, length)
        )
        return result.scalar_one_or_none()

    async def cancel_in_progress(
        self,
        session_id: UUID,
        *,
        after_version: int,
        after_seq: int = 0,
        agents_before: datetime | None = None,
    ) -> list[UUID]:
        """Stops what is still being written, its text kept; returns the ids by their version.

        Only what came after a `seq`; with `agents_before`, only what agents began before then.
        """
        result = await self._connection.exec_driver_sql(
            _CANCEL, (self._owner_id, session_id, after_version, after_seq, agents_before)
        )
        return [row.id for row in sorted(result, key=lambda row: row.version)]
