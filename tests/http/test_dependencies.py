"""No dependency of a route is a plain function: FastAPI would send it to a thread with every
request, which costs more than all the rest of a light read.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from session_api.api import ROUTERS


def _plain(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for part in dependant.dependencies:
        call = part.call
        assert call is not None
        if not (
            inspect.iscoroutinefunction(call)
            or inspect.iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004
        ):
            yield call
        yield from _plain(part)


def test_no_dependency_runs_in_a_thread() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    assert len(routes) > 20
    assert {call.__qualname__ for route in routes for call in _plain(route.dependant)} == set()
