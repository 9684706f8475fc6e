"""What surrounds every request: pure ASGI, outermost first in `session_api.app`."""

import re
import time
from collections.abc import Collection

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from session_api.http.errors import problem_answer
from session_api.http.rate_limiting import STATE, headers_of
from session_api.ports import Ids
from session_api.problems import InternalError

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}\Z")
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
_SECURITY = tuple(
    (name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()
)

# For our few pages. The documentation viewers bring inline scripts and styles of their own; what
# they must not do is call anybody else, as Redoc does for its logo.
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'"
)

log = structlog.get_logger(__name__)


class RequestContext:
    """Gives every request an id, every answer its common headers, and the log its line.

    The id is the caller's if it sent a sane one. Only requests that were refused or failed are
    logged, unless `log_all`. Headers, queries and bodies never are: they hold secrets.
    """

    def __init__(self, app: ASGIApp, *, ids: Ids, log_all: bool) -> None:
        self._app = app
        self._ids = ids
        self._log_all = log_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id_sent(scope) or str(self._ids())
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _complete(message, request_id, scope)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = 499  # nobody is left to answer; the number is nginx's
        finally:
            if status >= 400 or self._log_all:
                state = scope["state"]
                log.log(
                    40 if status >= 500 else 30 if status >= 400 else 20,
                    "request",
                    request_id=request_id,
                    method=scope["method"],
                    # The template where there is one: paths hold ids and whatever people send.
                    route=getattr(scope.get("route"), "path", None),
                    status=status,
                    code=state.get("problem_code"),
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )


def _request_id_sent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            sent: str = value.decode("latin-1")
            return sent if _SANE_REQUEST_ID.match(sent) else None
    return None


def _complete(message: Message, request_id: str, scope: Scope) -> None:
    """Adds the common headers to the start of an answer, where it has none of its own."""
    # On the raw list, which every answer passes: Starlette's view of it reads it anew each time.
    raw: list[tuple[bytes, bytes]] = list(message["headers"])
    own = dict(raw)
    raw.append((b"x-request-id", request_id.encode("latin-1")))
    if b"cache-control" not in own:
        raw.append((b"cache-control", b"private, no-cache" if b"etag" in own else b"no-store"))
    if standings := scope["state"].get(STATE):
        raw += headers_of(standings)
    if scope["path"].startswith("/api"):
        # Two people may hold the same id: a browser's cache must not mix them up.
        if b"vary" in own:
            MutableHeaders(raw=raw).add_vary_header("Authorization")
        else:
            raw.append((b"vary", b"Authorization"))
    raw.extend(header for header in _SECURITY if header[0] not in own)
    if b"content-security-policy" not in own and own.get(b"content-type", b"")[:9] == b"text/html":
        raw.append((b"content-security-policy", PAGE_POLICY.encode()))
    message["headers"] = raw


class UnexpectedErrors:
    """Answers what nobody foresaw with a problem that tells nothing of the inside, and logs it.

    Stands inside CORS, so that a browser's app can read that answer as well.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except ClientDisconnect:
            raise
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise  # cut the answer off rather than end it as if it were whole
            log.error("unexpected_error", request_id=scope["state"]["request_id"], exc_info=error)
            await problem_answer(InternalError(), scope)(scope, receive, send)


class TrailingSlash:
    """Answers a path with and without its trailing slash, without a redirect.

    A redirect loses the body and, in some clients, the token. `with_slash` are the paths that are
    routed with one.
    """

    def __init__(self, app: ASGIApp, *, with_slash: Collection[str]) -> None:
        self._app = app
        self._with_slash = frozenset(with_slash)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            bare = path[:-1] if path.endswith("/") else path
            routed = f"{bare}/" if f"{bare}/" in self._with_slash else bare or "/"
            scope["path"] = routed
        await self._app(scope, receive, send)
