"""Making missions, with the hops and tool steps that are known from the start."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit import AuditService
from session_api.database.engine import (
    Database,
    TransactionConflict,
    repeated_on_conflict,
    violated_constraint,
)
from session_api.missions.planning import hop_row, mission_row, step_row
from session_api.missions.repository import MissionRepository, WorkPath
from session_api.missions.schemas import MissionCreate
from session_api.people import PeopleRepository
from session_api.ports import Clock, Ids
from session_api.problems import IdConflict, MissionAlreadyLinked
from session_api.security.caller import Caller
from session_api.sync import Change, Journal, LockedSession

_ONE_MISSION_PER_SESSION = {
    "uq_missions_owner_id_session_id",
    "uq_missions_owner_id_session_id_id",
}


@dataclass(frozen=True, slots=True)
class CreatedMission:
    """A mission as JSON, and whether it is new or was there from the same request before."""

    id: UUID
    body: str
    new: bool


class MissionCreation:
    """Called by the missions router."""

    def __init__(self, database: Database, audit: AuditService, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._ids = ids

    @repeated_on_conflict
    async def create(
        self, caller: Caller, body: MissionCreate, *, mission_id: UUID | None
    ) -> CreatedMission:
        """Creates a mission with what it holds, and links it where a session is named.

        The session stays active even if the mission is completed from the start, as it does where
        such a mission is linked: only a mission that becomes completed completes its session.

        A repeat of the same request answers the mission as it now is. Raises IdConflict,
        SessionNotFound, SessionNotActive or MissionAlreadyLinked.
        """
        now = self._clock()
        path = WorkPath(mission_id or self._ids())
        row = mission_row(body, path.mission_id, caller.principal.tenant_id, at=now)
        async with self._database.transaction() as connection:
            await PeopleRepository(connection).admit(caller.principal)
            missions = MissionRepository(connection, caller.owner_id)
            known = await missions.find(path, lock=True)
            if known is not None:
                if known.fingerprint != row["fingerprint"]:
                    raise IdConflict
                return CreatedMission(path.mission_id, await missions.show(path), new=False)
            locked = await self._lock(connection, caller, body.session_id)
            await PeopleRepository(connection).ensure(caller.principal, at=now)
            await self._add(missions, row, body, at=now)
            await self._audit.record(
                connection,
                caller,
                "mission.created",
                session_id=body.session_id,
                mission_id=str(path.mission_id),
            )
            if locked is not None:
                await self._link(connection, caller, locked, path.mission_id, at=now)
            return CreatedMission(path.mission_id, await missions.show(path), new=True)

    async def _lock(
        self, connection: AsyncConnection, caller: Caller, session_id: UUID | None
    ) -> LockedSession | None:
        if session_id is None:
            return None
        locked = await Journal(connection, caller.owner_id).lock(session_id, turn=caller.turn)
        locked.require_writable(self._clock())
        return locked

    async def _add(
        self,
        missions: MissionRepository,
        row: dict[str, Any],
        body: MissionCreate,
        *,
        at: datetime,
    ) -> None:
        try:
            added = await missions.add_mission(row)
        except IntegrityError as error:
            if violated_constraint(error) in _ONE_MISSION_PER_SESSION:
                raise MissionAlreadyLinked("The session is linked to another mission.") from None
            raise
        if not added:
            raise TransactionConflict("the mission appeared meanwhile")
        mission_id: UUID = row["id"]
        hops = [
            hop_row(hop, mission_id, self._ids, seq=seq, at=at)
            for seq, hop in enumerate(body.hops, start=1)
        ]
        await missions.add_hops(hops)
        await missions.add_steps(
            [
                step_row(step, WorkPath(mission_id, hop["id"]), self._ids, seq=seq, at=at)
                for hop, hop_body in zip(hops, body.hops, strict=True)
                for seq, step in enumerate(hop_body.tool_steps, start=1)
            ]
        )

    async def _link(
        self,
        connection: AsyncConnection,
        caller: Caller,
        locked: LockedSession,
        mission_id: UUID,
        *,
        at: datetime,
    ) -> None:
        """Notes the link in the session's log."""
        await Journal(connection, caller.owner_id).advance(
            locked, [Change("mission.linked", mission_id)], at=at, actor=caller.actor
        )
        await self._audit.record(
            connection,
            caller,
            "mission.linked",
            session_id=locked.session_id,
            mission_id=str(mission_id),
        )
