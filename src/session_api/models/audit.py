"""What was done to a workspace, by whom: beside the tree, so that it outlives what it tells of.

Events and their seals are only ever added. What changes stands in tables of its own: which events
are yet to be sealed, and up to where a chain's head was written outside the database.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from session_api.models.base import Table, big_integer, json_as_sent, one_of, timestamp

SEVERITIES: Final = ("info", "notice", "warning", "critical")
"""From what everybody does every day to what somebody should look at now."""


class AuditEvent(Table, table=True):
    """One event; rows are only ever added. `actor` is the token's subject, or `system:<job>`."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_at", "owner_id", "at", "id"),
        Index("ix_audit_events_tenant_id", "tenant_id", "at", "id"),
        one_of("severity", SEVERITIES),
    )

    owner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    tenant_id: str
    at: datetime = timestamp()
    event: str
    severity: str
    actor: str
    session_id: UUID | None
    request_id: str | None
    address: str | None
    user_agent: str | None
    data: dict[str, object] = json_as_sent()


class AuditUnsealed(Table, table=True):
    """An event that is not in its tenant's chain yet; the row goes when it is."""

    __tablename__ = "audit_unsealed"

    tenant_id: str = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    owner_id: UUID = Field(primary_key=True)


class AuditLog(Table, table=True):
    """A tenant's chain. `log_id` is its own for ever and stands in every hash.

    `head_position` is the newest one that a signed head outside the database tells of, and
    `head_key` the id of the key that signed it; nothing else of the row ever changes.
    """

    __tablename__ = "audit_logs"

    tenant_id: str = Field(primary_key=True)
    log_id: UUID
    started_at: datetime = timestamp()
    head_position: int = big_integer()
    head_key: str | None


class AuditSeal(Table, table=True):
    """A link of a tenant's chain; rows are only ever added. Positions begin at 1 without gaps."""

    __tablename__ = "audit_seals"
    __table_args__ = (Index("uq_audit_seals_event", "owner_id", "event_id", unique=True),)

    tenant_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=BigInteger)
    owner_id: UUID
    event_id: UUID
    hash: bytes
