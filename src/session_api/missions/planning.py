"""From what a request says of missions, hops and tool steps to the columns of their rows."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from session_api.fields import check_json_value, check_metadata
from session_api.json_text import encode_json, fingerprint, merge_patch
from session_api.missions.repository import WorkPath
from session_api.missions.schemas import (
    HopCreate,
    HopPatch,
    MissionCreate,
    MissionPatch,
    ToolStepCreate,
    ToolStepPatch,
)
from session_api.missions.work import FINISHED, check_work_transition
from session_api.ports import Ids
from session_api.problems import ValidationFailed

_KINDS = {MissionPatch: "mission", HopPatch: "hop", ToolStepPatch: "tool step"}
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "data": check_metadata,
    "input": check_json_value,
    "output": check_json_value,
}


def _of_request(body: MissionCreate | HopCreate | ToolStepCreate) -> bytes:
    return fingerprint(body.model_dump(mode="json", exclude={"id"}, exclude_defaults=True))


def mission_row(
    body: MissionCreate, mission_id: UUID, tenant_id: str, *, at: datetime
) -> dict[str, Any]:
    """The columns of a new mission but its owner."""
    return {
        "id": mission_id,
        "tenant_id": tenant_id,
        "session_id": body.session_id,
        "name": body.name,
        "description": body.description,
        "status": body.status,
        "data": body.data,
        "fingerprint": _of_request(body),
        "created_at": at,
        "updated_at": at,
        "completed_at": at if body.status == "completed" else None,
    }


def hop_row(
    body: HopCreate, mission_id: UUID, ids: Ids, *, seq: int, at: datetime
) -> dict[str, Any]:
    """The columns of a new hop but its owner."""
    return {
        "mission_id": mission_id,
        "id": body.id or ids(),
        "seq": seq,
        "name": body.name,
        "description": body.description,
        "status": body.status,
        "data": body.data,
        "fingerprint": _of_request(body),
        "created_at": at,
        "updated_at": at,
    }


def step_row(
    body: ToolStepCreate, hop: WorkPath, ids: Ids, *, seq: int, at: datetime
) -> dict[str, Any]:
    """The columns of a new tool step but its owner."""
    return {
        "mission_id": hop.mission_id,
        "hop_id": hop.hop_id,
        "id": body.id or ids(),
        "seq": seq,
        "name": body.name,
        "status": body.status,
        "input": body.input,
        "output": body.output,
        "error": body.error,
        "fingerprint": _of_request(body),
        "created_at": at,
        "updated_at": at,
        "started_at": at if body.status != "pending" else None,
        "finished_at": at if body.status in FINISHED else None,
    }


def changed_values(
    row: Row[Any], body: MissionPatch | HopPatch | ToolStepPatch, *, at: datetime
) -> dict[str, Any]:
    """What a merge patch changes of a row: empty where it changes nothing.

    Raises InvalidTransition, or ValidationFailed where the merged value is too large.
    """
    values: dict[str, Any] = {}
    for field in body.model_fields_set:
        present, wanted = getattr(row, field), getattr(body, field)
        if field in _CHECKS:
            wanted = merge_patch(present, wanted)
            if field == "data" and wanted is None:
                wanted = {}  # an object that was removed is an empty one
            try:
                _CHECKS[field](wanted)
            except ValueError as error:
                raise ValidationFailed.at(f"/{field}", str(error)) from None
        # By their text: to Python, `1`, `1.0` and `true` are equal, and so are two orders of keys.
        if encode_json(wanted) != encode_json(present):
            values[field] = wanted
    if "status" in values:
        check_work_transition(_KINDS[type(body)], row.status, values["status"])
        values.update(_times(row, body, values["status"], at))
    return values


def _times(
    row: Row[Any], body: MissionPatch | HopPatch | ToolStepPatch, status: str, at: datetime
) -> dict[str, Any]:
    """The times that a change of status marks."""
    match body:
        case MissionPatch():
            return {"completed_at": at} if status == "completed" else {}
        case ToolStepPatch():
            started = {} if row.started_at is not None else {"started_at": at}
            return started | ({"finished_at": at} if status in FINISHED else {})
        case _:
            return {}
