"""Handing a session over, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from session_api.fields import PathId
from session_api.handoff.examples import EXCHANGE
from session_api.handoff.schemas import Handoff, HandoffExchange
from session_api.handoff.service import HandoffService
from session_api.handoff_problems import HandoffCodeInvalid
from session_api.http.answers import json_answer
from session_api.http.authentication import WritingCaller
from session_api.http.headers import IdempotencyKey
from session_api.http.openapi import documented
from session_api.http.parts import part
from session_api.http.rate_limiting import RateLimiter
from session_api.http.route import GuardedRoute
from session_api.problems import SessionNotFound
from session_api.sessions.schemas import Session

router = APIRouter(prefix="/api/sessions", tags=["Sessions"], route_class=GuardedRoute)


Service = Annotated[HandoffService, part("handoff")]


@router.post(
    "/{session_id}/handoff",
    summary="Hand a session over to another device",
    response_model=Handoff,
    status_code=201,
    responses=documented(SessionNotFound),
    operation_id="create_handoff",
)
async def create_handoff(caller: WritingCaller, service: Service, session_id: PathId) -> Response:
    """A code to type on the other device, where the same person is signed in, or to scan there.
    Good once, for two minutes. Each call makes another.
    """
    return json_answer((await service.make(caller, session_id)).to_json(), status=201)


@router.post(
    "/handoff",
    summary="Take a session over from another device",
    response_model=Session,
    responses=documented(HandoffCodeInvalid, body=True),
    operation_id="exchange_handoff",
)
async def exchange_handoff(
    request: Request,
    caller: WritingCaller,
    service: Service,
    key: IdempotencyKey,
    body: Annotated[HandoffExchange, Body(openapi_examples=EXCHANGE)],
) -> Response:
    """The whole session, as recovery answers it; an abandoned one becomes active again. A code is
    used up by this: only the same request with the same `Idempotency-Key` is answered once more. It
    opens nothing for anybody but the person who made it. Wrong codes count like wrong tokens.
    """
    try:
        answer = await service.exchange(caller, body.code, used_by=key)
    except HandoffCodeInvalid:
        limiter: RateLimiter = request.app.state.rate_limiter
        await limiter.count_failure(request)
        raise
    return json_answer(answer.body, version=answer.version)
