"""The turn of a session over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Body, Header
from starlette.responses import Response

from session_api.fields import PathId
from session_api.http.answers import json_answer, no_content
from session_api.http.authentication import EditingCaller, ViewingCaller
from session_api.http.headers import TURN_SCHEMA, IdempotencyKey, chosen_id
from session_api.http.openapi import documented
from session_api.http.parts import part
from session_api.http.route import GuardedRoute
from session_api.json_text import encode_json
from session_api.problems import IdConflict, SessionNotActive, SessionNotFound
from session_api.turn_problems import TurnInProgress, TurnLost
from session_api.turns.examples import RENEW, TAKE
from session_api.turns.schemas import USUAL, Turn, TurnRenew, TurnTake
from session_api.turns.service import TurnService

router = APIRouter(
    prefix="/api/sessions/{session_id}/turn", tags=["Turns"], route_class=GuardedRoute
)


Service = Annotated[TurnService, part("turns")]
Number = Annotated[
    int,
    Header(
        alias="Session-Turn",
        description="The number of the turn.",
        ge=TURN_SCHEMA["minimum"],
        le=TURN_SCHEMA["maximum"],
        examples=[1],
    ),
]


@router.post(
    "",
    summary="Take the turn",
    response_model=Turn,
    status_code=201,
    responses={
        200: {"model": Turn, "description": "A repeat: the turn that was got."},
        **documented(
            SessionNotFound, SessionNotActive, TurnInProgress, TurnLost, IdConflict, body=True
        ),
    },
    operation_id="take_turn",
)
async def take_turn(
    caller: EditingCaller,
    service: Service,
    session_id: PathId,
    key: IdempotencyKey,
    body: Annotated[TurnTake | None, Body(openapi_examples=TAKE)] = None,
) -> Response:
    """A lease for one run of an agent. While it lasts, only who names its number in `Session-Turn`
    writes as `assistant`, `tool` or `system`; what the person says goes in as ever. What the turn
    before was still writing, if that one expired, becomes `cancelled`.
    """
    body = body or TurnTake()
    turn, new = await service.take(caller, session_id, body, turn_id=chosen_id(body.id, key))
    return json_answer(encode_json(turn.shown()), status=201 if new else 200)


@router.put(
    "",
    summary="Keep the turn",
    response_model=Turn,
    responses=documented(SessionNotFound, SessionNotActive, TurnLost, body=True),
    operation_id="renew_turn",
)
async def renew_turn(
    caller: EditingCaller,
    service: Service,
    session_id: PathId,
    session_turn: Number,
    body: Annotated[TurnRenew | None, Body(openapi_examples=RENEW)] = None,
) -> Response:
    """Lets it last that long from now, but never less long than it did: `DELETE` gives it back. One
    that expired is lost, though nobody has taken it yet.
    """
    seconds = USUAL if body is None else body.ttl_seconds
    turn = await service.renew(caller, session_id, session_turn, ttl_seconds=seconds)
    return json_answer(encode_json(turn.shown()))


@router.get(
    "",
    summary="See who has the turn",
    response_model=Turn,
    responses={204: {"description": "Nobody has it."}, **documented(SessionNotFound)},
    operation_id="get_turn",
)
async def get_turn(caller: ViewingCaller, service: Service, session_id: PathId) -> Response:
    """Sessions have it as well, as `turn`."""
    turn = await service.held(caller, session_id)
    return no_content() if turn is None else json_answer(turn)


@router.delete(
    "",
    summary="Give the turn back",
    status_code=204,
    responses=documented(SessionNotFound),
    operation_id="release_turn",
)
async def release_turn(
    caller: EditingCaller, service: Service, session_id: PathId, session_turn: Number
) -> Response:
    """The next may take it at once; what was still being written under it becomes `cancelled`.
    Repeating it is safe, and takes nothing from whoever has the turn by then.
    """
    await service.release(caller, session_id, session_turn)
    return no_content()


@router.post(
    "/stop",
    summary="Stop whoever has the turn",
    status_code=204,
    responses=documented(SessionNotFound),
    operation_id="stop_turn",
)
async def stop_turn(caller: EditingCaller, service: Service, session_id: PathId) -> Response:
    """The stop button: whoever has the turn is told `turn_lost` and writes nothing more; what it
    was writing keeps its text and becomes `cancelled`. Repeating it is safe.
    """
    await service.stop(caller, session_id)
    return no_content()
