"""The order in which a request is taken in: who asks, of which type the body is, then the body."""

from collections.abc import Callable, Coroutine
from functools import cached_property
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from session_api.http.authentication import authenticate
from session_api.http.body import PoisonError, parse_json
from session_api.http.plan import LEFT_OUT, Plan
from session_api.http.rate_limiting import RateLimiter
from session_api.problems import (
    PayloadTooLarge,
    Unauthorized,
    UnsupportedMediaType,
    ValidationFailed,
)
from session_api.security.rate_limits import RouteClass

_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"


class StrictRequest(Request):
    """A request whose body is bounded while it is read."""

    async def body(self) -> bytes:
        """Raises PayloadTooLarge, before the first byte where the length is declared."""
        if not hasattr(self, "_body"):
            limit: int = self.app.state.settings.max_body_bytes
            declared = self.headers.get("content-length", "")
            if declared.isdecimal() and int(declared) > limit:
                raise _too_large(limit)
            chunks: list[bytes] = []
            size = 0
            async for chunk in self.stream():
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body


class GuardedRoute(APIRoute):
    """A route that needs a token, and finds out before it reads a byte of the body.

    It answers in the short way of `plan`; FastAPI finds the route's parts and describes it.
    """

    @cached_property
    def _class(self) -> RouteClass:
        if self.methods is not None and self.methods <= {"GET", "HEAD"}:
            return "read"
        return "upload" if "Assets" in self.tags and self.methods == {"POST"} else "write"

    @cached_property
    def _plan(self) -> Plan:
        return Plan.of(self.dependant)

    async def answer(self, request: StrictRequest) -> Response:
        """Raises Problem and RequestValidationError, and what nobody foresaw."""
        limiter: RateLimiter = request.app.state.rate_limiter
        try:
            caller = authenticate(request)
        except Unauthorized:
            await limiter.count_failure(request)
            raise
        await limiter.admit(request, caller, self._class)
        plan = self._plan
        body = LEFT_OUT
        if plan.body is not None:
            _require_json(request)
            body = await _json_of(request)
        values, faults = await plan.values(request, body)
        if faults:
            raise RequestValidationError(faults)
        response: Response = await self.endpoint(**values)
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
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return  # no body: whether one is needed is the model's to say
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON and not (kind == _MERGE_PATCH and request.method == "PATCH"):
        raise UnsupportedMediaType(f"Got {kind[:80]!r}." if kind else "Got no content type.")
