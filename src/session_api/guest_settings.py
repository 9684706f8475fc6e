"""Settings of guests: people who work before they have an account.

Part of `Settings`, and only to be read there.
"""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings

from session_api.durations import Duration


class GuestSettings(BaseSettings):
    """See `Settings`."""

    guests: bool | None = Field(
        default=None,
        description="Whether somebody without an account may have a workspace, by a token that the "
        "service itself makes: `on` or `off`. Unset: only while development tokens are made, that "
        "is with the embedded database and neither a secret nor issuers of your own.",
    )
    guest_token_lifetime: Duration = Field(
        default=timedelta(hours=1),
        ge=timedelta(seconds=10),
        le=timedelta(days=1),
        description="How long a guest's token counts until it has to be renewed.",
    )
    guest_renewable: Duration = Field(
        default=timedelta(days=30),
        ge=timedelta(minutes=1),
        le=timedelta(days=400),
        description="How long a guest may stay away and still have their token renewed; after "
        "that their workspace is erased.",
    )
    guest_tenant: str = Field(
        default="default",
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00-\x1f\x7f-\x9f]*$",
        description="The tenant that guests are of until they are merged into an account.",
    )
