"""Guests and merges as requests send and answers show them."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from session_api.fields import Answer, Request, Timestamp


class GuestToken(Answer):
    """A guest's token and how long it lasts."""

    token: str = Field(description="For `Authorization: Bearer`. Shown this once; keep it.")
    token_type: Literal["Bearer"]
    user_id: str = Field(description="Who the guest is: `guest:` and an id, which grants nothing.")
    expires_at: Timestamp = Field(description="Then it has to be renewed.")
    renewable_until: Timestamp = Field(
        description="Until when this token, expired or not, can be renewed. Each renewal moves it."
    )


class GuestMergeRequest(Request):
    """Whom to take in."""

    guest_token: str = Field(
        description="The guest's last token. It may have expired, while it could be renewed.",
        min_length=1,
        max_length=8192,
    )


class MergedGuest(Answer):
    """What the account has now that was the guest's. A repeat answers the same."""

    sessions: list[UUID]
    missions: list[UUID] = Field(description="Linked to one of the sessions, or to none.")
    assets: int = Field(description="How many files, those still being uploaded included.")
