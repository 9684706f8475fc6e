"""The order in which a request is taken in: who asks, of which type the body is, then the body."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import cached_property
from typing import Any, ClassVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from session_api.audit import Refusals
from session_api.edge_problems import RequestTooSlow, TimedOut
from session_api.http.authentication import authenticate
from session_api.http.body import PoisonError, parse_json
from session_api.http.deadlines import Deadline, Deadlines
from session_api.http.headers import headers_by_name, name_turn
from session_api.http.plan import LEFT_OUT, Plan
from session_api.http.rate_limiting import RateLimiter
from session_api.http.reach import Reach
from session_api.problems import (
    MissionNotFound,
    PayloadTooLarge,
    Problem,
    SessionNotFound,
    Unauthorized,
    UnsupportedMediaType,
    ValidationFailed,
)
from session_api.security.rate_limits import RouteClass

_JSON = "application/json"
_JSON_BYTES = _JSON.encode()
_MERGE_PATCH = "application/merge-patch+json"


class StrictRequest(Request):
    """A request whose body is bounded while it is read: in bytes, and in time."""

    _is_coming = False
    _deadline: Deadline | None = None

    async def answered_by(self, work: Coroutine[Any, Any, Response]) -> Response:
        """What the work answers. Raises RequestTooSlow and TimedOut, and what it raises.

        Where it stands when its time is over, it is cancelled: a connection to the database is
        then closed, not given back.
        """
        state = self.scope["app"].state
        deadlines: Deadlines = state.deadlines
        self._deadline = deadline = deadlines.begin(state.request_seconds)
        try:
            return await work
        except asyncio.CancelledError:
            if deadline.has_cancelled():
                late = RequestTooSlow() if self._is_coming else TimedOut()
                raise late from None
            raise
        finally:
            deadline.end()

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Raises RequestTooSlow where nothing comes for too long."""
        seconds = self.app.state.settings.body_timeout.total_seconds()
        chunks = super().stream()
        while True:
            try:
                async with asyncio.timeout(seconds):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise RequestTooSlow(f"Nothing came for {seconds:g} seconds.") from None
            yield chunk

    async def body(self) -> bytes:
        """Raises PayloadTooLarge, before the first byte where the length is declared."""
        if not hasattr(self, "_body"):
            state = self.scope["app"].state
            limit: int = state.settings.max_body_bytes
            declared = headers_by_name(self.scope).get(b"content-length", b"")
            if declared.isdigit() and int(declared) > limit:
                raise _too_large(limit)
            chunks: list[bytes] = []
            size = 0
            self._is_coming = is_more = True
            while is_more:
                message = await self.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                chunks.append(message.get("body", b""))
                size += len(chunks[-1])
                if size > limit:
                    raise _too_large(limit)
                is_more = message.get("more_body", False)
                if is_more and len(chunks) == 1:  # most come in one piece
                    self._allow(state.settings.body_timeout.total_seconds())
            self._is_coming = False
            if len(chunks) > 1:
                self._allow(state.request_seconds)
            self._body = b"".join(chunks)
        return self._body

    def _allow(self, seconds: float) -> None:
        """From now on."""
        if self._deadline is not None:
            self._deadline.at = asyncio.get_running_loop().time() + seconds


class GuardedRoute(APIRoute):
    """A route that needs a token, and finds out before it reads a byte of the body.

    It answers in the short way of `plan`; FastAPI finds the route's parts and describes it.
    """

    addresses: ClassVar[frozenset[str]] = frozenset()
    """What stands where others have an id, and is an address of its own, whatever the method."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        if not self.addresses.isdisjoint(child_scope.get("path_params", {}).values()):
            return Match.NONE, {}
        return match, child_scope

    @cached_property
    def _class(self) -> RouteClass:
        if self.methods is not None and self.methods <= {"GET", "HEAD"}:
            return "read"
        return "upload" if "Assets" in self.tags and self.methods == {"POST"} else "write"

    @cached_property
    def _plan(self) -> Plan:
        return Plan.of(self.dependant)

    @cached_property
    def _reach(self) -> Reach | None:
        return Reach.of(self._plan)

    async def answer(self, request: StrictRequest) -> Response:
        """Raises Problem and RequestValidationError, and what nobody foresaw."""
        if self._class == "upload":  # as long as it moves
            return await self._answer(request)
        return await request.answered_by(self._answer(request))

    async def _answer(self, request: StrictRequest) -> Response:
        limiter: RateLimiter = request.scope["app"].state.rate_limiter
        try:
            caller = await authenticate(request)
        except Unauthorized:
            await limiter.count_failure(request)
            raise
        try:
            await limiter.admit(request, caller, self._class)
            if self._class != "read":
                name_turn(request, caller)
            return await self._answer_to(request)
        except Problem as problem:
            refusals: Refusals = request.app.state.refusals
            refusals.note(caller, problem, method=request.method, route=self.path)
            raise

    async def _answer_to(self, request: StrictRequest) -> Response:
        plan = self._plan
        body = LEFT_OUT
        if plan.body is not None:
            _require_json(request)
            body = await _json_of(request)
        values, faults = await plan.values(request, body)
        if faults:
            raise RequestValidationError(faults)
        response: Response
        try:
            response = await self.endpoint(**values)
        except (SessionNotFound, MissionNotFound) as absent:
            if self._reach is None:
                raise
            values = await self._reach.values(request, values, absent)
        else:
            return response
        response = await self.endpoint(**values)
        return response

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        self._plan  # noqa: B018 - whatever it does not know shows when the app is made

        async def handle(request: Request) -> Response:
            return await self.answer(StrictRequest(request.scope, request.receive))

        return handle


async def _json_of(request: StrictRequest) -> Any:
    body = await request.body()
    if not body:
        return LEFT_OUT
    try:
        return parse_json(body)
    except PoisonError as error:
        raise ValidationFailed.at(error.pointer, error.detail) from None


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"At most {limit} bytes are read.", limit_bytes=limit)


def _require_json(request: Request) -> None:
    sent = headers_by_name(request.scope)
    said = sent.get(b"content-type", b"")
    if said == _JSON_BYTES:  # as nearly all
        return
    if sent.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in sent:
        return  # no body: whether one is needed is the model's to say
    kind = said.decode("latin-1").partition(";")[0].strip().lower()
    if kind != _JSON and not (kind == _MERGE_PATCH and request.method == "PATCH"):
        raise UnsupportedMediaType(f"Got {kind[:80]!r}." if kind else "Got no content type.")
