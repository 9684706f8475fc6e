"""Turns as requests send and answers show them."""

from typing import Annotated

from pydantic import BeforeValidator, Field, Strict

from session_api.fields import Answer, ClientId, Name, Request, Timestamp, whole_number

SHORTEST = 1
LONGEST = 300
USUAL = 30

Seconds = Annotated[int, Strict(), Field(ge=SHORTEST, le=LONGEST), BeforeValidator(whole_number)]


class TurnTake(Request):
    """A turn to take. Everything may be left out."""

    id: ClientId | None = Field(
        default=None,
        description="A client-made UUID v4 or v7: sending it again answers the turn that was got.",
    )
    ttl_seconds: Seconds = Field(
        default=USUAL, description="How long it lasts unless it is renewed."
    )
    holder: Name | None = Field(
        default=None, description="A name to show, such as that of the run or the agent."
    )


class TurnRenew(Request):
    """How long the turn is to last from now on."""

    ttl_seconds: Seconds = USUAL


class Turn(Answer):
    """Who writes as the agent of a session. Once `expires_at` is past, nobody does."""

    number: int = Field(description="Grows with each turn; what `Session-Turn` names.")
    holder: str | None
    user_id: str = Field(description="The `sub` of whoever took it.")
    expires_at: Timestamp
