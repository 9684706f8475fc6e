"""The owners of the trees."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from session_api.models.base import (
    OptionalTime,
    Table,
    big_integer,
    json_as_sent,
    owned_reference,
    timestamp,
)


class User(Table, table=True):
    """A person as a token names one. `owner_id` is computed from the other three names.

    The counters are of all their files, pending ones included; their row's lock orders quotas.
    """

    __tablename__ = "users"
    # For the quotas of tenants, and for administration.
    __table_args__ = (Index("ix_users_tenant_id", "tenant_id"),)

    owner_id: UUID = Field(primary_key=True)
    tenant_id: str
    issuer: str
    subject: str
    created_at: datetime = timestamp()
    asset_count: int = big_integer(0)
    asset_bytes: int = big_integer(0)


class Guest(Table, table=True):
    """A user without an account, who goes by tokens of the service's own.

    What makes something new of a guest's holds this row (FOR SHARE), and a merge takes it alone:
    so nothing is ever left with a guest who was merged. `merged_into` is the account, and `moved`
    what went there, as the merge answered it. The row stays until the last token is over.
    """

    __tablename__ = "guests"
    __table_args__ = (
        owned_reference([], "users", []),
        Index("ix_guests_renewable_until", "renewable_until"),
    )

    owner_id: UUID = Field(primary_key=True)
    renewable_until: datetime = timestamp()
    merged_into: UUID | None
    merged_at: OptionalTime = timestamp(nullable=True)
    moved: dict[str, object] | None = json_as_sent(nullable=True)
