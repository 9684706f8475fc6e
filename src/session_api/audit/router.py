"""One's own audit trail over HTTP, and the tenant's for its administrators."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from session_api.audit.recording_repository import Severity
from session_api.audit.schemas import AuditPage, TenantAuditPage
from session_api.audit.service import AuditService
from session_api.fields import PathId, PointInTime
from session_api.http.answers import json_answer
from session_api.http.authentication import AdminCaller, ReadingCaller
from session_api.http.openapi import documented
from session_api.http.parts import part
from session_api.http.route import GuardedRoute

router = APIRouter(prefix="/api/audit", tags=["Audit"], route_class=GuardedRoute)
admin_router = APIRouter(prefix="/api/admin/audit", tags=["Audit"], route_class=GuardedRoute)

EventName = Annotated[
    str | None,
    Query(
        pattern=r"^[a-z_.]{1,100}$",
        description="Only this event.",
        examples=["session.completed"],
    ),
]
OfSeverity = Annotated[Severity | None, Query(description="Only of this severity.")]
OfSession = Annotated[PathId | None, Query(description="Only of this session.")]
Since = Annotated[PointInTime | None, Query(description="At or after this time.")]
Until = Annotated[PointInTime | None, Query(description="Before this time.")]
ByActor = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00]*$",
        description="Only what they did, or `system:` and a job.",
    ),
]
OfUser = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00]*$",
        description="Only in the trail of this user, whoever did it.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=100)]
NextCursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]


@router.get(
    "",
    summary="Read your audit trail",
    response_model=AuditPage,
    responses=documented(),
    operation_id="list_audit_events",
)
async def list_audit_events(
    caller: ReadingCaller,
    service: Annotated[AuditService, part("audit")],
    event: EventName = None,
    severity: OfSeverity = None,
    session_id: OfSession = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: NextCursor = None,
) -> Response:
    """Newest first."""
    page = await service.page(
        caller,
        event=event,
        severity=severity,
        session_id=session_id,
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    )
    return json_answer(page.to_json())


@admin_router.get(
    "",
    summary="Read the audit trail of your tenant",
    response_model=TenantAuditPage,
    responses=documented(),
    operation_id="list_tenant_audit_events",
)
async def list_tenant_audit_events(
    caller: AdminCaller,
    service: Annotated[AuditService, part("audit")],
    event: EventName = None,
    severity: OfSeverity = None,
    session_id: OfSession = None,
    actor: ByActor = None,
    user_id: OfUser = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: NextCursor = None,
) -> Response:
    """Newest first, of all people of the token's tenant. For the role `admin`; of other tenants it
    shows nothing to anybody.
    """
    page = await service.tenant_page(
        caller,
        event=event,
        severity=severity,
        session_id=session_id,
        actor=actor,
        user_id=user_id,
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    )
    return json_answer(page.to_json())
