"""Sessions as requests send them and as answers show them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator

from session_api.assets.schemas import Asset
from session_api.chat.schemas import Chat
from session_api.fields import (
    MAX_NAME,
    Answer,
    ClientId,
    JsonObject,
    JsonPatch,
    Request,
    Timestamp,
    left_out,
    refuse_null,
)
from session_api.missions.schemas import Mission
from session_api.sessions.transitions import SessionStatus
from session_api.turns.schemas import Turn

SessionName = Annotated[str, StringConstraints(max_length=MAX_NAME)]


class SessionCreate(Request):
    """A session to create. Everything may be left out."""

    id: ClientId | None = Field(
        default=None, description="A client-made UUID v4 or v7; sending it again is safe."
    )
    name: SessionName | None = None
    session_metadata: JsonObject = Field(
        default_factory=dict,
        description="Any JSON object of at most 64 KiB and depth 32; encrypted at rest.",
    )


class SessionPut(Request):
    """The fields to replace; those left out stay."""

    name: SessionName | None = None
    session_metadata: JsonObject | None = left_out(description="`{}` empties it.")

    _refuse_null = field_validator("session_metadata", mode="before")(refuse_null)


class SessionPatch(Request):
    """A merge patch (RFC 7396): metadata is merged key by key, null removes."""

    name: SessionName | None = None
    session_metadata: JsonPatch | None = None


class SessionRecover(Request):
    """What the client remembers, if anything."""

    session_id: str | None = Field(
        default=None,
        description="The session id the client has stored. Whatever it is, the answer is a "
        "session to go on with; `reset` says why the id was not used.",
    )
    name: SessionName | None = Field(
        default=None, description="The name of the session, should a new one be needed."
    )


class DamagedPart(Answer):
    """A part of the session that can't be read; it comes as null, all the rest is there."""

    part: str
    code: str


class _SessionFields(Answer):
    id: UUID
    user_id: str = Field(description="The `sub` of whose it is.")
    name: str | None
    status: SessionStatus
    chat_id: UUID
    mission_id: UUID | None
    turn: Turn | None = Field(
        description="The agent that is working; none where `expires_at` is past."
    )
    version: int = Field(description="Grows with every change; ETag and sync cursor.")
    created_at: Timestamp
    updated_at: Timestamp
    last_activity_at: Timestamp
    completed_at: Timestamp | None
    abandoned_at: Timestamp | None
    archived_at: Timestamp | None
    damaged: list[DamagedPart]
    access: Literal["owner", "editor", "viewer"] = Field(
        description="What whoever reads this may do: another's session may be shared with them."
    )


class Session(_SessionFields):
    """A workspace. `chat`, `mission` and `assets` are there as far as they were asked for."""

    session_metadata: dict[str, Any] | None
    chat: Chat | None = None
    mission: Mission | None = None
    assets: list[Asset] | None = None


class SessionSummary(_SessionFields):
    """A session in a list."""

    message_count: int
    asset_count: int


class SharedSession(SessionSummary):
    """Another's session that is shared with you. `user_id` is whose it is, `access` your role."""

    share_id: UUID
    shared_at: Timestamp
    expires_at: Timestamp | None = Field(description="From then on you reach it no longer.")


class SharedSessionPage(Answer):
    """Others' sessions, the latest shared first."""

    items: list[SharedSession]
    next_cursor: str | None


class SessionPage(Answer):
    """Sessions, latest activity first."""

    items: list[SessionSummary]
    next_cursor: str | None


class Reset(Answer):
    """Why the id that was sent was not used."""

    reason: Literal["not_found", "invalid_id", "completed", "archived"]


class Recovery(Answer):
    """A session to go on with, and how it came about."""

    outcome: Literal["restored", "resumed", "fell_back", "created"]
    reset: Reset | None
    session: Session
