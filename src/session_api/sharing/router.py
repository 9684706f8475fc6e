"""Sharing over HTTP: what the owner grants, and what others make of it."""

from typing import Annotated

from fastapi import APIRouter, Body, Query
from starlette.responses import Response

from session_api.fields import PathId
from session_api.guest_problems import AccountNeeded
from session_api.http.answers import json_answer, no_content
from session_api.http.authentication import ReadingCaller, WritingCaller
from session_api.http.headers import IdempotencyKey, chosen_id
from session_api.http.openapi import MERGE_PATCH_JSON, documented
from session_api.http.parts import part
from session_api.http.route import GuardedRoute
from session_api.problems import IdConflict, SessionNotFound
from session_api.sessions.schemas import SharedSession, SharedSessionPage
from session_api.sessions.shared import SharedSessionService
from session_api.sharing.examples import CHANGE, JOIN, SHARE
from session_api.sharing.joining import JoiningService
from session_api.sharing.schemas import (
    JoinRequest,
    Share,
    ShareCreate,
    ShareCreated,
    ShareList,
    SharePatch,
)
from session_api.sharing.service import SharingService
from session_api.sharing_problems import (
    AlreadyReached,
    ExpiresInThePast,
    ShareLinkNotFound,
    ShareNotFound,
    TooManyShares,
)

router = APIRouter(prefix="/api/sessions", tags=["Sharing"], route_class=GuardedRoute)


Service = Annotated[SharingService, part("sharing")]
Joining = Annotated[JoiningService, part("joining")]
SharedSessions = Annotated[SharedSessionService, part("shared_sessions")]


@router.get(
    "/shared-with-me",
    summary="List what is shared with you",
    response_model=SharedSessionPage,
    responses=documented(),
    operation_id="list_shared_sessions",
)
async def list_shared_sessions(
    caller: ReadingCaller,
    sessions: SharedSessions,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> Response:
    """Others' sessions, the latest shared first. Their owners' trails tell of the reading."""
    page = await sessions.page(caller, limit=limit, cursor=cursor)
    return json_answer(page.to_json())


@router.delete(
    "/shared-with-me/{session_id}",
    summary="Leave a session that is shared with you",
    status_code=204,
    responses=documented(SessionNotFound),
    operation_id="leave_session",
)
async def leave_session(caller: WritingCaller, joining: Joining, session_id: PathId) -> Response:
    """Gives up your share. Only its owner, or a link, lets you in again."""
    await joining.leave(caller, session_id)
    return no_content()


@router.post(
    "/join",
    summary="Join a session by a link",
    response_model=SharedSession,
    responses=documented(
        AccountNeeded, ShareLinkNotFound, AlreadyReached, TooManyShares, body=True
    ),
    operation_id="join_session",
)
async def join_session(
    caller: WritingCaller,
    joining: Joining,
    sessions: SharedSessions,
    body: Annotated[JoinRequest, Body(openapi_examples=JOIN)],
) -> Response:
    """With the token of a link, which stands in the fragment of its address and so reaches no
    server by itself. Repeating it is safe: whoever is in is in, and counts once.
    """
    session_id = await joining.join(caller, body.token)
    return json_answer(await sessions.one(caller, session_id))


@router.get(
    "/{session_id}/shares",
    summary="List who reaches a session",
    response_model=ShareList,
    responses=documented(SessionNotFound),
    operation_id="list_shares",
)
async def list_shares(caller: ReadingCaller, service: Service, session_id: PathId) -> Response:
    """All people and links, oldest first, also those that have expired. For the owner."""
    return json_answer(f'{{"items":{await service.listed(caller, session_id)}}}')


@router.post(
    "/{session_id}/shares",
    summary="Share a session",
    response_model=ShareCreated,
    status_code=201,
    responses={
        200: {"model": ShareCreated, "description": "A repeat: the share as it now is."},
        **documented(
            AccountNeeded,
            SessionNotFound,
            IdConflict,
            ExpiresInThePast,
            AlreadyReached,
            TooManyShares,
            body=True,
        ),
    },
    operation_id="create_share",
)
async def create_share(
    caller: WritingCaller,
    service: Service,
    session_id: PathId,
    key: IdempotencyKey,
    body: Annotated[ShareCreate, Body(openapi_examples=SHARE)],
) -> Response:
    """With a person by their `user_id`, or by a link with whoever is given it. A link's `token` is
    in this answer and in no other: put it into the fragment (`#`) of an address of your app, which
    calls `join` with it.
    """
    text, new = await service.create(caller, session_id, body, share_id=chosen_id(body.id, key))
    return json_answer(text, status=201 if new else 200)


@router.patch(
    "/{session_id}/shares/{share_id}",
    summary="Change a share",
    response_model=Share,
    responses=documented(SessionNotFound, ShareNotFound, ExpiresInThePast, body=True),
    operation_id="update_share",
)
async def update_share(
    caller: WritingCaller,
    service: Service,
    session_id: PathId,
    share_id: PathId,
    body: Annotated[SharePatch, Body(media_type=MERGE_PATCH_JSON, openapi_examples=CHANGE)],
) -> Response:
    """Counts from the next request on, and on streams that are open. A link's change changes the
    shares of all who came through it.
    """
    return json_answer(await service.change(caller, session_id, share_id, body))


@router.delete(
    "/{session_id}/shares/{share_id}",
    summary="End a share",
    status_code=204,
    responses=documented(SessionNotFound, ShareNotFound),
    operation_id="delete_share",
)
async def delete_share(
    caller: WritingCaller, service: Service, session_id: PathId, share_id: PathId
) -> Response:
    """At once, open streams included. A link ends with the shares of all who came through it."""
    await service.delete(caller, session_id, share_id)
    return no_content()
