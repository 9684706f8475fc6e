"""Sessions that are being handed over from one device to another."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from session_api.models.base import OptionalTime, Table, owned_reference, timestamp


class Handoff(Table, table=True):
    """A code that opens a session of its owner once, kept as a keyed hash; `used_by` is the key of
    the request that used it, if it had one.
    """

    __tablename__ = "handoffs"
    __table_args__ = (
        owned_reference(["session_id"], "user_sessions", ["id"]),
        Index("ix_handoffs_expires_at", "expires_at"),
        Index("ix_handoffs_session_id", "owner_id", "session_id"),
    )

    owner_id: UUID = Field(primary_key=True)
    code_hash: bytes = Field(primary_key=True)
    session_id: UUID
    made_at: datetime = timestamp()
    expires_at: datetime = timestamp()
    used_at: OptionalTime = timestamp(nullable=True)
    used_by: UUID | None
