"""Who asks: the one dependency that every route but the public ones has."""

from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from starlette.requests import HTTPConnection

from session_api.http.entrance import Entrance
from session_api.http.headers import headers_by_name
from session_api.problems import InsufficientRole, InsufficientScope, TokenInvalid, TokenMissing
from session_api.security import (
    ROLE_ADMIN,
    SESSIONS_READ,
    SESSIONS_WRITE,
    KeyAwaited,
    TokenVerifier,
)
from session_api.security.caller import Caller, Role


async def authenticate(request: Request) -> Caller:
    """The caller of a request. Raises TokenMissing, TokenInvalid, TokenExpired,
    IdentityUnavailable, and as the entrance does, which knows of revocations.

    Verified once a request; what is remembered hangs on this request alone.
    """
    known: Caller | None = request.scope["state"].get("caller")
    if known is not None:
        return known
    token = sent_token(request)
    if token is None:
        raise TokenMissing
    return await identify(request, token)


async def identify(connection: HTTPConnection, token: str) -> Caller:
    """The caller whom a token speaks for, however it came. Raises as `authenticate`."""
    scope = connection.scope
    parts = scope["app"].state
    verifier: TokenVerifier = parts.tokens
    try:
        principal = verifier.verify(token)
    except KeyAwaited as awaited:
        principal = await verifier.verify_after_fetch(token, awaited)
    client, agent = scope.get("client"), headers_by_name(scope).get(b"user-agent")
    state: dict[str, Any] = scope["state"]
    caller = Caller(
        principal,
        state["request_id"],
        host=client[0] if client else None,
        agent=None if agent is None else agent.decode("latin-1"),
    )
    entrance: Entrance = parts.entrance
    state["device"] = entrance.admit(scope, caller)
    state["caller"] = caller
    return caller


def sent_token(request: HTTPConnection) -> str | None:
    """The bearer token as it was sent; None without an Authorization header.

    Raises TokenMissing where that says something else, and TokenInvalid where there are two.
    """
    sent = headers_by_name(request.scope).get(b"authorization")
    if sent is None:
        return None
    if b"," in sent and sum(name == b"authorization" for name, _ in request.scope["headers"]) > 1:
        # Two of them could be read differently by a proxy and by us.
        raise TokenInvalid("There is more than one Authorization header.")
    if sent.startswith(b"Bearer "):  # as nearly all
        return sent[7:].decode("latin-1").strip(" ")
    scheme, _, token = sent.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise TokenMissing
    return token.strip(" ")


class ValidToken(HTTPBearer):
    """The dependency, and in the OpenAPI document the security scheme: one object, because
    FastAPI solves every further dependency anew for each request.
    """

    def __init__(self, *, role: Role = "owner", **scheme: Any) -> None:
        """`role` is what somebody has to be at least in the session that a route is about."""
        super().__init__(**scheme)
        self.role: Role = role

    async def __call__(  # type: ignore[override] # it answers whom the credentials are of
        self, request: Request, scopes: SecurityScopes
    ) -> Caller:
        """The verified caller, if its token has the scopes that the route asks for.

        Raises as `authenticate`, and InsufficientScope.
        """
        await authenticate(request)
        return self.at_once(request, scopes)

    def at_once(self, request: Request, scopes: SecurityScopes) -> Caller:
        """The same, where the caller is known already."""
        caller: Caller = request.scope["state"]["caller"]
        for scope in scopes.scopes:
            if scope not in caller.principal.scopes:
                raise InsufficientScope(required=scope)
        return caller


class AdminToken(ValidToken):
    """The same, for administrators alone."""

    def at_once(self, request: Request, scopes: SecurityScopes) -> Caller:
        """Raises as for everybody, and InsufficientRole."""
        caller = super().at_once(request, scopes)
        if ROLE_ADMIN not in caller.principal.roles:
            raise InsufficientRole(role=ROLE_ADMIN)
        return caller


_SCHEME: dict[str, Any] = {
    "scheme_name": "Bearer",
    "bearerFormat": "JWT",
    "description": "A JWT. `session-api serve` prints one for trying things out; "
    "`session-api token --user NAME` makes another.",
    "auto_error": False,
}
validate_token = ValidToken(**_SCHEME)
validate_admin = AdminToken(**_SCHEME)
validate_viewer = ValidToken(role="viewer", **_SCHEME)
validate_editor = ValidToken(role="editor", **_SCHEME)

ReadingCaller = Annotated[Caller, Security(validate_token, scopes=[SESSIONS_READ])]
"""A caller who may read, in their own workspace."""

WritingCaller = Annotated[Caller, Security(validate_token, scopes=[SESSIONS_WRITE])]
"""A caller who may change things, in their own workspace."""

ViewingCaller = Annotated[Caller, Security(validate_viewer, scopes=[SESSIONS_READ])]
"""A caller who may read, in their own workspace or in one that is shared with them."""

EditingCaller = Annotated[Caller, Security(validate_editor, scopes=[SESSIONS_WRITE])]
"""A caller who may change things, in their own workspace or in one that they are an editor of."""

AdminCaller = Annotated[Caller, Security(validate_admin, scopes=[SESSIONS_READ])]
"""A caller with the role `admin`, who may read."""

WritingAdmin = Annotated[Caller, Security(validate_admin, scopes=[SESSIONS_WRITE])]
"""A caller with the role `admin`, who may change things."""
