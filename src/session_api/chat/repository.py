"""Every statement on chats and messages, each scoped to one owner; those on messages that are
still being written stand beside their service, in `growth`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from session_api.chat.reads import MESSAGE
from session_api.json_text import encode_json
from session_api.models import METADATA, ChatMessage
from session_api.problems import MessageNotFound, MessageNotInProgress

_TABLE = METADATA.tables["chat_messages"]

# The values come as one JSON document, so that a batch of any size is one statement of one text.
# Under the session's lock, so nobody adds the same ids between `known` and `m`. Known messages and
# parents are looked up one by one, which LIMIT and the scalar subquery make sure of: as joins they
# may become hash joins, which read all the owner's chats.
_ADD = f"""
      WITH sent AS (
           SELECT sent.*, c.id AS chat_id, decode(sent.fingerprint_hex, 'hex') AS fingerprint
             FROM json_to_recordset($3::json) AS sent
                  (place bigint, id uuid, role text, content json, text_length int, metadata json,
                   asset_ids uuid[], parent_id uuid, status text, fingerprint_hex text)
            CROSS JOIN (SELECT id FROM chats WHERE owner_id = $1 AND session_id = $2) AS c
           ), known AS (
           SELECT m.*, m.fingerprint <> sent.fingerprint AS differs
             FROM sent
            CROSS JOIN LATERAL (
                  SELECT *
                    FROM chat_messages m
                   WHERE (m.owner_id, m.chat_id, m.id) = ($1, sent.chat_id, sent.id)
                   LIMIT 1
                 ) AS m
           ), missing AS (
           SELECT sent.*, row_number() OVER (ORDER BY sent.place) AS nth
             FROM sent
            WHERE NOT EXISTS (SELECT FROM known WHERE known.id = sent.id)
           ), added AS (
           INSERT INTO chat_messages
                  (owner_id, chat_id, id, seq, role, content, text_length, message_metadata,
                   asset_ids, parent_id, status, fingerprint, version, created_at)
           SELECT $1, chat_id, id, $4 + nth, role, content, text_length, metadata,
                  asset_ids, parent_id, status, fingerprint, $5 + nth, $6
             FROM missing
           RETURNING *
           )
    SELECT (SELECT json_agg({MESSAGE} ORDER BY m.seq)
              FROM (SELECT * FROM added UNION ALL SELECT {{columns}} FROM known) AS m
           )::text AS messages,
           (SELECT array_agg(added.id ORDER BY added.seq) FROM added) AS added,
           EXISTS (SELECT FROM known WHERE differs) AS conflict,
           (SELECT min(missing.place)
              FROM missing
             WHERE missing.parent_id IS NOT NULL
               AND NOT EXISTS (SELECT FROM sent
                                WHERE sent.id = missing.parent_id AND sent.place < missing.place)
               AND (SELECT m.id
                      FROM chat_messages m
                     WHERE (m.owner_id, m.chat_id, m.id)
                           = ($1, missing.chat_id, missing.parent_id)
                   ) IS NULL
           ) AS orphan
""".replace("{columns}", ", ".join(f"known.{column.name}" for column in _TABLE.columns))

# The chat of session $2, found first: where it were joined, PostgreSQL might look for the messages'
# ids in all the owner's chats.
CHAT_OF_SESSION = "(SELECT c.id FROM chats c WHERE c.owner_id = $1 AND c.session_id = $2)"

# The messages $3 of that chat, each looked up by its whole key. PostgreSQL before 17 may otherwise
# read the chat and compare each id with all of $3.
_WANTED = f"""unnest($3::uuid[]) AS wanted (id)
     CROSS JOIN LATERAL (
           SELECT *
             FROM chat_messages m
            WHERE (m.owner_id, m.chat_id, m.id) = ($1, {CHAT_OF_SESSION}, wanted.id)
            LIMIT 1
           ) AS m"""

_FIND = f"""
    SELECT m.id, m.chat_id, m.seq, m.role, m.status, m.version, m.fingerprint, m.text_length,
           CASE WHEN $4 THEN m.content::text END AS content,
           CASE WHEN $4 THEN m.message_metadata::text END AS metadata
      FROM {_WANTED}
"""

_SHOW = f"""
    SELECT json_agg({MESSAGE} ORDER BY m.seq)::text
      FROM {_WANTED}
"""

_CHANGE = f"""
    UPDATE chat_messages m
       SET content = coalesce($4::json, m.content),
           text_length = CASE WHEN $4::json IS NULL THEN m.text_length ELSE $5 END,
           message_metadata = coalesce($6::json, m.message_metadata),
           status = coalesce($7, m.status),
           edited_at = coalesce($8, m.edited_at),
           version = $9
     WHERE m.owner_id = $1 AND m.chat_id = $2 AND m.id = $3
    RETURNING {MESSAGE}::text
"""

_ASSETS = """
    SELECT a.id
      FROM assets a
     WHERE a.owner_id = $1 AND a.session_id = $2 AND a.id = ANY ($3::uuid[])
       AND a.status = 'ready'
