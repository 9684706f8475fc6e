"""Settings of sign-ins: revocations, devices, and what looks like a stolen token.

Part of `Settings`, and only to be read there.
"""

from datetime import timedelta
from typing import Literal

from pydantic import Field, PositiveInt
from pydantic_settings import BaseSettings

from session_api.durations import Duration


class SignInSettings(BaseSettings):
    """See `Settings`."""

    revocation_interval: Duration = Field(
        default=timedelta(milliseconds=500),
        ge=timedelta(milliseconds=50),
        le=timedelta(seconds=60),
        description="How often each process looks for tokens that others revoked, and writes down "
        "where tokens were used. What one revokes has ended everywhere after two of these.",
    )
    revocation_stale_after: Duration = Field(
        default=timedelta(seconds=10),
        ge=timedelta(seconds=1),
        description="After so long without success at that, nobody is let in until there is (503).",
    )
    revocations_in_memory: int = Field(
        default=100_000,
        ge=100,
        description="Revocations that a process holds, about 600 bytes each. Of more, the oldest "
        "become one: all tokens that were issued before them.",
    )
    handoff_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s#]+$",
        description="The page of your app that takes a session over: QR codes lead there, with the "
        "code behind the `#`.",
    )
    token_longest: Duration = Field(
        default=timedelta(days=400),
        ge=timedelta(minutes=1),
        description="Tokens count no longer than this after their `iat`, whatever their `exp`; "
        "revocations are kept as long.",
    )
    sign_in_longest: Duration | None = Field(
        default=None,
        description="Tokens count for so long after their `auth_time`, when the person last proved "
        "who they are; then they are asked to sign in again, and tokens without that claim always. "
        "Unset: as long as the issuer says.",
    )
    device_interval: Duration = Field(
        default=timedelta(seconds=60),
        ge=timedelta(seconds=1),
        description="When a device was last seen is written at most this often.",
    )
    device_limit: PositiveInt = Field(
        default=50, description="Devices that are remembered of a user, those seen last."
    )
    device_kept: Duration = Field(
        default=timedelta(days=90),
        description="A device not seen for so long is forgotten.",
    )
    on_suspicion: Literal["note", "reauthenticate"] = Field(
        default="note",
        description="What happens when a token is used as a stolen one would be: it is noted in "
        "the audit trail, or is also refused until there is a newer sign-in.",
    )
    suspicion_window: Duration = Field(
        default=timedelta(minutes=10),
        description="Each cause of suspicion about a token is noted at most once in this time.",
    )
