"""Hand-overs as requests send and answers show them."""

from pydantic import Field

from session_api.fields import Answer, Request, Timestamp


class Handoff(Answer):
    """What the first device shows. It is shown once."""

    code: str = Field(
        description="To be typed on the other device: two groups of letters and digits."
    )
    qr: str = Field(
        description="The text of a QR code: the address of your app with the code behind the `#`, "
        "where the service knows it, else `session-api:handoff/` and the code."
    )
    expires_at: Timestamp


class HandoffExchange(Request):
    """What the second device has."""

    code: str = Field(
        min_length=1,
        max_length=64,
        description="As it was typed: small letters, spaces and missing hyphens are fine.",
    )