"""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to add. `content`, `metadata` are JSON values as they were sent."""

    id: UUID
    role: str
    content: Any
    text_length: int | None
    metadata: dict[str, Any]
    asset_ids: Sequence[UUID]
    parent_id: UUID | None
    status: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """What a service must know of a message to decide on a change. `content` and `metadata` are
    JSON text, or None where they were not asked for.
    """

    id: UUID
    chat_id: UUID
    seq: int
    role: str
    status: str
    version: int
    fingerprint: bytes
    text_length: int | None
    content: str | None
    metadata: str | None

    @property
    def written_by_agent(self) -> bool:
        """Whether an agent is writing it at present."""
        return self.status == "in_progress" and self.role != "user"

    def require_in_progress(self) -> None:
        """Raises MessageNotInProgress for a message that is finished, one way or another."""
        if self.status != "in_progress":
            raise MessageNotInProgress(f"The message is {self.status}.", message_status=self.status)


@dataclass(frozen=True, slots=True)
class AddedMessages:
    """All the messages sent as a JSON array, oldest first; the ids of those that were not there
    before; whether one that was there was created from another request; and the place of the first
    that names a parent which is neither in the chat nor sent before it.
    """

    shown: str
    added: Sequence[UUID]
    conflict: bool
    orphan: int | None


def rows_of(messages: Sequence[NewMessage]) -> str:
    """Messages to add, in their order, as the parameter of the statements that add them."""
    return encode_json(
        [
            {
                "place": place,
                "id": str(message.id),
                "role": message.role,
                "content": message.content,
                "text_length": message.text_length,
                "metadata": message.metadata,
                "asset_ids": [str(asset_id) for asset_id in message.asset_ids],
                "parent_id": message.parent_id and str(message.parent_id),
                "status": message.status,
                "fingerprint_hex": message.fingerprint.hex(),
            }
            for place, message in enumerate(messages)
        ]
    )


class ChatRepository:
    """One owner's chats, inside a transaction."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def add(
        self,
        session_id: UUID,
        messages: Sequence[NewMessage],
        *,
        after_seq: int,
        after_version: int,
        at: datetime,
    ) -> AddedMessages:
        """Adds those of the messages that are not there yet, in their order.

        Under the session's lock. `seq` and version of the first one added follow the given ones.
        """
        result = await self._connection.exec_driver_sql(
            _ADD,
            (self._owner_id, session_id, rows_of(messages), after_seq, after_version, at),
        )
        row = result.one()
        return AddedMessages(row.messages, row.added or [], row.conflict, row.orphan)

    async def find(
        self, session_id: UUID, ids: Sequence[UUID], *, bodies: bool = False
    ) -> dict[UUID, StoredMessage]:
        """Those of the messages that are in the chat, by id."""
        result = await self._connection.exec_driver_sql(
            _FIND, (self._owner_id, session_id, list(ids), bodies)
        )
        rows: list[tuple[Any, ...]] = [tuple(row) for row in result]
        return {message.id: message for message in (StoredMessage(*row) for row in rows)}

    async def one(
        self, session_id: UUID, message_id: UUID, *, bodies: bool = False
    ) -> StoredMessage:
        """One message of the chat. Raises MessageNotFound."""
        message = (await self.find(session_id, [message_id], bodies=bodies)).get(message_id)
        if message is None:
            raise MessageNotFound
        return message

    async def show(self, session_id: UUID, ids: Sequence[UUID]) -> str:
        """The messages as a JSON array, oldest first."""
        result = await self._connection.exec_driver_sql(
            _SHOW, (self._owner_id, session_id, list(ids))
        )
        return result.scalar_one() or "[]"

    async def change(
        self,
        message: StoredMessage,
        *,
        content: str | None,
        text_length: int | None,
        metadata: str | None,
        status: str | None,
        edited_at: datetime | None,
        version: int,
    ) -> str:
        """Changes what is not None and returns the message as JSON."""
        result = await self._connection.exec_driver_sql(
            _CHANGE,
            (
                self._owner_id,
                message.chat_id,
                message.id,
                content,
                text_length,
                metadata,
                status,
                edited_at,
                version,
            ),
        )
        return str(result.scalar_one())

    async def delete(self, message: StoredMessage) -> None:
        """Removes a message. Its `seq` is never given again."""
        await self._connection.execute(
            delete(ChatMessage).where(
                col(ChatMessage.owner_id) == self._owner_id,
                col(ChatMessage.chat_id) == message.chat_id,
                col(ChatMessage.id) == message.id,
            )
        )

    async def assets(self, session_id: UUID, asset_ids: Collection[UUID]) -> set[UUID]:
        """Those of these that are ready assets of the session."""
        result = await self._connection.exec_driver_sql(
            _ASSETS, (self._owner_id, session_id, list(asset_ids))
        )
        return set(result.scalars())
