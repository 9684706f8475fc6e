"""What a request passes on its way to a route, put together without what FastAPI adds on its own.

FastAPI surrounds every app with an answer to what nobody foresaw, with telemetry and with a limit
on bodies. We have our own of each, nearer to the routes: theirs would be passed in vain, five calls
for each request and as many for each part of its answer.
"""

from collections.abc import Awaitable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import State
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

NO_TELEMETRY: Final = TelemetryConfig(tracing=False, metrics=False, logs=False)
"""Of FastAPI's: traces are `telemetry.tracing`, figures `telemetry.families`."""


class Parts(State):
    """What an app is made of. As Starlette's, but an attribute is found as any object's is: each
    request asks for a dozen, and a function call for each would be a hundredth of a light read.
    """

    def __setattr__(self, name: str, part: Any) -> None:
        object.__setattr__(self, name, part)


def put_together(app: FastAPI) -> None:
    """Makes the app's own middleware all that stands around its router. Once all is added to it.

    What Dispatch does not answer itself comes to FastAPI's router, which is given what it expects:
    the handlers of exceptions, and a stack for files to be closed.
    """
    stack: ASGIApp = ExceptionMiddleware(
        AsyncExitStackMiddleware(app.router), handlers=app.exception_handlers
    )
    for around, args, kwargs in reversed(app.user_middleware):
        stack = around(stack, *args, **kwargs)
    app.middleware_stack = stack


def entrance_of(app: FastAPI) -> ASGIApp:
    """What a server calls: the app, past the calls of FastAPI and Starlette that come to the same
    for a service without their telemetry and their root path.
    """
    stack = app.middleware_stack
    assert stack is not None  # noqa: S101 - it was put together

    def enter(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            return app(scope, receive, send)
        scope["app"] = app
        return stack(scope, receive, send)

    return enter
