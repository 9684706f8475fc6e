"""Turning what was raised into RFC 9457 answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from session_api.fields import UNION_BRANCH
from session_api.json_text import encode_json
from session_api.problems import (
    InternalError,
    MethodNotAllowed,
    Problem,
    RouteNotFound,
    ValidationFailed,
)

_TYPES = {"str", "int", "float"}


def problem_answer(problem: Problem, scope: Scope) -> Response:
    """The answer for a problem."""
    state = scope.setdefault("state", {})
    state["problem_code"] = problem.code
    # As routed, never from the URL: a malformed Host makes that differ (CVE-2026-48710).
    body = problem_document(problem, path=scope["path"], request_id=state.get("request_id"))
    return Response(
        body, problem.status, headers=problem.headers, media_type="application/problem+json"
    )


def problem_document(problem: Problem, *, path: str | None, request_id: str | None) -> bytes:
    """The document itself (RFC 9457 § 3)."""
    document = {
        "type": f"/problems/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": path,
        "code": problem.code,
        "request_id": request_id,
        **problem.members,
    }
    # A path may hold a lone surrogate, which UTF-8 does not have.
    return encode_json(document).encode("utf-8", "replace")


def refusal(error: Exception, scope: Scope) -> Response | None:
    """The answer for what a route raised to refuse a request. None for what nobody foresaw."""
    if isinstance(error, Problem):
        return problem_answer(error, scope)
    if isinstance(error, RequestValidationError):
        return problem_answer(ValidationFailed(_faults(error)), scope)
    return None


def install(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Makes every refusal of the app an RFC 9457 answer. `routes` are all that it has.

    What nobody foresaw is answered by the outermost middleware, where it is logged as well.
    """

    async def on_refusal(request: Request, error: Exception) -> Response:
        answer = refusal(error, request.scope)
        assert answer is not None  # noqa: S101 - registered for what is refused
        return answer

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        if error.status_code == 405:
            return problem_answer(_not_allowed(request.scope, routes), request.scope)
        return problem_answer(_from_http(error), request.scope)

    app.add_exception_handler(Problem, on_refusal)
    app.add_exception_handler(RequestValidationError, on_refusal)
    app.add_exception_handler(HTTPException, on_http)


def _not_allowed(scope: Scope, routes: Sequence[BaseRoute]) -> Problem:
    # Starlette names the methods of one route, but an address has a route for each method.
    path = getattr(scope.get("route"), "path", None)
    methods = {
        method
        for route in routes
        if isinstance(route, Route) and route.path == path
        for method in route.methods or ()
    }
    return MethodNotAllowed(headers={"Allow": ", ".join(sorted(methods))})


def _from_http(error: HTTPException) -> Problem:
    match error.status_code:
        case 404:
            return RouteNotFound()
        case status if status < 500:
            return ValidationFailed.at("", "The request can't be read.")
        case _:
            return InternalError()


def _faults(error: RequestValidationError) -> list[dict[str, str]]:
    return [{"pointer": _pointer(fault), "detail": _detail(fault)} for fault in error.errors()]


def _pointer(fault: Mapping[str, Any]) -> str:
    """Where the fault is: FastAPI's and Pydantic's location without what is theirs in it."""
    place, *parts = fault["loc"]
    if place == "header":
        return "".join(f"/{'-'.join(map(str.capitalize, name.split('-')))}" for name in parts)
    # The name of a field that is not known is the client's, whatever it looks like.
    unknown = [parts.pop()] if parts and fault["type"] == "extra_forbidden" else []
    if parts and str(parts[0]).startswith(UNION_BRANCH):
        parts = parts[1:]
    if parts and parts[-1] in _TYPES:  # the types that a value could have had
        parts = parts[:-1]
    kept = [part for part in parts if not str(part).startswith(("function-", "list["))]
    names = (str(part).replace("~", "~0").replace("/", "~1") for part in kept + unknown)
    return "".join(f"/{name}" for name in names)


def _detail(fault: Mapping[str, Any]) -> str:
    return str(fault["msg"]).removeprefix("Value error, ")
