"""Files that belong to a session, or to its mission or one of the mission's hops."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from session_api.models.base import (
    OptionalInteger,
    OptionalTime,
    Table,
    big_integer,
    one_of,
    owned_reference,
    timestamp,
)

ASSET_SCOPES = ("session", "mission", "hop")
ASSET_STATUSES = ("pending", "ready")


class Asset(Table, table=True):
    """A file's row. The keys make it impossible to name the mission or hop of another session.

    Nothing takes a row along (`NO ACTION`): whoever removes what it hangs on must remove it first,
    and write its object down for deletion. So no row can go and leave its bytes behind.
    """

    __tablename__ = "assets"
    __table_args__ = (
        owned_reference(["session_id"], "user_sessions", ["id"], ondelete="NO ACTION"),
        owned_reference(
            ["session_id", "mission_id"], "missions", ["session_id", "id"], ondelete="NO ACTION"
        ),
        owned_reference(
            ["mission_id", "hop_id"], "hops", ["mission_id", "id"], ondelete="NO ACTION"
        ),
        one_of("scope", ASSET_SCOPES),
        one_of("status", ASSET_STATUSES),
        CheckConstraint(
            "(scope = 'session' AND mission_id IS NULL AND hop_id IS NULL)"
            " OR (scope = 'mission' AND mission_id IS NOT NULL AND hop_id IS NULL)"
            " OR (scope = 'hop' AND mission_id IS NOT NULL AND hop_id IS NOT NULL)",
            name="scope_matches_ids",
        ),
        CheckConstraint("size >= 0", name="size"),
        # For the jobs, which look at the assets of all owners.
        Index("ix_assets_expires_at", "expires_at", postgresql_where=text("status = 'pending'")),
        Index("ix_assets_checked_at", "checked_at", postgresql_where=text("status = 'ready'")),
        Index("ix_assets_object_key", "object_key"),
    )

    owner_id: UUID = Field(primary_key=True)
    session_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    scope: str
    mission_id: UUID | None
    hop_id: UUID | None
    name: str
    content_type: str
    size: int = big_integer()
    sha256: str | None
    status: str
    fingerprint: bytes
    object_key: str
    upload_id: str | None
    part_size: OptionalInteger = big_integer(nullable=True)
    created_at: datetime = timestamp()
    ready_at: OptionalTime = timestamp(nullable=True)
    expires_at: datetime = timestamp()
    checked_at: datetime = timestamp()
    lost_at: OptionalTime = timestamp(nullable=True)


class ObjectDeletion(Table, table=True):
    """An object that must go, written down in the transaction that removed its row.

    It stays until the store has confirmed it, and until no ticket can bring the object back.
    """

    __tablename__ = "object_deletions"
    __table_args__ = (
        Index("ix_object_deletions_due_at", "due_at"),
        # A file that was merged keeps its key, in which another owner stands than in its row.
        Index("ix_object_deletions_object_key", "object_key"),
    )

    owner_id: UUID = Field(primary_key=True)
    object_key: str = Field(primary_key=True)
    upload_id: str | None
    size: int = big_integer()
    attempts: int
    created_at: datetime = timestamp()
    due_at: datetime = timestamp()
    last_at: datetime = timestamp()
