"""The workspace itself and the log of its versions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from session_api.models.base import (
    OptionalInteger,
    OptionalTime,
    Table,
    big_integer,
    json_as_sent,
    one_of,
    owned_reference,
    timestamp,
)

SESSION_STATUSES = ("active", "completed", "abandoned", "archived")


class UserSession(Table, table=True):
    """A person's workspace. This row's lock orders every change to anything in it.

    `version` counts the changes to the session and all it holds; `fields_version` and
    `chat_version` are the versions of the last change to the session's own fields and to any of
    its messages. `message_seq` is the last `seq` given. `changes_from` is the oldest version that
    the log can be asked for: nothing after it was trimmed. They all stand here, and not with the
    chat, because what is read under a row lock is only sure to be fresh on the locked row itself.
    The turn's columns tell of the last turn: its number, of which the next is one higher for ever;
    the version of its row in the log; the `message_seq` it began after; the client-made id of the
    request that took it. `turn_expires_at`, with who has it, is null where nobody has the turn.
    No index holds a column that ordinary writes change, and room is left in the page, so that
    touches and version steps are HOT updates.
    """

    __tablename__ = "user_sessions"
    __table_args__ = (
        owned_reference([], "users", []),
        one_of("status", SESSION_STATUSES),
        Index(
            "ix_user_sessions_active",
            "owner_id",
            "id",
            postgresql_where=text("status = 'active'"),
        ),
        Index(
            "ix_user_sessions_abandoned",
            "abandoned_at",
            postgresql_where=text("status = 'abandoned'"),
        ),
        {"postgresql_with": {"fillfactor": 75}},
    )

    owner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    tenant_id: str
    name: str | None
    status: str
    metadata_ciphertext: bytes
    fingerprint_ciphertext: bytes
    version: int = big_integer()
    fields_version: int = big_integer()
    chat_version: int = big_integer()
    message_seq: int = big_integer(default=0)
    message_count: int = big_integer(default=0)
    changes_from: int = big_integer(default=0)
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()
    last_activity_at: datetime = timestamp()
    completed_at: OptionalTime = timestamp(nullable=True)
    abandoned_at: OptionalTime = timestamp(nullable=True)
    archived_at: OptionalTime = timestamp(nullable=True)
    turn_number: OptionalInteger = big_integer(nullable=True)
    turn_version: OptionalInteger = big_integer(nullable=True)
    turn_seq: OptionalInteger = big_integer(nullable=True)
    turn_id: UUID | None
    turn_holder: str | None
    turn_user_id: str | None
    turn_expires_at: OptionalTime = timestamp(nullable=True)


class SessionChange(Table, table=True):
    """One change of one thing: the source of live sync. `data` holds details that the thing's
    present state does not tell, never metadata or message text: where it stood, why it went, and
    of a growing message, whose row moves on, `first_in`: the version that the row had at first.
    """

    __tablename__ = "session_changes"
    __table_args__ = (owned_reference(["session_id"], "user_sessions", ["id"]),)

    owner_id: UUID = Field(primary_key=True)
    session_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str
    entity: str
    entity_id: UUID
    at: datetime = timestamp()
    actor: str
    data: dict[str, object] | None = json_as_sent(nullable=True)
