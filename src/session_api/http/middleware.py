"""What surrounds every request: pure ASGI, outermost first in `session_api.app`."""

import asyncio
import re
from functools import lru_cache

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from session_api.edge_problems import BadRequest, HeadersTooLarge, ShuttingDown
from session_api.figures import Requests, ticks
from session_api.http.connections import HEAD_TOO_LARGE
from session_api.http.errors import problem_answer
from session_api.http.headers import headers_by_name
from session_api.http.headers_of_answers import AnswerHeaders, CommonHeaders, Header
from session_api.http.rate_limiting import STATE, headers_of
from session_api.live.streams.lines import STREAMING
from session_api.ports import Ids
from session_api.problems import InternalError, Problem

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}\Z")
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
MAX_HEADERS = 100
NO_ROUTE = "none"
_BEGUN = "answer_begun"
_VARY: Header = (b"vary", b"Authorization")
_BEGINNINGS = {"http.response.start", "websocket.http.response.start", "websocket.accept"}

log = structlog.get_logger(__name__)


class RequestContext:
    """Gives every request an id, every answer its common headers, and the log its line.

    The id is the caller's if it sent a sane one. Only requests that were refused or failed are
    logged, unless `log_all`. Headers, queries and bodies never are: they hold secrets.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        ids: Ids,
        log_all: bool,
        common: CommonHeaders,
        figures: Requests,
    ) -> None:
        self._app = app
        self._ids = ids
        self._log_all = log_all
        self._common = common
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        sent, fault = _look_at_headers(scope)
        request_id = sent or str(self._ids())
        scope.setdefault("state", {})["request_id"] = request_id
        started = ticks()
        status = 0
        is_told = False
        figures = self._figures
        figures.under_way += 1

        async def send_with_headers(message: Message) -> None:
            nonlocal status, is_told
            scope["state"][_BEGUN] = True
            if message["type"] in _BEGINNINGS:
                status = _begin(message, request_id, scope, self._common)
                if status == 101 or scope["state"].get(STREAMING):
                    is_told = True  # what follows is no slow answer
                    self._count(scope, status, started)
            await send(message)

        try:
            if fault is None:
                await self._app(scope, receive, send_with_headers)
            else:
                await problem_answer(fault, scope)(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = 499  # nobody is left to answer; the number is nginx's
        finally:
            if not is_told:
                self._count(scope, status, started)

    def _count(self, scope: Scope, status: int, started: float) -> None:
        """Counts and logs a request: at its end, or where its answer goes on as a stream."""
        seconds = ticks() - started
        # The template where there is one: paths hold ids and whatever people send.
        route = getattr(scope.get("route"), "path", None)
        self._figures.under_way -= 1
        self._figures.add(scope.get("method", "GET"), route or NO_ROUTE, status, seconds)
        if status >= 400 or self._log_all:
            self._tell(scope, route, status, seconds)

    def _tell(self, scope: Scope, route: str | None, status: int, seconds: float) -> None:
        state = scope["state"]
        code = state.get("problem_code")
        if code is not None:
            self._figures.problems[code] += 1
        for standing in state.get(STATE, ()):
            self._figures.limited[standing.limit.name] += not standing.allowed
        log.log(
            40 if status >= 500 else 30 if status >= 400 else 20,
            "request",
            request_id=state["request_id"],
            method=scope.get("method", "GET"),
            route=route,
            status=status,
            code=code,
            milliseconds=round(seconds * 1000, 1),
        )


def _look_at_headers(scope: Scope) -> tuple[str | None, Problem | None]:
    """The id that the caller gave its request, if it is a sane one, and what is wrong with the
    headers (RFC 9112 § 3.2): two proxies must not read two hosts out of them.
    """
    headers = scope["headers"]
    if len(headers) > MAX_HEADERS or HEAD_TOO_LARGE in scope.get("state", ()):
        return None, HeadersTooLarge()
    named = headers_by_name(scope)
    sent = None
    if (given := named.get(b"x-request-id")) is not None:
        sent = given.decode("latin-1")
        if not _SANE_REQUEST_ID.match(sent):
            sent = None
    host = named.get(b"host")
    if host is None:
        if scope["http_version"] == "1.1":
            return sent, BadRequest("There is no Host.")
    elif not _is_plain_host(host):
        return sent, BadRequest("There is more than one Host, or what it holds is no host.")
    return sent, None


@lru_cache(maxsize=64)
def _is_plain_host(host: bytes) -> bool:
    return _HOST.fullmatch(host) is not None


def _begin(message: Message, request_id: str, scope: Scope, common: CommonHeaders) -> int:
    """Completes the first message of an answer. Returns the answer's status."""
    if message["type"] == "websocket.accept":
        name = (b"x-request-id", request_id.encode("latin-1"))
        message["headers"] = [*message.get("headers", ()), name]
        return 101
    _complete(message, request_id, scope, common)
    status: int = message["status"]
    return status


def _complete(message: Message, request_id: str, scope: Scope, common: CommonHeaders) -> None:
    """Adds the common headers to the start of an answer, where it has none of its own."""
    # On the raw list, which every answer passes: Starlette's view of it reads it anew each time.
    raw: list[Header] = list(message["headers"])
    own = dict(raw)
    raw.append((b"x-request-id", request_id.encode("latin-1")))
    if standings := scope["state"].get(STATE):
        raw += headers_of(standings)
    if scope["path"].startswith("/api"):
        # Two people may hold the same id: a browser's cache must not mix them up.
        if b"vary" in own:
            MutableHeaders(raw=raw).add_vary_header("Authorization")
        else:
            raw.append(_VARY)
    message["headers"] = AnswerHeaders(raw, common.beside(own))


class UnexpectedErrors:
    """Answers what nobody foresaw with a problem that tells nothing of the inside, and logs it.

    Stands inside CORS, so that a browser's app can read that answer as well.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            raise
        except asyncio.CancelledError:
            if scope["type"] == "lifespan" or _BEGUN in scope["state"]:
                raise
            # Only a service that leaves cancels a request, when the time to finish is over.
            await problem_answer(ShuttingDown(), scope)(scope, receive, send)
        except Exception as error:
            if scope["type"] == "lifespan" or _BEGUN in scope["state"]:
                raise  # cut the answer off rather than end it as if it were whole
            log.error("unexpected_error", request_id=scope["state"]["request_id"], exc_info=error)
            await problem_answer(InternalError(), scope)(scope, receive, send)
