"""Who asks: the one dependency that every route but the public ones has."""

from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from session_api.problems import InsufficientScope, TokenInvalid, TokenMissing
from session_api.security import SESSIONS_READ, SESSIONS_WRITE, TokenVerifier
from session_api.security.caller import Caller


def authenticate(request: Request) -> Caller:
    """The caller of a request. Raises TokenMissing, TokenInvalid or TokenExpired.

    Verified once a request; what is remembered hangs on this request alone.
    """
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    sent = request.headers.getlist("authorization")
    if not sent:
        raise TokenMissing
    if len(sent) > 1:
        # Two of them could be read differently by a proxy and by us.
        raise TokenInvalid("There is more than one Authorization header.")
    scheme, _, token = sent[0].partition(" ")
    if scheme.lower() != "bearer":
        raise TokenMissing
    verifier: TokenVerifier = request.app.state.tokens
    caller = Caller(verifier.verify(token.strip(" ")), request.state.request_id)
    request.state.caller = caller
    return caller


class ValidToken(HTTPBearer):
    """The dependency, and in the OpenAPI document the security scheme: one object, because
    FastAPI solves every further dependency anew for each request.
    """

    async def __call__(  # type: ignore[override] # it answers whom the credentials are of
        self, request: Request, scopes: SecurityScopes
    ) -> Caller:
        """The verified caller, if its token has the scopes that the route asks for.

        Raises as `authenticate`, and InsufficientScope.
        """
        caller = authenticate(request)
        for scope in scopes.scopes:
            if scope not in caller.principal.scopes:
                raise InsufficientScope(required=scope)
        return caller


validate_token = ValidToken(
    scheme_name="Bearer",
    bearerFormat="JWT",
    description="A JWT. `session-api serve` prints one for trying things out; "
    "`session-api token --user NAME` makes another.",
    auto_error=False,
)

ReadingCaller = Annotated[Caller, Security(validate_token, scopes=[SESSIONS_READ])]
"""A caller who may read."""

WritingCaller = Annotated[Caller, Security(validate_token, scopes=[SESSIONS_WRITE])]
"""A caller who may change things."""
