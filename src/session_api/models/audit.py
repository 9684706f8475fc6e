"""What was done to a workspace, by whom: beside the tree, so that it outlives what it tells of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from session_api.models.base import Table, json_as_sent, timestamp


class AuditEvent(Table, table=True):
    """One event; rows are only ever added. `actor` is the token's subject, or `system:<job>`."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_at", "owner_id", "at", "id"),)

    owner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    tenant_id: str
    at: datetime = timestamp()
    event: str
    actor: str
    session_id: UUID | None
    request_id: str | None
    data: dict[str, object] = json_as_sent()
