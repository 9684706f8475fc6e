"""One's own audit trail over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from session_api.audit.schemas import AuditPage
from session_api.audit.service import AuditService
from session_api.fields import PathId, PointInTime
from session_api.http.answers import json_answer
from session_api.http.authentication import ReadingCaller
from session_api.http.openapi import documented
from session_api.http.route import GuardedRoute

router = APIRouter(prefix="/api/audit", tags=["Audit"], route_class=GuardedRoute)


async def _service(request: Request) -> AuditService:
    service: AuditService = request.app.state.audit
    return service


@router.get(
    "",
    summary="Read your audit trail",
    response_model=AuditPage,
    responses=documented(),
    operation_id="list_audit_events",
)
async def list_audit_events(
    caller: ReadingCaller,
    service: Annotated[AuditService, Depends(_service)],
    event: Annotated[
        str | None,
        Query(
            pattern=r"^[a-z_.]{1,100}$",
            description="Only this event.",
            examples=["session.completed"],
        ),
    ] = None,
    session_id: Annotated[PathId | None, Query(description="Only of this session.")] = None,
    since: Annotated[PointInTime | None, Query(description="At or after this time.")] = None,
    until: Annotated[PointInTime | None, Query(description="Before this time.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> Response:
    """Newest first."""
    page = await service.page(
        caller,
        event=event,
        session_id=session_id,
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    )
    return json_answer(page.to_json())
