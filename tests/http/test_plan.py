"""A plan calls a route's function with what FastAPI would call it with, and finds the same faults.

The bug it prevents: our short way and FastAPI's drift apart, so that the OpenAPI document, which is
FastAPI's, describes something else than what is answered.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from fastapi import APIRouter, BackgroundTasks, Cookie, Depends, Query, Response
from fastapi.dependencies.utils import solve_dependencies
from fastapi.exceptions import RequestValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticUndefined
from starlette.requests import Request

from session_api.api import ROUTERS
from session_api.http.errors import refusal
from session_api.http.plan import LEFT_OUT, Plan, UnknownShape
from session_api.http.route import GuardedRoute
from session_api.problems import Problem
from session_api.security import SESSIONS_READ, SESSIONS_WRITE
from session_api.security.caller import Caller
from session_api.security.principal import Principal

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, GuardedRoute)]
ID = "0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21"
TEXTS = st.sampled_from(["", " ", "0", "1", "-1", "20", "201", "1.0", "chat", "mission,chat", "x",
                         "active", "completed", ID, ID.upper(), "null", '"1"', 'W/"2"', "*", '"1',
                         "2026-11-21T12:00:00Z", "2026-11-21", "\x00", "é"])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 300) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "session_metadata", "role", "content", "messages",
                             "status", "offset", "text", "hops", "unknown"]),
            inner, max_size=4,
        )
    ),
    max_leaves=8,
)  # fmt: skip


class _Services:
    """In place of `app.state`: whatever a dependency takes from it, by its name."""

    settings = SimpleNamespace(public_url=None)

    def __getattr__(self, name: str) -> str:
        return name


def _caller(scopes: frozenset[str]) -> Caller:
    end = datetime.max.replace(tzinfo=UTC)
    person = Principal(UUID(int=1), "default", "session-api", "p", scopes, frozenset(), end)
    return Caller(person, "request-1")


def _names(route: GuardedRoute, kind: str) -> list[str]:
    def of(dependant: Any) -> list[str]:
        own = [field.field_info.alias or field.name for field in getattr(dependant, kind)]
        return own + [name for part in dependant.dependencies for name in of(part)]

    return of(route.dependant)


@st.composite
def _requests(draw: Callable[..., Any], route: GuardedRoute) -> tuple[dict[str, Any], Any]:
    """The scope of a request to the route, and its parsed body."""
    pairs = st.tuples(st.sampled_from([*_names(route, "query_params"), "other"]), TEXTS)
    names = st.sampled_from([*_names(route, "header_params"), "host", "x-other"])
    scopes = draw(st.sampled_from([{SESSIONS_READ, SESSIONS_WRITE}, {SESSIONS_READ}, set()]))
    scope = {
        "type": "http",
        "scheme": "http",
        "method": "POST",
        "path": route.path,
        "path_params": {name: draw(st.just(ID) | TEXTS) for name in _names(route, "path_params")},
        "query_string": urlencode(draw(st.lists(pairs, max_size=4))).encode(),
        "headers": [
            (name.encode(), value.encode("latin-1"))
            for name, value in draw(st.lists(st.tuples(names, TEXTS), max_size=3))
        ],
        "app": SimpleNamespace(state=_Services()),
        "state": {
            "caller": _caller(frozenset(scopes)),
            "device": UUID(int=2),
            "request_id": "request-1",
        },
    }
    return scope, draw(st.just(LEFT_OUT) | JSON)


def _outcome(values: dict[str, Any], faults: list[Any], scope: dict[str, Any]) -> Any:
    if faults:
        answer = refusal(RequestValidationError(faults), scope)
        assert answer is not None
        return bytes(answer.body)
    return {name: value for name, value in values.items() if not isinstance(value, Request)}


async def _by_fastapi(route: GuardedRoute, scope: dict[str, Any], body: Any) -> Any:
    async with AsyncExitStack() as stack:
        scope = {**scope, "fastapi_inner_astack": stack, "fastapi_function_astack": stack}
        try:
            solved = await solve_dependencies(
                request=Request(scope),
                dependant=route.dependant,
                body=PydanticUndefined if body is LEFT_OUT else body,
                async_exit_stack=stack,
                embed_body_fields=False,
            )
        except Problem as problem:
            return repr(problem), problem.members
    return _outcome(solved.values, solved.errors, scope)


async def _by_plan(route: GuardedRoute, scope: dict[str, Any], body: Any) -> Any:
    try:
        values, faults = await Plan.of(route.dependant).values(Request(dict(scope)), body)
    except Problem as problem:
        return repr(problem), problem.members
    return _outcome(values, faults, dict(scope))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: str(route.operation_id))
def test_a_plan_does_what_fastapi_does(route: GuardedRoute) -> None:
    @settings(max_examples=25, deadline=None)
    @given(_requests(route))
    def compare(sent: tuple[dict[str, Any], Any]) -> None:
        scope, body = sent
        theirs = asyncio.run(_by_fastapi(route, scope, body))
        assert asyncio.run(_by_plan(route, scope, body)) == theirs

    compare()


async def _generator() -> Any:
    yield 1


def _in_a_thread() -> int:
    return 1


async def _mutable(tags: Annotated[list[str], Query(default_factory=list)]) -> None: ...
async def _cookie(session: Annotated[str, Cookie()]) -> None: ...
async def _tasks(tasks: BackgroundTasks) -> None: ...
async def _answer(response: Response) -> None: ...
async def _yields(value: Annotated[int, Depends(_generator)]) -> None: ...
async def _waits(value: Annotated[int, Depends(_in_a_thread)]) -> None: ...


@pytest.mark.parametrize(
    "endpoint", [_mutable, _cookie, _tasks, _answer, _yields, _waits, _in_a_thread]
)
def test_what_a_plan_can_not_do_shows_when_the_route_is_made(endpoint: Callable[..., Any]) -> None:
    router = APIRouter(route_class=GuardedRoute)
    with pytest.raises(UnknownShape):
        router.add_api_route("/x", endpoint, methods=["POST"])
