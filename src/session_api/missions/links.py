"""What a session asks of missions: to be linked to one, and to stop what nobody runs any longer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.missions.repository import MissionRepository, WorkPath
from session_api.problems import MissionAlreadyLinked, MissionNotFound
from session_api.sync import Change


@dataclass(frozen=True, slots=True)
class MissionLinks:
    """The missions of one owner as their sessions see them, inside a session's transaction."""

    connection: AsyncConnection
    owner_id: UUID

    async def link(self, session_id: UUID, mission_id: UUID, *, at: datetime) -> bool:
        """Links the mission to the session; False where it is linked already.

        Under the session's lock. Raises MissionNotFound, or MissionAlreadyLinked where either has
        another partner.
        """
        missions = MissionRepository(self.connection, self.owner_id)
        mission = await missions.find(WorkPath(mission_id), lock=True)
        if mission is None:
            raise MissionNotFound
        if mission.session_id == session_id:
            return False
        if mission.session_id is not None:
            raise MissionAlreadyLinked("The mission is linked to another session.")
        if await missions.linked_to(session_id) is not None:
            raise MissionAlreadyLinked("The session is linked to another mission.")
        await missions.change(WorkPath(mission_id), {"session_id": session_id}, at=at)
        return True

    async def stop_steps(self, session_id: UUID, *, at: datetime) -> list[Change]:
        """Cancels the active tool steps of a session that leaves `active`; pending ones stay.

        The caller logs the changes.
        """
        missions = MissionRepository(self.connection, self.owner_id)
        return [
            tool_step_change("updated", path)
            for path in await missions.stop_steps(session_id, at=at)
        ]


def tool_step_change(what: str, path: WorkPath) -> Change:
    """The log's word for a change of a tool step."""
    assert path.step_id is not None  # noqa: S101 - the path of a step
    place = {"mission_id": str(path.mission_id), "hop_id": str(path.hop_id)}
    return Change(f"tool_step.{what}", path.step_id, place)
