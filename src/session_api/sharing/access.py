"""Finding the way into another's workspace, for routes and streams that found nothing of one's own.

Owners never come here: it is asked only after their own trees had no such thing.
"""

from datetime import timedelta
from uuid import UUID

from session_api.audit import AuditService
from session_api.database.engine import Database
from session_api.json_text import encode_json
from session_api.ports import Clock, Ids
from session_api.security.caller import ROLES, Caller, Role
from session_api.sharing.reads import MISSION_REACHED, SESSION_REACHED, ShareReader
from session_api.sharing_problems import InsufficientAccess

ACCESSED = "session.accessed"


class SharedAccess:
    """Called by guarded routes and by the streams. One statement a question, whoever asks."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        clock: Clock,
        ids: Ids,
        *,
        told_again_after: timedelta,
    ) -> None:
        """The same person in the same session is told of again after so long."""
        self._reader = ShareReader(database, clock)
        self._audit = audit
        self._clock = clock
        self._ids = ids
        self._told_again_after = told_again_after

    async def to_session(self, caller: Caller, session_id: UUID, role: Role) -> Caller | None:
        """The caller in the workspace of a session shared with them; None where none is.

        Raises InsufficientAccess where it is, but not as the role that is needed.
        """
        return await self._to(caller, SESSION_REACHED, session_id, role)

    async def to_mission(self, caller: Caller, mission_id: UUID, role: Role) -> Caller | None:
        """As `to_session`, by the mission of the session."""
        return await self._to(caller, MISSION_REACHED, mission_id, role)

    async def _to(
        self, caller: Caller, statement: str, target_id: UUID, role: Role
    ) -> Caller | None:
        access = await self._reader.reached(
            statement,
            caller.principal.owner_id,
            target_id,
            roles=[each for each in ROLES[1:] if ROLES.index(each) <= ROLES.index(role)],
            told=self.told(caller),
            event_id=self._ids(),
            told_again_after=self._told_again_after,
        )
        if access is None:
            return None
        if not access.allows(role):
            raise InsufficientAccess(access=access.role, required=role)
        return caller.within(access)

    @property
    def told_again_after(self) -> timedelta:
        return self._told_again_after

    def told(self, caller: Caller) -> str:
        """What the events of a caller's access have in common, as JSON."""
        return encode_json(
            {
                "at": self._clock().isoformat(),
                "event": ACCESSED,
                "severity": "info",
                **caller.origin.as_members(),
            }
        )
