"""The chat of a session over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Body, Query
from starlette.responses import Response

from session_api.chat.appending import MessageAppending
from session_api.chat.examples import APPEND, CHANGE, GROW
from session_api.chat.growth import GrowthService
from session_api.chat.schemas import (
    Message,
    MessageBatch,
    MessageGrown,
    MessageGrowth,
    MessagePage,
    MessagePatch,
    MessagesAppended,
    MessagesCreate,
)
from session_api.chat.service import ChatService
from session_api.fields import PathId
from session_api.http.answers import json_answer, no_content
from session_api.http.authentication import EditingCaller, ViewingCaller
from session_api.http.headers import IdempotencyKey, IfMatch
from session_api.http.openapi import MERGE_PATCH_JSON, documented
from session_api.http.parts import part
from session_api.http.route import GuardedRoute
from session_api.problems import (
    IdConflict,
    MessageNotFound,
    MessageNotInProgress,
    OffsetMismatch,
    SessionNotActive,
    SessionNotFound,
    ValidationFailed,
    VersionMismatch,
)
from session_api.turn_problems import TurnInProgress, TurnLost

router = APIRouter(
    prefix="/api/sessions/{session_id}/messages", tags=["Chat"], route_class=GuardedRoute
)


Service = Annotated[ChatService, part("chat")]

Seq = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


@router.post(
    "",
    summary="Append messages",
    response_model=MessagesAppended,
    status_code=201,
    responses={
        200: {"model": MessagesAppended, "description": "A repeat: the messages as they are."},
        **documented(
            SessionNotFound,
            SessionNotActive,
            TurnLost,
            TurnInProgress,
            IdConflict,
            VersionMismatch,
            body=True,
        ),
    },
    operation_id="append_messages",
)
async def append_messages(
    caller: EditingCaller,
    service: Annotated[MessageAppending, part("appending")],
    session_id: PathId,
    key: IdempotencyKey,
    expected: IfMatch,
    body: Annotated[MessagesCreate, Body(openapi_examples=APPEND)],
) -> Response:
    """One message, or `{"messages": [1 to 100]}`, all or nothing. With client-made ids, sending
    the same again is safe. With `If-Match`, refused when the chat has changed since.
    """
    appended = await service.append(
        caller,
        session_id,
        body.messages if isinstance(body, MessageBatch) else [body],
        batch=isinstance(body, MessageBatch),
        expected=expected,
        idempotency_key=key,
    )
    text = f'{{"messages":{appended.messages},"version":{appended.version}}}'
    return json_answer(text, status=201 if appended.added else 200)


@router.get(
    "",
    summary="Read a page of messages",
    response_model=MessagePage,
    responses=documented(SessionNotFound),
    operation_id="list_messages",
)
async def list_messages(
    caller: ViewingCaller,
    service: Service,
    session_id: PathId,
    before: Seq = None,
    after: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Oldest first. Without `before` or `after` the latest page; `before` goes back in the chat,
    `after` forward, both by `seq`.
    """
    if before is not None and after is not None:
        raise ValidationFailed.at("/after", "can't be combined with before")
    page = await service.page(caller, session_id, before=before, after=after, limit=limit)
    return json_answer(page)


@router.get(
    "/{message_id}",
    summary="Get a message",
    response_model=Message,
    responses=documented(SessionNotFound, MessageNotFound),
    operation_id="get_message",
)
async def get_message(
    caller: ViewingCaller, service: Service, session_id: PathId, message_id: PathId
) -> Response:
    """One message; its ETag is the version of its last change."""
    body, version = await service.message(caller, session_id, message_id)
    return json_answer(body, version=version)


@router.patch(
    "/{message_id}",
    summary="Edit or end a message",
    response_model=Message,
    responses=documented(
        SessionNotFound,
        MessageNotFound,
        SessionNotActive,
        TurnLost,
        TurnInProgress,
        MessageNotInProgress,
        VersionMismatch,
        body=True,
    ),
    operation_id="update_message",
)
async def update_message(
    caller: EditingCaller,
    service: Service,
    session_id: PathId,
    message_id: PathId,
    body: Annotated[MessagePatch, Body(media_type=MERGE_PATCH_JSON, openapi_examples=CHANGE)],
    expected: IfMatch,
) -> Response:
    """`status` ends a message that is being written: `complete`, `failed`, or `cancelled`, which
    is a stop from any device. New content or metadata sets `edited_at`.
    """
    message, version = await service.change(caller, session_id, message_id, body, expected=expected)
    return json_answer(message, version=version)


@router.delete(
    "/{message_id}",
    summary="Delete a message",
    status_code=204,
    responses=documented(
        SessionNotFound, MessageNotFound, SessionNotActive, TurnLost, VersionMismatch
    ),
    operation_id="delete_message",
)
async def delete_message(
    caller: EditingCaller,
    service: Service,
    session_id: PathId,
    message_id: PathId,
    expected: IfMatch,
) -> Response:
    """For good. Its `seq` is never given again."""
    await service.delete(caller, session_id, message_id, expected=expected)
    return no_content()


@router.post(
    "/{message_id}/append",
    summary="Grow a message that is being written",
    response_model=MessageGrown,
    responses=documented(
        SessionNotFound,
        MessageNotFound,
        SessionNotActive,
        TurnLost,
        TurnInProgress,
        MessageNotInProgress,
        OffsetMismatch,
        body=True,
    ),
    operation_id="append_to_message",
)
async def append_to_message(
    caller: EditingCaller,
    service: Annotated[GrowthService, part("growth")],
    session_id: PathId,
    message_id: PathId,
    body: Annotated[MessageGrowth, Body(openapi_examples=GROW)],
) -> Response:
    """The answer lives on the server, not in the tab that asked for it: a lost connection is not
    a stop. `offset` is the length so far in code points, so a repeat is safe.
    """
    length, version = await service.grow(caller, session_id, message_id, body)
    return json_answer(f'{{"length":{length},"version":{version}}}')
