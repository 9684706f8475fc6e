"""The order in which a request is taken in: who asks, of which type the body is, then the body."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from session_api.http.authentication import authenticate
from session_api.http.body import parse_json
from session_api.problems import PayloadTooLarge, UnsupportedMediaType

_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"


class StrictRequest(Request):
    """A request whose body is bounded while it is read, and whose JSON is parsed strictly."""

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

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parse_json(await self.body())
        return self._json


class GuardedRoute(APIRoute):
    """A route that needs a token, and finds out before it reads a byte of the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def guarded(request: Request) -> Response:
            request = StrictRequest(request.scope, request.receive)
            authenticate(request)
            if takes_body:
                _require_json(request)
                # Read here, for what is raised inside FastAPI's own reading becomes a bare 400.
                await request.body()
            return await handle(request)

        return guarded


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"At most {limit} bytes are read.", limit_bytes=limit)


def _require_json(request: Request) -> None:
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return  # no body: whether one is needed is the model's to say
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON and not (kind == _MERGE_PATCH and request.method == "PATCH"):
        raise UnsupportedMediaType(f"Got {kind[:80]!r}." if kind else "Got no content type.")
