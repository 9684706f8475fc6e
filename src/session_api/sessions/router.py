"""Sessions over HTTP."""

from functools import lru_cache
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from starlette.responses import Response

from session_api.fields import PathId
from session_api.http.answers import json_answer, no_content, not_modified
from session_api.http.authentication import (
    EditingCaller,
    ReadingCaller,
    ViewingCaller,
    WritingCaller,
)
from session_api.http.headers import IdempotencyKey, IfMatch, IfNoneMatch, chosen_id, versions_seen
from session_api.http.openapi import MERGE_PATCH_JSON, documented
from session_api.http.parts import part
from session_api.http.route import GuardedRoute
from session_api.problems import (
    IdConflict,
    InvalidTransition,
    MetadataUnreadable,
    MissionAlreadyLinked,
    MissionNotFound,
    SessionNotActive,
    SessionNotFound,
    VersionMismatch,
)
from session_api.sessions.examples import CREATE, MERGE, RECOVER, REPLACE
from session_api.sessions.reads import ALL_PARTS, Part
from session_api.sessions.recovery import RecoveryService
from session_api.sessions.schemas import (
    Recovery,
    Session,
    SessionCreate,
    SessionPage,
    SessionPatch,
    SessionPut,
    SessionRecover,
)
from session_api.sessions.service import MESSAGES_SHOWN, UserSessionService
from session_api.sessions.transitions import SessionStatus
from session_api.turn_problems import TurnLost


class _SessionRoute(GuardedRoute):
    addresses = frozenset({"active", "recover", "merge", "shared-with-me", "join", "handoff"})


router = APIRouter(prefix="/api/sessions", tags=["Sessions"], route_class=_SessionRoute)


SessionService = Annotated[UserSessionService, part("sessions")]


@router.post(
    "/recover",
    summary="Come back: the whole workspace in one request",
    response_model=Recovery,
    responses={
        201: {"model": Recovery, "description": "A new session was created."},
        **documented(body=True),
    },
    operation_id="recover_session",
)
async def recover_session(
    caller: WritingCaller,
    service: Annotated[RecoveryService, part("recovery")],
    body: Annotated[SessionRecover | None, Body(openapi_examples=RECOVER)] = None,
) -> Response:
    """Answers the session asked for if it is the caller's and active, or abandoned (it becomes
    active again); else the most recently active one; else a new one. `reset` says why the id that
    was sent was not used.
    """
    recovered = await service.recover(caller, body or SessionRecover())
    return json_answer(
        recovered.to_json(),
        status=201 if recovered.outcome == "created" else 200,
        version=recovered.session.version,
    )


@router.post(
    "/",
    summary="Create a session",
    response_model=Session,
    status_code=201,
    responses={
        200: {"model": Session, "description": "A repeat: the session as it now is."},
        **documented(IdConflict, body=True),
    },
    operation_id="create_session",
)
async def create_session(
    caller: WritingCaller,
    service: SessionService,
    key: IdempotencyKey,
    body: Annotated[SessionCreate | None, Body(openapi_examples=CREATE)] = None,
) -> Response:
    """Creates a session with its chat. With a client-made `id`, or an `Idempotency-Key`, sending
    the same request again is safe.
    """
    body = body or SessionCreate()
    answer, new = await service.create(caller, body, session_id=chosen_id(body.id, key))
    return json_answer(
        answer.body,
        status=201 if new else 200,
        version=answer.version,
        location=f"/api/sessions/{answer.id}",
    )


