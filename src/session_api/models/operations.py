"""What the service knows of itself. Not part of any person's tree, so without an owner."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from session_api.models.base import Table, timestamp


class JobLease(Table, table=True):
    """A lease on one job; whoever finds it expired may take it."""

    __tablename__ = "job_leases"

    name: str = Field(primary_key=True)
    holder: str
    expires_at: datetime = timestamp()


class Installation(Table, table=True):
    """Which database this is: one row, made with the table. A restored copy is the same one."""

    __tablename__ = "installation"

    id: UUID = Field(primary_key=True)
