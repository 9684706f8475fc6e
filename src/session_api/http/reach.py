"""How a route that found nothing of the caller's own finds what is shared with them.

A route says in its signature who may call it: `ViewingCaller`, `EditingCaller`, or one of the
others, which are the owner's alone. Owners never pay for it: only when the endpoint has found no
session, or no mission, of the caller's, it is asked for a share, and the endpoint called once more
in the owner's workspace. An endpoint that raises SessionNotFound or MissionNotFound has therefore
changed nothing, and has taken nothing from the request that it could not take again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from fastapi import Request

from session_api.http.authentication import ValidToken
from session_api.http.plan import Plan
from session_api.problems import MissionNotFound, NotFound, SessionNotFound
from session_api.security.caller import Caller, Role
from session_api.sharing import SharedAccess

SESSION: Final = "session_id"
MISSION: Final = "mission_id"

Absent = SessionNotFound | MissionNotFound


@dataclass(frozen=True, slots=True)
class Reach:
    """Of a route on a session or a mission: the names of its caller and of the id, and the role
    that it asks for.
    """

    caller: str
    target: str
    absence: type[NotFound]
    role: Role

    @classmethod
    def of(cls, plan: Plan) -> Self | None:
        """None for a route on neither."""
        keys = {parameter.key for parameter in plan.path}
        for name, call, _, _ in plan.dependencies:
            if isinstance(call, ValidToken) and name is not None:
                if SESSION in keys:
                    return cls(name, SESSION, SessionNotFound, call.role)
                if MISSION in keys:
                    return cls(name, MISSION, MissionNotFound, call.role)
        return None

    async def values(
        self, request: Request, values: Mapping[str, Any], absent: Absent
    ) -> dict[str, Any]:
        """What to call the endpoint with instead. Raises what it raised where nothing is shared,
        and InsufficientAccess.
        """
        if not isinstance(absent, self.absence):
            raise absent
        shared: SharedAccess = request.app.state.shared_access
        caller: Caller = values[self.caller]
        find = shared.to_session if self.target == SESSION else shared.to_mission
        found = await find(caller, values[self.target], self.role)
        if found is None:
            raise absent
        return {**values, self.caller: found}
