"""Missions, their hops and the hops' tool steps."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from session_api.models.base import (
    OptionalTime,
    Table,
    json_as_sent,
    one_of,
    owned_reference,
    timestamp,
)

WORK_STATUSES = ("pending", "active", "completed", "failed", "cancelled")


class Mission(Table, table=True):
    """A piece of work, linked to at most one session, as a session is to at most one mission."""

    __tablename__ = "missions"
    __table_args__ = (
        owned_reference([], "users", []),
        owned_reference(["session_id"], "user_sessions", ["id"]),
        UniqueConstraint("owner_id", "session_id"),
        # What assets refer to: a mission's file belongs to the mission's session as well.
        UniqueConstraint("owner_id", "session_id", "id"),
        one_of("status", WORK_STATUSES),
        Index("ix_missions_created", "owner_id", "created_at", "id"),
    )

    owner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    tenant_id: str
    session_id: UUID | None
    name: str
    description: str | None
    status: str
    data: dict[str, object] = json_as_sent()
    fingerprint: bytes
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()
    completed_at: OptionalTime = timestamp(nullable=True)


class Hop(Table, table=True):
    """One leg of a mission."""

    __tablename__ = "hops"
    __table_args__ = (
        owned_reference(["mission_id"], "missions", ["id"]),
        UniqueConstraint("owner_id", "mission_id", "seq"),
        one_of("status", WORK_STATUSES),
    )

    owner_id: UUID = Field(primary_key=True)
    mission_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    seq: int
    name: str
    description: str | None
    status: str
    data: dict[str, object] = json_as_sent()
    fingerprint: bytes
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()


class ToolStep(Table, table=True):
    """One call of a tool within a hop."""

    __tablename__ = "tool_steps"
    __table_args__ = (
        owned_reference(["mission_id", "hop_id"], "hops", ["mission_id", "id"]),
        UniqueConstraint("owner_id", "mission_id", "hop_id", "seq"),
        one_of("status", WORK_STATUSES),
    )

    owner_id: UUID = Field(primary_key=True)
    mission_id: UUID = Field(primary_key=True)
    hop_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    seq: int
    name: str
    status: str
    input: object = json_as_sent(nullable=True)
    output: object = json_as_sent(nullable=True)
    error: str | None
    fingerprint: bytes
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()
    started_at: OptionalTime = timestamp(nullable=True)
    finished_at: OptionalTime = timestamp(nullable=True)