@router.get(
    "/",
    summary="List your sessions",
    response_model=SessionPage,
    responses=documented(),
    operation_id="list_sessions",
)
async def list_sessions(
    caller: ReadingCaller,
    service: SessionService,
    status: Annotated[
        list[SessionStatus] | None, Query(description="May repeat: any of these.")
    ] = None,
    q: Annotated[
        str | None,
        Query(max_length=200, pattern=r"^[^\x00]*$", description="Part of the name."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> Response:
    """Latest activity first."""
    page = await service.page(
        caller,
        statuses=None if status is None else sorted(set(status)),
        name_contains=q or None,
        limit=limit,
        cursor=cursor,
    )
    return json_answer(page.to_json())


@router.get(
    "/active",
    summary="The most recently active session",
    response_model=Session,
    responses={204: {"description": "There is no active session."}, **documented()},
    operation_id="get_active_session",
)
async def get_active_session(caller: ReadingCaller, service: SessionService) -> Response:
    """The whole workspace, and a touch of its activity; 204 where there is none."""
    answer = await service.active(caller)
    if answer is None:
        return no_content()
    return json_answer(answer.body, version=answer.version)


Include = Annotated[
    str,
    Query(
        description="What comes along, comma-separated: `chat`, `mission`, `assets`. Empty "
        "means none.",
        pattern="^((chat|mission|assets)(,(chat|mission|assets))*)?$",
    ),
]


@lru_cache(maxsize=64)
def _parts(include: str) -> frozenset[Part]:
    named = include.split(",")
    return frozenset(part for part in ALL_PARTS if part in named)


@router.get(
    "/{session_id}",
    summary="Get a session",
    response_model=Session,
    responses={
        304: {"description": "The version in `If-None-Match` is still the present one."},
        **documented(SessionNotFound),
    },
    operation_id="get_session",
)
async def get_session(
    caller: ViewingCaller,
    service: SessionService,
    session_id: PathId,
    if_none_match: IfNoneMatch = None,
    include: Include = "chat,mission,assets",
    messages: Annotated[
        int, Query(ge=0, le=200, description="How many of the latest messages.")
    ] = MESSAGES_SHOWN,
) -> Response:
    """The session with as much of its workspace as asked for."""
    answer = await service.one(
        caller,
        session_id,
        parts=_parts(include),
        messages=messages,
        seen=versions_seen(if_none_match),
    )
    if isinstance(answer, int):
        return not_modified(answer)
    return json_answer(answer.body, version=answer.version)


_WRITTEN = (SessionNotFound, SessionNotActive, TurnLost)
_CHANGING = documented(*_WRITTEN, VersionMismatch, body=True)


@router.put(
    "/{session_id}",
    summary="Replace fields of a session",
    response_model=Session,
    responses=_CHANGING,
    operation_id="update_session",
)
async def update_session(
    caller: EditingCaller,
    service: SessionService,
    session_id: PathId,
    body: Annotated[SessionPut, Body(openapi_examples=REPLACE)],
    expected: IfMatch,
) -> Response:
    """Changes only the fields sent; metadata is replaced whole."""
    answer = await service.replace(caller, session_id, body, expected=expected)
    return json_answer(answer.body, version=answer.version)


@router.patch(
    "/{session_id}",
    summary="Merge into a session",
    response_model=Session,
    responses=documented(*_WRITTEN, MetadataUnreadable, VersionMismatch, body=True),
    operation_id="merge_session",
)
async def merge_session(
    caller: EditingCaller,
    service: SessionService,
    session_id: PathId,
    body: Annotated[SessionPatch, Body(media_type=MERGE_PATCH_JSON, openapi_examples=MERGE)],
    expected: IfMatch,
) -> Response:
    """A JSON merge patch (RFC 7396): two tabs that autosave different keys both keep theirs."""
    answer = await service.merge(caller, session_id, body, expected=expected)
    return json_answer(answer.body, version=answer.version)


@router.post(
    "/{session_id}/activity",
    summary="Say that the person is there",
    status_code=204,
    responses=documented(SessionNotFound, SessionNotActive),
    operation_id="touch_session",
)
async def touch_session(
    caller: EditingCaller, service: SessionService, session_id: PathId
) -> Response:
    """Writes at most once in 5 seconds; an abandoned session becomes active again."""
    await service.touch(caller, session_id)
    return no_content()


@router.post(
    "/{session_id}/link-mission/{mission_id}",
    summary="Link a mission",
    response_model=Session,
    responses=documented(*_WRITTEN, MissionNotFound, MissionAlreadyLinked),
    operation_id="link_mission",
)
async def link_mission(
    caller: WritingCaller, service: SessionService, session_id: PathId, mission_id: PathId
) -> Response:
    """A session has at most one mission and a mission at most one session; linking the same one
    again is safe.
    """
    answer = await service.link_mission(caller, session_id, mission_id)
    return json_answer(answer.body, version=answer.version)


_MOVING = documented(SessionNotFound, InvalidTransition, TurnLost, VersionMismatch)


def _add_move(
    trigger: Literal["complete", "archive", "resume"], summary: str, description: str
) -> None:
    async def move(
        caller: WritingCaller, service: SessionService, session_id: PathId, expected: IfMatch
    ) -> Response:
        answer = await service.move(caller, session_id, trigger, expected=expected)
        return json_answer(answer.body, version=answer.version)

    router.add_api_route(
        f"/{{session_id}}/{trigger}",
        move,
        methods=["POST"],
        summary=summary,
        description=f"{description} Repeating it is safe, whatever `If-Match` says.",
        response_model=Session,
        responses=_MOVING,
        operation_id=f"{trigger}_session",
    )


_add_move(
    "complete",
    "Complete a session",
    "The work is done: `active` becomes `completed`. Messages still being written keep their text "
    "and, like tool steps still running, become `cancelled`. The session can still be read, "
    "resumed, archived and erased, and takes no other writes.",
)
_add_move(
    "archive",
    "Archive a session",
    "Puts a session away, whether it is active, completed or abandoned; what was still running in "
    "it becomes `cancelled`. Nothing is lost: it can be read, listed and resumed.",
)
_add_move(
    "resume",
    "Make a session active again",
    "Brings a completed, abandoned or archived session back, so that it takes writes again. What "
    "was cancelled when it stopped stays cancelled.",
)


@router.delete(
    "/{session_id}",
    summary="Erase a session",
    status_code=204,
    responses=documented(SessionNotFound, TurnLost, VersionMismatch),
    operation_id="delete_session",
)
async def delete_session(
    caller: WritingCaller, service: SessionService, session_id: PathId, expected: IfMatch
) -> Response:
    """Erases the session with its chat, its linked mission and its assets, for good."""
    await service.delete(caller, session_id, expected=expected)
    return no_content()
