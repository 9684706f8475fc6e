"""From what a request says of missions, hops and tool steps to the columns of their rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from session_api.fields import check_json_value, merged_object
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
        if field == "data":
            wanted = merged_object(present, wanted, "/data")
        elif field in ("input", "output"):
            wanted = _merged_value(present, wanted, f"/{field}")
        # By their text: to Python, `1`, `1.0` and `true` are equal, and so are two orders of keys.
        if encode_json(wanted) != encode_json(present):
            values[field] = wanted
    if "status" in values:
        check_work_transition(_KINDS[type(body)], row.status, values["status"])
        values.update(_times(row, body, values["status"], at))
    return values


def _merged_value(present: Any, patch: Any, pointer: str) -> Any:
    """As `merged_object`, of what may be any JSON and is removed by null."""
    try:
        return check_json_value(merge_patch(present, patch))
    except ValueError as error:
        raise ValidationFailed.at(pointer, str(error)) from None


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
