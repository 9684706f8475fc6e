"""Becoming a guest, coming back as one, and taking everything along into an account, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from session_api.guest_problems import AccountNeeded, GuestMerged, GuestsDisabled, GuestTokenInvalid
from session_api.guests.examples import MERGE
from session_api.guests.merge import GuestMerge
from session_api.guests.schemas import GuestMergeRequest, GuestToken, MergedGuest
from session_api.guests.service import GuestService, Visit
from session_api.http.answers import json_answer
from session_api.http.authentication import WritingCaller, sent_token
from session_api.http.openapi import documented
from session_api.http.parts import part
from session_api.http.rate_limiting import RateLimiter
from session_api.http.route import GuardedRoute, StrictRequest
from session_api.json_text import encode_json, rfc3339
from session_api.problems import IdConflict, Unauthorized
from session_api.security import MintedGuest

router = APIRouter(prefix="/api", tags=["Guests"], route_class=GuardedRoute)
door = APIRouter(prefix="/api", tags=["Guests"])
"""Open to all: whoever comes here has no token, or one that expired."""


@door.post(
    "/auth/guest",
    summary="Begin as a guest, or come back as the same",
    status_code=201,
    response_model=GuestToken,
    responses=documented(GuestsDisabled),
    operation_id="begin_guest",
)
async def begin_guest(
    request: Request, service: Annotated[GuestService, part("guests")]
) -> Response:
    """Without a token: a new guest with an empty workspace, and a token that all other routes
    take. With a guest's token as the bearer token, which may have expired: a fresh one of the same
    guest. The old one counts on as long as it says. Takes no body.
    """
    strict = StrictRequest(request.scope, request.receive)
    return await strict.answered_by(_begin(request, service))


async def _begin(request: Request, service: GuestService) -> Response:
    service.require_enabled()
    client = request.scope.get("client")
    visit = Visit(
        request.state.request_id,
        host=client[0] if client else None,
        agent=request.headers.get("user-agent"),
    )
    limiter: RateLimiter = request.app.state.rate_limiter
    try:
        token = sent_token(request)
        guest = None if token is None else service.known(token)
        if guest is None:
            await limiter.admit_guest(request)
            return _shown(await service.begin(visit))
        caller = visit.by(guest)
        await limiter.admit(request, caller, "write")
        return _shown(await service.renew(caller))
    except Unauthorized:
        await limiter.count_failure(request)
        raise


def _shown(minted: MintedGuest) -> Response:
    guest = minted.principal
    return json_answer(
        encode_json(
            {
                "token": minted.token,
                "token_type": "Bearer",
                "user_id": guest.subject,
                "expires_at": rfc3339(guest.expires_at),
                "renewable_until": rfc3339(guest.token_ends_at),
            }
        ),
        status=201,
    )


@router.post(
    "/sessions/merge",
    summary="Take along what you made as a guest",
    response_model=MergedGuest,
    responses=documented(AccountNeeded, GuestTokenInvalid, GuestMerged, IdConflict, body=True),
    operation_id="merge_guest",
)
async def merge_guest(
    caller: WritingCaller,
    merge: Annotated[GuestMerge, part("guest_merge")],
    body: Annotated[GuestMergeRequest, Body(openapi_examples=MERGE)],
) -> Response:
    """All of the guest's sessions, missions and files become the caller's, with their ids and
    versions, in one step or not at all; repeating it is safe. No token of the guest's counts any
    longer. Where the account has a session or a mission of the same id, nothing is moved (409
    `id_conflict`, which names them). No quota refuses it; further uploads meet the account's.
    """
    return json_answer(encode_json(await merge.merge(caller, body.guest_token)))
