"""Missions, hops and tool steps as requests send them and as answers show them."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator, model_validator

from session_api.fields import (
    Answer,
    ClientId,
    Description,
    JsonObject,
    JsonPatch,
    JsonValue,
    Name,
    PathId,
    Request,
    Timestamp,
    left_out,
    refuse_null,
)
from session_api.missions.work import WorkStatus

ErrorText = Annotated[str, StringConstraints(max_length=65_536)]


class Patch(Request):
    """A merge patch (RFC 7396): null removes, so it is refused for what can't be absent."""

    name: Name | None = left_out()
    status: WorkStatus | None = left_out()

    _refuse_null = field_validator("name", "status", mode="before")(refuse_null)


def _refuse_repeats(what: str, ids: list[UUID | None]) -> None:
    given = [child_id for child_id in ids if child_id is not None]
    if len(given) != len(set(given)):
        raise ValueError(f"two {what} have the same id")


class ToolStepCreate(Request):
    """A call of a tool."""

    id: ClientId | None = None
    name: Name
    status: WorkStatus = "pending"
    input: JsonValue = Field(default=None, description="Any JSON of at most 256 KiB.")
    output: JsonValue = None
    error: ErrorText | None = None


class HopCreate(Request):
    """A leg of a mission, with its tool steps if they are known."""

    id: ClientId | None = None
    name: Name
    description: Description | None = None
    status: WorkStatus = "pending"
    data: JsonObject = Field(default_factory=dict)
    tool_steps: list[ToolStepCreate] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _refuse_repeated_ids(self) -> "HopCreate":
        _refuse_repeats("tool steps of one hop", [step.id for step in self.tool_steps])
        return self


class MissionCreate(Request):
    """A mission, with its hops and their tool steps if they are known."""

    id: ClientId | None = Field(
        default=None, description="A client-made UUID v4 or v7; sending it again is safe."
    )
    session_id: PathId | None = Field(
        default=None, description="Links the mission to this session at once."
    )
    name: Name
    description: Description | None = None
    status: WorkStatus = "pending"
    data: JsonObject = Field(default_factory=dict)
    hops: list[HopCreate] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _refuse_repeated_ids(self) -> "MissionCreate":
        _refuse_repeats("hops of one mission", [hop.id for hop in self.hops])
        return self


class DescribedPatch(Patch):
    """What can be changed of a mission and of a hop alike; `data` is merged."""

    description: Description | None = None
    data: JsonPatch | None = None


class MissionPatch(DescribedPatch):
    """What to change of a mission; `data` is merged."""


class HopPatch(DescribedPatch):
    """What to change of a hop; `data` is merged."""


class ToolStepPatch(Patch):
    """What to change of a tool step; `input` and `output` are merged where both are objects."""

    input: JsonValue = None
    output: JsonValue = None
    error: ErrorText | None = None


class ToolStep(Answer):
    """A call of a tool within a hop."""

    id: UUID
    seq: int
    name: str
    status: WorkStatus
    input: Any
    output: Any
    error: str | None
    started_at: Timestamp | None
    finished_at: Timestamp | None


class Hop(Answer):
    """A leg of a mission."""

    id: UUID
    seq: int
    name: str
    description: str | None
    status: WorkStatus
    data: dict[str, Any]
    tool_steps: list[ToolStep]


class Mission(Answer):
    """A piece of work with its hops, in their order."""

    id: UUID
    session_id: UUID | None
    name: str
    description: str | None
    status: WorkStatus
    data: dict[str, Any]
    created_at: Timestamp
    updated_at: Timestamp
    completed_at: Timestamp | None
    hops: list[Hop]


class MissionPage(Answer):
    """Missions, newest first."""

    items: list[Mission]
    next_cursor: str | None
