"""The short way from an address to its route."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from session_api.http.errors import refusal
from session_api.http.route import GuardedRoute, StrictRequest


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


class Dispatch:
    """Answers requests whose route it knows; all others go on to FastAPI's router, which answers
    the same, but tries one route after the other, twice for each router it was included with.
    """

    def __init__(self, app: ASGIApp, *, directory: Directory) -> None:
        self._app = app
        self._directory = directory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope.get("root_path"):
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
