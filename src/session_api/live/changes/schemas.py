"""Changes as answers and streams show them."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from session_api.assets.schemas import Asset
from session_api.chat.schemas import Message
from session_api.fields import Answer, Timestamp
from session_api.missions.schemas import Hop, Mission, ToolStep
from session_api.sessions.schemas import Session


class Gone(Answer):
    """A thing that is not there any longer."""

    id: UUID
    deleted: Literal[True]
    seq: int | None = Field(default=None, description="Of a message: where it was.")
    reason: str | None = Field(
        default=None,
        description="Of a file: `object_missing` where its content was lost; should it come back, "
        "the file is created again.",
    )


class Change(Answer):
    """What happened to one thing, and what it is now."""

    version: int = Field(description="The session's version that it made.")
    kind: str = Field(
        description="`session.updated`, `session.status`, `session.turn`, `message.created`, "
        "`message.updated`, `message.deleted`, `mission.linked`, `mission.updated`, and `created`, "
        "`updated`, `deleted` of `hop`, `tool_step` and `asset`. Pass over a kind that you don't "
        "know."
    )
    entity: str = Field(description="The first half of the kind.")
    entity_id: UUID
    mission_id: UUID | None = Field(
        default=None, description="Of a hop or a tool step: the mission that it is in."
    )
    hop_id: UUID | None = Field(default=None, description="Of a tool step: the hop that it is in.")
    message_count: int | None = Field(
        default=None, description="Of a message: how many its chat has now."
    )
    at: Timestamp
    actor: str = Field(description="Who did it: a token's `sub`, or `system:` and a job.")
    data: Session | Message | Mission | Hop | ToolStep | Asset | Gone | None = Field(
        description="The thing as its GET shows it now, a session without its parts; "
        "`{id, deleted: true}` where it is gone; null of what is no part of the workspace."
    )


class Changes(Answer):
    """What changed after a version, oldest first."""

    changes: list[Change]
    version: int = Field(description="The session's present version.")
    has_more: bool = Field(
        description="Whether to ask again, since the `version` of the last change."
    )
