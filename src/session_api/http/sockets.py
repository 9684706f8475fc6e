"""Opening a WebSocket: who asks and from which page, before anything is accepted."""

import re
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from starlette.requests import HTTPConnection
from starlette.types import Scope

from session_api.audit import Refusals
from session_api.devices import Presences
from session_api.http.authentication import identify, sent_token
from session_api.http.entrance import DEVICE_HEADER
from session_api.http.headers import with_headers
from session_api.http.rate_limiting import RateLimiter
from session_api.problems import (
    InsufficientScope,
    Problem,
    TokenInvalid,
    TokenMissing,
    Unauthorized,
    ValidationFailed,
)
from session_api.security import SESSIONS_READ
from session_api.security.caller import Caller
from session_api.settings import Settings
from session_api.stream_problems import OriginNotAllowed, TokenInUrl

SUBPROTOCOL: Final = "session-api.v1"
BEARER: Final = "bearer."

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_VERSION: Final = re.compile(r"[0-9]{1,18}\Z")
_JWT: Final = re.compile(r"[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client asks for when it opens a WebSocket. `token` None: it comes as a message."""

    token: str | None
    subprotocol: str | None
    since: int | None

    @classmethod
    def of(cls, scope: Scope, settings: Settings) -> Self:
        """Raises OriginNotAllowed, TokenInUrl, ValidationFailed, TokenMissing, TokenInvalid."""
        _check_origin(scope, settings)
        since = since_of(scope)
        offered: list[str] = scope["subprotocols"]
        tokens = [each for each in offered if each.startswith(BEARER)]
        sent = sent_token(HTTPConnection(scope))
        if len(tokens) + (sent is not None) > 1:
            raise TokenInvalid("There is more than one token.")
        token = tokens[0].removeprefix(BEARER) if tokens else sent
        # A browser gives up where it offered some and none is chosen.
        chosen = SUBPROTOCOL if SUBPROTOCOL in offered else next(iter(tokens), None)
        return cls(token, chosen, since)


def since_of(scope: Scope) -> int | None:
    """The version in the query of a stream's address.

    Raises TokenInUrl, and ValidationFailed for another parameter: a misspelt one is never dropped.
    """
    refuse_token_in_url(scope)
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    since: int | None = None
    for name, value in query:
        if name != "since" or since is not None:
            raise ValidationFailed.at("", "only one parameter is known here: since")
        if not _VERSION.match(value):
            raise ValidationFailed.at("/since", "must be a version such as 7")
        since = int(value)
    return since


def refuse_token_in_url(scope: Scope) -> None:
    """Raises TokenInUrl for a query that holds what looks like one."""
    for name, value in parse_qsl(scope["query_string"].decode("latin-1")):
        if "token" in name.lower() or name.lower() in {"jwt", "bearer", "authorization"}:
            raise TokenInUrl
        if _JWT.match(value.removeprefix("Bearer ").removeprefix(BEARER)):
            raise TokenInUrl


def _check_origin(scope: Scope, settings: Settings) -> None:
    """A page that may not call the service opens no WebSocket either: browsers ask nobody before
    that (RFC 6455 § 10.2). Programs that are no browsers send no Origin.
    """
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    if not origins:
        return
    if len(origins) == 1:
        origin = origins[0].lower().rstrip("/")
        if origin in {allowed.lower() for allowed in settings.cors_origins}:
            return
        hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
        if settings.public_url is not None:
            hosts.append(urlsplit(settings.public_url).netloc)
        scheme = origin.partition("://")[0]
        place = _place(origin)
        if place is not None and place in [_place(f"{scheme}://{host}") for host in hosts]:
            return
    raise OriginNotAllowed


def _place(url: str) -> tuple[str, int] | None:
    """Host and port, without the scheme: a proxy in front may have ended TLS."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        return parts.hostname or "", port
    except (ValueError, KeyError):
        return None


class SocketGuard:
    """What a guarded route does for a request: rate limits, the token, its scope, the audit."""

    def __init__(self, scope: Scope, route: str) -> None:
        self._scope = scope
        self._route = route
        self._state: Any = scope["app"].state

    async def admit(
        self, token: str | None, device: str | None = None
    ) -> tuple[Caller, tuple[UUID, ...]]:
        """Who the token speaks for, and the devices that it was seen with.

        `device` is as in `X-Device-ID`, which no page can send. Raises as guarded routes.
        """
        scope = self._scope
        if device is not None:
            header = (DEVICE_HEADER.lower().encode(), device.encode("utf-8", "replace"))
            kept = [pair for pair in scope["headers"] if pair[0] != header[0]]
            scope = with_headers(scope, [*kept, header])
        connection = HTTPConnection(scope)
        limiter: RateLimiter = self._state.rate_limiter
        try:
            if token is None:
                raise TokenMissing
            caller = await identify(connection, token)
        except Unauthorized:
            await limiter.count_failure(connection)
            raise
        try:
            await limiter.admit(connection, caller, "read")
            if SESSIONS_READ not in caller.principal.scopes:
                raise InsufficientScope(required=SESSIONS_READ)
        except Problem as problem:
            self.note(caller, problem)
            raise
        presences: Presences = self._state.presences
        return caller, presences.devices_of(caller.principal, connection.state.device)

    async def count_failure(self) -> None:
        """For one who was let in to say who they are, and did not. Raises RateLimited."""
        limiter: RateLimiter = self._state.rate_limiter
        await limiter.count_failure(HTTPConnection(self._scope))

    def note(self, caller: Caller, problem: Problem) -> None:
        """For the audit trail, as of a request."""
        refusals: Refusals = self._state.refusals
        refusals.note(caller, problem, method="GET", route=self._route)
