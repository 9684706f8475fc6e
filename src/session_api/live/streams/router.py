"""Streams over HTTP: Server-Sent Events, and WebSockets."""

import asyncio
import re
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from session_api.edge_problems import TimedOut
from session_api.fields import PathId, parse_uuid
from session_api.http.authentication import ViewingCaller
from session_api.http.body import parse_json
from session_api.http.openapi import documented
from session_api.http.parts import part
from session_api.http.route import GuardedRoute
from session_api.http.sockets import Handshake, SocketGuard, refuse_token_in_url
from session_api.live.streams.ends import end_of
from session_api.live.streams.examples import EVENT_SCHEMA, EVENTS
from session_api.live.streams.lines import STATE
from session_api.live.streams.messages import Auth, Said, message_of
from session_api.live.streams.service import LiveStreams, Opened
from session_api.live.streams.socket import SocketSession, close
from session_api.live.streams.sse import MEDIA_TYPE, EventStream
from session_api.problems import (
    Problem,
    SessionNotFound,
    TokenMissing,
    ValidationFailed,
)
from session_api.security.caller import Caller
from session_api.sharing import SharedAccess
from session_api.stream_problems import TokenInUrl, TooManyStreams
from session_api.sync_problems import ChangesGone

router = APIRouter(
    prefix="/api/sessions/{session_id}", tags=["Live sync"], route_class=GuardedRoute
)

_EVENT_ID: Final = re.compile(r"[0-9]{1,18}\Z")


@router.get(
    "/events",
    summary="Follow a session: Server-Sent Events",
    status_code=200,
    response_class=Response,
    responses={
        200: {
            "description": "Events for as long as it lasts. The last one, `end`, says why.",
            "content": {MEDIA_TYPE: {"itemSchema": EVENT_SCHEMA, "example": EVENTS}},
        },
        **documented(SessionNotFound, ChangesGone, TooManyStreams, TokenInUrl),
    },
    operation_id="follow_session",
)
async def follow_session(
    request: Request,
    caller: ViewingCaller,
    streams: Annotated[LiveStreams, part("streams")],
    session_id: PathId,
    since: Annotated[
        int | None, Query(ge=0, le=2**63 - 1, description="The version that you have.")
    ] = None,
    last_event_id: Annotated[
        str | None,
        Header(
            description="The id of the last event that came, which is a version: the stream goes "
            "on behind it. Counts before `since`.",
            max_length=100,
            examples=["7"],
        ),
    ] = None,
) -> Response:
    """Every change after `Last-Event-ID`, or `since`, or else the present version: each once, in
    order, as `GET …/changes` tells them. `hello` comes first, with the version it begins behind.

    Of a message that only grew, `message.grown` brings the new text: `text[offset:] = text`. The
    same changes, with presence and typing, come over a WebSocket at `/api/sessions/{id}/ws`.
    """
    refuse_token_in_url(request.scope)
    position = since if last_event_id is None else _version_of(last_event_id)
    devices = request.app.state.presences.devices_of(caller.principal, request.state.device)
    line = request.scope["state"].get(STATE)
    opened = await streams.open("sse", caller, devices, session_id, position, line)
    return EventStream(streams, opened)


def _version_of(event_id: str) -> int:
    """Raises ValidationFailed for an id that no event of ours had."""
    if not _EVENT_ID.match(event_id):
        raise ValidationFailed.at("/Last-Event-Id", "must be the id of an event, such as 7")
    return int(event_id)


class SessionSocket:
    """The WebSocket of a session, as ASGI."""

    path: Final = "/api/sessions/{session_id}/ws"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises Problem while nothing is accepted; after that the WebSocket says what is wrong."""
        state = scope["app"].state
        await receive()  # the handshake
        session_id = _session_id(scope)
        handshake = Handshake.of(scope, state.settings)
        guard = SocketGuard(scope, self.path)
        accept: Message = {"type": "websocket.accept", "subprotocol": handshake.subprotocol}
        if handshake.token is not None:
            opened = await _within(
                state.request_seconds,
                _open(
                    guard,
                    state,
                    session_id,
                    Auth(type="auth", token=handshake.token, since=handshake.since),
                ),
            )
            try:
                await send(accept)
            except BaseException:
                state.streams.close(opened.stream)
                raise
        else:
            await send(accept)
            found = await self._signed_in(guard, state, session_id, handshake, receive, send)
            if found is None:
                return
            opened = found

        async def identify(auth: Auth) -> tuple[Caller, tuple[UUID, ...]]:
            return await guard.admit(auth.token, auth.device_id)

        session = SocketSession(
            state.streams,
            opened,
            receive=receive,
            send=send,
            line=scope["state"].get(STATE),
            parse=_parse,
            identify=identify,
            now=state.clock(),
        )
        await session.run()

    async def _signed_in(
        self,
        guard: SocketGuard,
        state: Any,
        session_id: UUID,
        handshake: Handshake,
        receive: Receive,
        send: Send,
    ) -> Opened | None:
        """The stream that the first message opens. None where the client went, or was refused."""
        seconds = state.settings.stream_sign_in_timeout.total_seconds()
        try:
            try:
                auth = await _first_message(receive, seconds)
            except TokenMissing:
                await guard.count_failure()
                raise
            if auth is None:
                return None
            if auth.since is None:
                auth = auth.model_copy(update={"since": handshake.since})
            return await _within(state.request_seconds, _open(guard, state, session_id, auth))
        except Problem as problem:
            await close(send, end_of(problem))
            return None


def _session_id(scope: Scope) -> UUID:
    """Raises ValidationFailed."""
    try:
        return parse_uuid(scope["path_params"]["session_id"])
    except ValueError as error:
        raise ValidationFailed.at("/session_id", str(error)) from None


async def _first_message(receive: Receive, seconds: float) -> Auth | None:
    """None where the client went. Raises TokenMissing where it says something else, or nothing."""
    try:
        async with asyncio.timeout(seconds):
            message = await receive()
    except TimeoutError:
        raise TokenMissing("The first message did not come in time.") from None
    if message["type"] == "websocket.disconnect":
        return None
    try:
        said = _parse(message)
    except ValueError:
        said = None
    if not isinstance(said, Auth):
        raise TokenMissing("The first message must be the one that signs in.")
    return said


async def _open(guard: SocketGuard, state: Any, session_id: UUID, auth: Auth) -> Opened:
    """Raises Problem, which the audit trail is told of."""
    caller, devices = await guard.admit(auth.token, auth.device_id)
    streams: LiveStreams = state.streams
    try:
        try:
            return await streams.open("websocket", caller, devices, session_id, auth.since)
        except SessionNotFound:
            # As routes do: what is shared is looked for where there is nothing of one's own.
            shared: SharedAccess = state.shared_access
            found = await shared.to_session(caller, session_id, "viewer")
            if found is None:
                raise
        return await streams.open("websocket", found, devices, session_id, auth.since)
    except Problem as problem:
        guard.note(caller, problem)
        raise


async def _within(seconds: float, opening: Any) -> Opened:
    try:
        async with asyncio.timeout(seconds):
            opened: Opened = await opening
            return opened
    except TimeoutError:
        raise TimedOut from None


def _parse(message: Message) -> Said:
    """Raises ValueError."""
    text = message.get("text")
    if text is None:
        raise ValueError("is not text")
    return message_of(parse_json(text.encode("utf-8", "surrogatepass")))
