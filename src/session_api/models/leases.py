"""Which replica runs a background job. Not part of any person's tree, so without an owner."""

from datetime import datetime

from sqlmodel import Field

from session_api.models.base import Table, timestamp


class JobLease(Table, table=True):
    """A lease on one job; whoever finds it expired may take it."""

    __tablename__ = "job_leases"

    name: str = Field(primary_key=True)
    holder: str
    expires_at: datetime = timestamp()
