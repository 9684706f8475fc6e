"""Files that belong to a session, or to its mission or one of the mission's hops."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from session_api.models.base import (
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
    """A file's row. The keys make it impossible to name the mission or hop of another session."""

    __tablename__ = "assets"
    __table_args__ = (
        owned_reference(["session_id"], "user_sessions", ["id"]),
        owned_reference(["session_id", "mission_id"], "missions", ["session_id", "id"]),
        owned_reference(["mission_id", "hop_id"], "hops", ["mission_id", "id"]),
        one_of("scope", ASSET_SCOPES),
        one_of("status", ASSET_STATUSES),
        CheckConstraint(
            "(scope = 'session' AND mission_id IS NULL AND hop_id IS NULL)"
            " OR (scope = 'mission' AND mission_id IS NOT NULL AND hop_id IS NULL)"
            " OR (scope = 'hop' AND mission_id IS NOT NULL AND hop_id IS NOT NULL)",
            name="scope_matches_ids",
        ),
        CheckConstraint("size >= 0", name="size"),
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
    created_at: datetime = timestamp()
    ready_at: OptionalTime = timestamp(nullable=True)
    expires_at: OptionalTime = timestamp(nullable=True)
