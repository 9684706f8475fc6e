"""Shares as requests send them and as answers show them."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from session_api.fields import (
    Answer,
    ClientId,
    PointInTime,
    Request,
    Timestamp,
    left_out,
    refuse_null,
)

GrantedRole = Literal["viewer", "editor"]
"""A viewer reads, an editor writes as well."""

MAX_TOKEN = 100

UserId = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")
]


class LinkCreate(Request):
    """A link to make."""

    max_uses: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="How many people may join by it; 1 for one alone. Without it, any number that "
        "the session's limit of shares allows.",
    )


class ShareCreate(Request):
    """A share to make: exactly one of `user_id` and `link`."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["user_id"]}, {"required": ["link"]}]}
    )

    id: ClientId | None = Field(
        default=None, description="A client-made UUID v4 or v7; sending it again is safe."
    )
    user_id: UserId | None = left_out(
        description="The `sub` of the person, who has the same tenant and the same issuer as you. "
        "They need not have been here before.",
    )
    link: LinkCreate | None = left_out(description="For whoever is given the link. `{}` will do.")
    role: GrantedRole
    expires_at: PointInTime | None = Field(
        default=None, description="From then on it grants nothing. Without it, until you end it."
    )

    _refuse_null = field_validator("user_id", "link", mode="before")(refuse_null)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.user_id is None) == (self.link is None):
            raise ValueError("send exactly one of user_id and link")
        return self


class SharePatch(Request):
    """A merge patch (RFC 7396) of a share."""

    role: GrantedRole | None = left_out()
    expires_at: PointInTime | None = Field(default=None, description="null: it no longer expires.")

    _refuse_null = field_validator("role", mode="before")(refuse_null)


class JoinRequest(Request):
    """What the fragment of a link's address holds."""

    token: str = Field(
        min_length=1, max_length=MAX_TOKEN, description="As it was answered when the link was made."
    )


class ShareLink(Answer):
    """What is known of a link. Its token is not."""

    max_uses: int | None
    uses: int = Field(description="How many have joined by it.")


class Share(Answer):
    """A way into a session that its owner granted."""

    id: UUID
    session_id: UUID
    user_id: str | None = Field(description="Whose it is; null for a link.")
    link: ShareLink | None = Field(description="null for a person's.")
    link_id: UUID | None = Field(description="The link that the person came through.")
    role: GrantedRole
    expires_at: Timestamp | None
    created_at: Timestamp


class ShareCreated(Share):
    """A share that was just made, or made by the same request before."""

    token: str | None = Field(
        description="Of a link, for `POST /api/sessions/join`: shown this once, and kept nowhere."
    )
    note: str | None = Field(description="Why there is no token, in the answer to a repeat.")


class ShareList(Answer):
    """All shares of a session, oldest first."""

    items: list[Share]
