"""Devices and sign-outs as requests send and answers show them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, field_validator

from session_api.fields import Answer, Request, Timestamp, left_out, refuse_null


class Device(Answer):
    """Where the account is signed in."""

    id: UUID = Field(description="What the client sends as `X-Device-ID`, if that is a UUID.")
    agent: str = Field(description="The family of the program, such as Firefox.")
    platform: str
    mobile: bool
    address: str | None = Field(description="The network it was last seen in, /24 or /48.")
    first_seen_at: Timestamp
    last_seen_at: Timestamp
    current: bool = Field(description="Whether this very request comes from it.")


class DeviceList(Answer):
    """All devices, the latest seen first."""

    items: list[Device]


class UserSignOut(Request):
    """Whom to sign out."""

    user_id: str = Field(
        description="The `sub` of their tokens.",
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00-\x1f\x7f-\x9f]*$",
    )


class TokenRevoke(Request):
    """Which token to revoke. Without `jti`, the one that the request came with."""

    jti: Annotated[str | None, left_out(min_length=1, max_length=255)]

    @field_validator("jti")
    @classmethod
    def _not_null(cls, value: str | None) -> str | None:
        return refuse_null(value)
