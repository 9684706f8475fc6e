"""The owners of the trees."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from session_api.models.base import Table, big_integer, timestamp


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
