"""The conversation of a session."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, UniqueConstraint, Uuid, text
from sqlmodel import Field

from session_api.models.base import (
    OptionalTime,
    Table,
    big_integer,
    json_as_sent,
    one_of,
    owned_reference,
    timestamp,
)

MESSAGE_ROLES = ("user", "assistant", "system", "tool")
MESSAGE_STATUSES = ("complete", "in_progress", "failed", "cancelled")


class Chat(Table, table=True):
    """The one chat of a session. Its counters stand with the session, under the lock."""

    __tablename__ = "chats"
    __table_args__ = (
        owned_reference(["session_id"], "user_sessions", ["id"]),
        UniqueConstraint("owner_id", "session_id"),
    )

    owner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    session_id: UUID
    created_at: datetime = timestamp()


class ChatMessage(Table, table=True):
    """A message. Its key holds the chat, so that a copied chat keeps its messages' ids.

    `version` is the session's version at this message's last change, and thereby the key of its
    row in the version log. `text_length` counts code points and is null where the content is a
    list of parts. `parent_id` is held when the message is added and then a fact of the past: the
    parent may be deleted, and that changes no other message.
    """

    __tablename__ = "chat_messages"
    __table_args__ = (
        owned_reference(["chat_id"], "chats", ["id"]),
        one_of("role", MESSAGE_ROLES),
        one_of("status", MESSAGE_STATUSES),
        CheckConstraint("seq > 0", name="seq"),
        # Every seq is above zero, so this holds all rows; only a statement that says `seq > 0` may
        # use it. Without that PostgreSQL takes it for look-ups by id as well, since it believes
        # that any chat of any owner has one message, and so reads the whole chat.
        Index(
            "ix_chat_messages_seq",
            "owner_id",
            "chat_id",
            "seq",
            unique=True,
            postgresql_where=text("seq > 0"),
        ),
        Index(
            "ix_chat_messages_in_progress",
            "owner_id",
            "chat_id",
            postgresql_where=text("status = 'in_progress'"),
        ),
    )

    owner_id: UUID = Field(primary_key=True)
    chat_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    seq: int = big_integer()
    role: str
    content: object = json_as_sent()
    text_length: int | None
    message_metadata: dict[str, object] = json_as_sent()
    asset_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    parent_id: UUID | None
    status: str
    fingerprint: bytes
    version: int = big_integer()
    created_at: datetime = timestamp()
    edited_at: OptionalTime = timestamp(nullable=True)
