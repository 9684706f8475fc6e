"""Settings of sharing. Part of `Settings`, and only to be read there."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings

from session_api.durations import Duration


class SharingSettings(BaseSettings):
    """See `Settings`."""

    shares_per_session: int = Field(
        default=100,
        ge=1,
        le=10_000,
        description="People and links with whom a session may be shared at once.",
    )
    share_audit_interval: Duration = Field(
        default=timedelta(minutes=15),
        ge=timedelta(seconds=1),
        description="While somebody reads in another's session, the owner's audit trail is told "
        "again after so long. What they write is told of each time.",
    )
