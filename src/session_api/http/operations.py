"""Whether the process lives and whether it can do its work."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from session_api.database.health import DEGRADED, Readiness
from session_api.http.parts import part
from session_api.problems import RouteNotFound
from session_api.telemetry import CONTENT_TYPE, Telemetry

router = APIRouter(tags=["Operations"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """What the service needs, part by part: `ok`, or what is wrong with it."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, str]


@router.get("/healthz", summary="Is the process alive?", operation_id="get_health")
async def get_health() -> Health:
    """Answers as long as the process does; asks nobody else."""
    return Health()


@router.get(
    "/readyz",
    summary="Can it do its work?",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "Something it needs is missing."}},
    operation_id="get_readiness",
)
async def get_readiness(
    readiness: Annotated[Readiness, part("readiness")],
) -> Response:
    """The database answers, and its tables are those that this version was written for."""
    checks = await readiness.checks()
    healthy = all(check == "ok" or check.startswith(DEGRADED) for check in checks.values())
    ready = Ready(status="ok" if healthy else "unavailable", checks=checks)
    headers = {} if healthy else {"Retry-After": "1"}
    return JSONResponse(ready.model_dump(), 200 if healthy else 503, headers=headers)


@router.get(
    "/metrics",
    summary="How is it doing? For Prometheus.",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    operation_id="get_metrics",
)
async def get_metrics(request: Request) -> Response:
    """Figures of all worker processes, in Prometheus's text format. No token: keep the path inside,
    give it an address of its own, or turn it off, by `SESSION_API_METRICS`.
    """
    telemetry: Telemetry = request.app.state.telemetry
    if request.app.state.settings.metrics != "on":
        raise RouteNotFound
    return Response(await telemetry.text(), media_type=CONTENT_TYPE)
