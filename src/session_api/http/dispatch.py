"""The short way from an address to its route."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from session_api.http.errors import problem_answer, refusal
from session_api.http.route import GuardedRoute, StrictRequest
from session_api.problems import RouteNotFound


class Directory:
    """Routes by the parts of their address: one look-up a part, however many routes there are."""

    def __init__(self, routes: Iterable[GuardedRoute]) -> None:
        self._root = _Crossing()
        for route in routes:
            crossing = self._root
            names = []
            for part in route.path.split("/"):
                if part.startswith("{"):
                    names.append(part[1:-1])
                    crossing.parameter = crossing.parameter or _Crossing()
                    crossing = crossing.parameter
                else:
                    crossing = crossing.ways.setdefault(part, _Crossing())
            for method in route.methods or ():
                crossing.routes[method] = (route, tuple(names))

    def find(self, method: str, path: str) -> tuple[GuardedRoute, dict[str, str]] | None:
        """The route and what its parameters are. None where there surely is none, and also where
        a name of ours stands in the place of a parameter: that is for the router to judge.
        """
        crossing = self._root
        found = []
        for part in path.split("/"):
            way = crossing.ways.get(part)
            if way is None:
                way = crossing.parameter
                if way is None or not part:
                    return None
                found.append(part)
            crossing = way
        if (here := crossing.routes.get(method)) is None:
            return None
        route, names = here
        return route, dict(zip(names, found, strict=True))


class _Crossing:
    __slots__ = ("parameter", "routes", "ways")

    def __init__(self) -> None:
        self.ways: dict[str, _Crossing] = {}
        self.parameter: _Crossing | None = None
        self.routes: dict[str, tuple[GuardedRoute, tuple[str, ...]]] = {}


class SocketRoute(Protocol):
    """What answers WebSockets at an address. `path` is a template, as a route's."""

    @property
    def path(self) -> str: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises what refuses the handshake as long as it has accepted nothing."""


class Dispatch:
    """Answers requests whose route it knows; all others go on to FastAPI's router, which answers
    the same, but tries one route after the other, twice for each router it was included with.

    A path is the same with and without its trailing slash, without a redirect, which would lose
    the body and, in some clients, the token. `with_slash` are the paths that are routed with one.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        directory: Directory,
        with_slash: Collection[str],
        sockets: Sequence[SocketRoute] = (),
    ) -> None:
        self._app = app
        self._directory = directory
        self._with_slash = {path.removesuffix("/") for path in with_slash}
        self._sockets = [(_pattern(route.path), route) for route in sockets]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope["path"] = self._routed(scope["path"])
        if scope["type"] == "websocket":
            await self._answer_socket(scope, receive, send)
            return
        if scope.get("root_path"):
            await self._app(scope, receive, send)
            return
        found = self._directory.find(scope["method"], scope["path"])
        if found is None:
            await self._app(scope, receive, send)
            return
        route, scope["path_params"] = found
        scope["route"] = route
        try:
            answer = await route.answer(StrictRequest(scope, receive))
        except Exception as error:
            refused = refusal(error, scope)
            if refused is None:
                raise
            answer = refused
        await answer(scope, receive, send)

    def _routed(self, path: str) -> str:
        if path.endswith("/"):
            if path.endswith("//"):
                return path  # that is another one
            path = path[:-1]
        return path + "/" if path in self._with_slash else path or "/"

    async def _answer_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        for pattern, route in self._sockets:
            if found := pattern.fullmatch(scope["path"]):
                scope["path_params"] = found.groupdict()
                scope["route"] = route
                break
        else:
            await problem_answer(RouteNotFound(), scope)(scope, receive, send)
            return
        accepted = False

        async def send_and_note(message: Any) -> None:
            nonlocal accepted
            accepted = accepted or message["type"] == "websocket.accept"
            await send(message)

        try:
            await route(scope, receive, send_and_note)
        except Exception as error:
            refused = None if accepted else refusal(error, scope)
            if refused is None:
                raise
            await refused(scope, receive, send)


def _pattern(template: str) -> re.Pattern[str]:
    parts = (
        f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)
        for part in template.split("/")
    )
    return re.compile("/".join(parts))
