"""Who else reaches a session: what its owner granted, and to whom it leads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from session_api.models.base import (
    OptionalInteger,
    OptionalTime,
    Table,
    one_of,
    owned_reference,
    timestamp,
)

SHARE_ROLES = ("viewer", "editor")


class SessionShare(Table, table=True):
    """What an owner granted: to one person, who has a `user_id`, or by a link, which has a
    `token_hash`. Whoever came through a link has a share of their own with its `link_id`.

    The rights stand here alone, in the owner's tree, so that they go with the session and change
    under its lock. A link's token is kept only as its SHA-256.
    """

    __tablename__ = "session_shares"
    __table_args__ = (
        owned_reference(["session_id"], "user_sessions", ["id"]),
        owned_reference(["session_id", "link_id"], "session_shares", ["session_id", "id"]),
        one_of("role", SHARE_ROLES),
        CheckConstraint("(user_id IS NULL) <> (token_hash IS NULL)", name="person_or_link"),
        Index("ix_session_shares_token_hash", "token_hash"),
        Index("ix_session_shares_link_id", "owner_id", "session_id", "link_id"),
    )

    owner_id: UUID = Field(primary_key=True)
    session_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    user_id: str | None
    link_id: UUID | None
    token_hash: bytes | None
    max_uses: OptionalInteger
    uses: int
    role: str
    fingerprint: bytes
    created_at: datetime = timestamp()
    expires_at: OptionalTime = timestamp(nullable=True)


class SessionMember(Table, table=True):
    """A session that a person reaches and does not own: `owner_id` is the person, `host_id` the
    session's owner.

    It leads to the share and says nothing of rights, so whatever is left of it grants nothing. Its
    key lets nobody be given two sessions of one id. `accessed_at` is when the owner's trail was
    last told that the person was there.
    """

    __tablename__ = "session_members"
    __table_args__ = (
        owned_reference([], "users", []),
        Index("ix_session_members_host_id", "host_id", "session_id"),
        Index("ix_session_members_shared_at", "owner_id", "shared_at", "session_id"),
        {"postgresql_with": {"fillfactor": 75}},
    )

    owner_id: UUID = Field(primary_key=True)
    session_id: UUID = Field(primary_key=True)
    host_id: UUID
    share_id: UUID
    shared_at: datetime = timestamp()
    accessed_at: OptionalTime = timestamp(nullable=True)
