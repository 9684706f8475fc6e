"""The changes of a session over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from session_api.fields import PathId
from session_api.http.answers import json_answer
from session_api.http.authentication import ViewingCaller
from session_api.http.openapi import documented
from session_api.http.parts import part
from session_api.http.route import GuardedRoute
from session_api.live.changes.schemas import Changes
from session_api.live.changes.service import ChangeFeed
from session_api.problems import SessionNotFound
from session_api.sync_problems import ChangesGone

router = APIRouter(
    prefix="/api/sessions/{session_id}/changes", tags=["Live sync"], route_class=GuardedRoute
)


@router.get(
    "",
    summary="What changed since a version",
    response_model=Changes,
    responses=documented(SessionNotFound, ChangesGone),
    operation_id="list_changes",
)
async def list_changes(
    caller: ViewingCaller,
    feed: Annotated[ChangeFeed, part("change_feed")],
    session_id: PathId,
    since: Annotated[int, Query(ge=0, le=2**63 - 1, description="The version that you have.")] = 0,
    limit: Annotated[
        int, Query(ge=1, le=1000, description="At most so many; fewer where they are large.")
    ] = 100,
) -> Response:
    """Oldest first, each with the thing as it is now: applied in their order to a copy of the
    session as it was at `since`, they make it what it is. While `has_more`, ask again since the
    `version` of the last change; then you have all up to `version`. Versions may be missing in
    between: of an answer that is being written, only the latest growth is listed.
    """
    page = await feed.since(caller, session_id, since, limit=limit)
    return json_answer(page.to_json(caller.role))
