"""Missions, hops and tool steps over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Body, Query
from starlette.responses import Response

from session_api.fields import PathId
from session_api.http.answers import json_answer, no_content
from session_api.http.authentication import (
    EditingCaller,
    ReadingCaller,
    ViewingCaller,
    WritingCaller,
)
from session_api.http.headers import IdempotencyKey, chosen_id
from session_api.http.openapi import MERGE_PATCH_JSON, documented
from session_api.http.parts import part
from session_api.http.route import GuardedRoute
from session_api.missions.creation import MissionCreation
from session_api.missions.examples import ADD_HOP, ADD_STEP, CHANGE, CHANGE_STEP, CREATE
from session_api.missions.repository import WorkPath
from session_api.missions.schemas import (
    Hop,
    HopCreate,
    HopPatch,
    Mission,
    MissionCreate,
    MissionPage,
    MissionPatch,
    ToolStep,
    ToolStepCreate,
    ToolStepPatch,
)
from session_api.missions.service import MissionService
from session_api.missions.work import WorkStatus
from session_api.problems import (
    HopNotFound,
    IdConflict,
    InvalidTransition,
    MissionAlreadyLinked,
    MissionNotFound,
    SessionNotActive,
    SessionNotFound,
    ToolStepNotFound,
)
from session_api.turn_problems import TurnLost

router = APIRouter(prefix="/api/missions", tags=["Missions"], route_class=GuardedRoute)


Service = Annotated[MissionService, part("missions")]


@router.post(
    "/",
    summary="Create a mission",
    response_model=Mission,
    status_code=201,
    responses={
        200: {"model": Mission, "description": "A repeat: the mission as it now is."},
        **documented(
            IdConflict, SessionNotFound, SessionNotActive, TurnLost, MissionAlreadyLinked, body=True
        ),
    },
    operation_id="create_mission",
)
async def create_mission(
    caller: WritingCaller,
    service: Annotated[MissionCreation, part("mission_creation")],
    key: IdempotencyKey,
    body: Annotated[MissionCreate, Body(openapi_examples=CREATE)],
) -> Response:
    """With its hops and their tool steps, if they are known; with `session_id`, linked at once."""
    mission = await service.create(caller, body, mission_id=chosen_id(body.id, key))
    return json_answer(
        mission.body,
        status=201 if mission.new else 200,
        location=f"/api/missions/{mission.id}",
    )


@router.get(
    "/",
    summary="List your missions",
    response_model=MissionPage,
    responses=documented(),
    operation_id="list_missions",
)
async def list_missions(
    caller: ReadingCaller,
    service: Service,
    status: Annotated[
        list[WorkStatus] | None, Query(description="May repeat: any of these.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> Response:
    """Newest first."""
    page = await service.page(
        caller,
        statuses=None if status is None else sorted(set(status)),
        limit=limit,
        cursor=cursor,
    )
    return json_answer(page.to_json())


@router.get(
    "/{mission_id}",
    summary="Get a mission",
    response_model=Mission,
    responses=documented(MissionNotFound),
    operation_id="get_mission",
)
async def get_mission(caller: ViewingCaller, service: Service, mission_id: PathId) -> Response:
    """A mission with its hops and tool steps."""
    return json_answer(await service.one(caller, mission_id))


@router.patch(
    "/{mission_id}",
    summary="Change a mission",
    response_model=Mission,
    responses=documented(MissionNotFound, SessionNotActive, TurnLost, InvalidTransition, body=True),
    operation_id="update_mission",
)
async def update_mission(
    caller: EditingCaller,
    service: Service,
    mission_id: PathId,
    body: Annotated[MissionPatch, Body(media_type=MERGE_PATCH_JSON, openapi_examples=CHANGE)],
) -> Response:
    """When it becomes `completed`, so does its session. What is finished does not reopen."""
    return json_answer(await service.change_mission(caller, mission_id, body))


@router.delete(
    "/{mission_id}",
    summary="Delete a mission",
    status_code=204,
    responses=documented(MissionNotFound, SessionNotActive, TurnLost),
    operation_id="delete_mission",
)
async def delete_mission(caller: WritingCaller, service: Service, mission_id: PathId) -> Response:
    """With its hops and tool steps; a linked session stays, without a mission."""
    await service.delete(caller, WorkPath(mission_id))
    return no_content()


@router.post(
    "/{mission_id}/hops",
    summary="Add a hop",
    response_model=Hop,
    status_code=201,
    responses={
        200: {"model": Hop, "description": "A repeat: the hop as it now is."},
        **documented(MissionNotFound, SessionNotActive, TurnLost, IdConflict, body=True),
    },
    operation_id="add_hop",
)
async def add_hop(
    caller: EditingCaller,
    service: Service,
    mission_id: PathId,
    key: IdempotencyKey,
    body: Annotated[HopCreate, Body(openapi_examples=ADD_HOP)],
) -> Response:
    """At the end of the mission, with its tool steps if they are known."""
    hop, new = await service.add_hop(caller, mission_id, body, hop_id=chosen_id(body.id, key))
    return json_answer(hop, status=201 if new else 200)


_HOP = documented(
    MissionNotFound, HopNotFound, SessionNotActive, TurnLost, InvalidTransition, body=True
)


@router.patch(
    "/{mission_id}/hops/{hop_id}",
    summary="Change a hop",
    response_model=Hop,
    responses=_HOP,
    operation_id="update_hop",
)
async def update_hop(
    caller: EditingCaller,
    service: Service,
    mission_id: PathId,
    hop_id: PathId,
    body: Annotated[HopPatch, Body(media_type=MERGE_PATCH_JSON, openapi_examples=CHANGE)],
) -> Response:
    """`data` is merged (RFC 7396)."""
    return json_answer(await service.change_hop(caller, WorkPath(mission_id, hop_id), body))


@router.delete(
    "/{mission_id}/hops/{hop_id}",
    summary="Delete a hop",
    status_code=204,
    responses=documented(MissionNotFound, HopNotFound, SessionNotActive, TurnLost),
    operation_id="delete_hop",
)
async def delete_hop(
    caller: EditingCaller, service: Service, mission_id: PathId, hop_id: PathId
) -> Response:
    """With its tool steps."""
    await service.delete(caller, WorkPath(mission_id, hop_id))
    return no_content()


@router.post(
    "/{mission_id}/hops/{hop_id}/tool-steps",
    summary="Add a tool step",
    response_model=ToolStep,
    status_code=201,
    responses={
        200: {"model": ToolStep, "description": "A repeat: the tool step as it now is."},
        **documented(
            MissionNotFound, HopNotFound, SessionNotActive, TurnLost, IdConflict, body=True
        ),
    },
    operation_id="add_tool_step",
)
async def add_tool_step(
    caller: EditingCaller,
    service: Service,
    mission_id: PathId,
    hop_id: PathId,
    key: IdempotencyKey,
    body: Annotated[ToolStepCreate, Body(openapi_examples=ADD_STEP)],
) -> Response:
    """At the end of the hop."""
    step, new = await service.add_step(
        caller, WorkPath(mission_id, hop_id), body, step_id=chosen_id(body.id, key)
    )
    return json_answer(step, status=201 if new else 200)


@router.patch(
    "/{mission_id}/hops/{hop_id}/tool-steps/{step_id}",
    summary="Change a tool step",
    response_model=ToolStep,
    responses=documented(
        MissionNotFound,
        HopNotFound,
        ToolStepNotFound,
        SessionNotActive,
        TurnLost,
        InvalidTransition,
        body=True,
    ),
    operation_id="update_tool_step",
)
async def update_tool_step(
    caller: EditingCaller,
    service: Service,
    mission_id: PathId,
    hop_id: PathId,
    step_id: PathId,
    body: Annotated[ToolStepPatch, Body(media_type=MERGE_PATCH_JSON, openapi_examples=CHANGE_STEP)],
) -> Response:
    """`started_at` and `finished_at` follow from the status."""
    path = WorkPath(mission_id, hop_id, step_id)
    return json_answer(await service.change_step(caller, path, body))


@router.delete(
    "/{mission_id}/hops/{hop_id}/tool-steps/{step_id}",
    summary="Delete a tool step",
    status_code=204,
    responses=documented(
        MissionNotFound, HopNotFound, ToolStepNotFound, SessionNotActive, TurnLost
    ),
    operation_id="delete_tool_step",
)
async def delete_tool_step(
    caller: EditingCaller, service: Service, mission_id: PathId, hop_id: PathId, step_id: PathId
) -> Response:
    """For good."""
    await service.delete(caller, WorkPath(mission_id, hop_id, step_id))
    return no_content()
