"""The rules of missions: their progress, and what a finished one brings about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.assets.links import AssetLinks
from session_api.audit import AuditService, NewEvent
from session_api.database.engine import (
    Database,
    TransactionConflict,
    repeated_on_conflict,
)
from session_api.missions.links import tool_step_change
from session_api.missions.planning import (
    changed_values,
    hop_row,
    step_row,
)
from session_api.missions.reads import MissionReader
from session_api.missions.repository import MissionRepository, WorkPath
from session_api.missions.schemas import (
    HopCreate,
    HopPatch,
    MissionPatch,
    ToolStepCreate,
    ToolStepPatch,
)
from session_api.pages import JsonPage, Keyset
from session_api.ports import Clock, Ids
from session_api.problems import (
    HopNotFound,
    IdConflict,
    MissionNotFound,
    SessionNotFound,
    ToolStepNotFound,
)
from session_api.security.caller import Caller
from session_api.sync import Change, Journal, LockedSession


class FinishesSession(Protocol):
    """What missions need of the lifecycle above them."""

    async def finish(
        self, connection: AsyncConnection, caller: Caller, locked: LockedSession, *, cause: str
    ) -> None:
        """Completes an active session inside the transaction that holds its lock."""


@dataclass(frozen=True, slots=True)
class _Work:
    """A mission under its locks, within one transaction."""

    connection: AsyncConnection
    missions: MissionRepository
    mission: Row[Any]
    locked: LockedSession | None
    at: datetime

    def require_writable(self) -> None:
        if self.locked is not None:
            self.locked.require_writable(self.at)


class MissionService:
    """Called by the missions router."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        keyset: Keyset,
        clock: Clock,
        ids: Ids,
        finisher: FinishesSession | None,
    ) -> None:
        """`finisher` completes the session of a mission that completes; None leaves it active."""
        self._database = database
        self._audit = audit
        self._keyset = keyset
        self._clock = clock
        self._ids = ids
        self._finisher = finisher

    async def one(self, caller: Caller, mission_id: UUID) -> str:
        """A mission as JSON. Raises MissionNotFound."""
        return await MissionReader(self._database, caller.owner_id).one(mission_id)

    async def page(
        self, caller: Caller, *, statuses: list[str] | None, limit: int, cursor: str | None
    ) -> JsonPage:
        """The caller's missions, newest first. Raises ValidationFailed."""
        listing = self._keyset.of("missions", caller.owner_id, statuses)
        reader = MissionReader(self._database, caller.owner_id)
        rows = await reader.page(statuses=statuses, after=listing.place(cursor), limit=limit + 1)
        return listing.page(rows, limit)

    async def change_mission(self, caller: Caller, mission_id: UUID, body: MissionPatch) -> str:
        """Changes a mission; when it completes, so does its session, in the same transaction.

        Raises MissionNotFound, SessionNotActive, TurnLost, InvalidTransition or ValidationFailed.
        """
        return await self._change(
            caller, WorkPath(mission_id), body, lambda _: Change("mission.updated", mission_id)
        )

    async def change_hop(self, caller: Caller, path: WorkPath, body: HopPatch) -> str:
        """Changes a hop. Raises as `change_mission`, and HopNotFound."""
        return await self._change(caller, path, body, lambda path: _hop_change("updated", path))

    async def change_step(self, caller: Caller, path: WorkPath, body: ToolStepPatch) -> str:
        """Changes a tool step. Raises as `change_hop`, and ToolStepNotFound."""
        return await self._change(
            caller, path, body, lambda path: tool_step_change("updated", path)
        )

    @repeated_on_conflict
    async def add_hop(
        self, caller: Caller, mission_id: UUID, body: HopCreate, *, hop_id: UUID | None
    ) -> tuple[str, bool]:
        """Adds a hop with its tool steps at the end of a mission; also tells whether it is new.

        Raises MissionNotFound, SessionNotActive or IdConflict.
        """
        async with self._database.transaction() as connection:
            work = await self._open(connection, caller, mission_id)
            path = WorkPath(mission_id, hop_id or self._ids())
            row = hop_row(
                body.model_copy(update={"id": path.hop_id}),
                mission_id,
                self._ids,
                seq=await work.missions.next_seq(WorkPath(mission_id)),
                at=work.at,
            )
            known = await work.missions.find(path)
            if known is not None:
                return await self._repeat(work.missions, path, known, row["fingerprint"])
            work.require_writable()
            await work.missions.add_hops([row])
            await work.missions.add_steps(
                [
                    step_row(step, path, self._ids, seq=seq, at=work.at)
                    for seq, step in enumerate(body.tool_steps, start=1)
                ]
            )
            told = self._told(caller, work, path, "created", tool_steps=len(body.tool_steps))
            await self._log(caller, work, path, _hop_change("created", path), told=told)
            return await work.missions.show(path), True

    @repeated_on_conflict
    async def add_step(
        self, caller: Caller, path: WorkPath, body: ToolStepCreate, *, step_id: UUID | None
    ) -> tuple[str, bool]:
        """Adds a tool step at the end of a hop. Raises as `add_hop`, and HopNotFound."""
        async with self._database.transaction() as connection:
            work = await self._open(connection, caller, path.mission_id)
            await self._found(work, path)
            own = replace(path, step_id=step_id or self._ids())
            row = step_row(
                body.model_copy(update={"id": own.step_id}),
                path,
                self._ids,
                seq=await work.missions.next_seq(path),
                at=work.at,
            )
            known = await work.missions.find(own)
            if known is not None:
                return await self._repeat(work.missions, own, known, row["fingerprint"])
            work.require_writable()
            await work.missions.add_steps([row])
            told = self._told(caller, work, own, "created")
            await self._log(caller, work, own, tool_step_change("created", own), told=told)
            return await work.missions.show(own), True

    @repeated_on_conflict
    async def delete(self, caller: Caller, path: WorkPath) -> None:
        """Removes a mission, a hop or a tool step with all that hangs on it.

        Raises MissionNotFound, HopNotFound, ToolStepNotFound or SessionNotActive.
        """
        async with self._database.transaction() as connection:
            work = await self._open(connection, caller, path.mission_id)
            await self._found(work, path)
            work.require_writable()
            removed = await self._forget_files(work, caller, path)
            await work.missions.delete(path)
            if path.step_id is not None:
                change = tool_step_change("deleted", path)
            elif path.hop_id is not None:
                change = _hop_change("deleted", path)
            else:
                change = Change("mission.updated", path.mission_id, {"deleted": True})
            told = self._told(caller, work, path, "deleted")
            await self._log(caller, work, path, *removed, change, told=told)

    async def _forget_files(self, work: _Work, caller: Caller, path: WorkPath) -> list[Change]:
        """The files of what goes go with it. Only what is linked to a session has any."""
        if work.locked is None or path.step_id is not None:
            return []
        links = AssetLinks(work.connection, caller.owner_id)
        session_id = work.locked.session_id
        if path.hop_id is not None:
            return await links.forget_hop(session_id, path.hop_id, at=work.at)
        return await links.forget_mission(session_id, path.mission_id, at=work.at)

    @repeated_on_conflict
    async def _change(
        self,
        caller: Caller,
        path: WorkPath,
        body: MissionPatch | HopPatch | ToolStepPatch,
        change_of: Callable[[WorkPath], Change],
    ) -> str:
        async with self._database.transaction() as connection:
            work = await self._open(connection, caller, path.mission_id)
            row = await self._found(work, path)
            values = changed_values(row, body, at=work.at)
            if not values:
                return await work.missions.show(path)
            work.require_writable()
            await work.missions.change(path, values, at=work.at)
            told = self._told_of_change(caller, work, path, row, values, body)
            await self._log(caller, work, path, change_of(path), told=told)
            if path.hop_id is None and values.get("status") == "completed":
                await self._finish(caller, work)
            return await work.missions.show(path)

    async def _open(self, connection: AsyncConnection, caller: Caller, mission_id: UUID) -> _Work:
        """Takes the locks of a mission: its session's first, as everybody does, then its own."""
        missions = MissionRepository(connection, caller.owner_id)
        there, session_id = await missions.session_of(mission_id)
        if not there:
            raise MissionNotFound
        locked = None
        if session_id is not None:
            try:
                locked = await Journal(connection, caller.owner_id).lock(
                    session_id, turn=caller.turn
                )
            except SessionNotFound:
                raise TransactionConflict("the session was erased meanwhile") from None
        mission = await missions.find(WorkPath(mission_id), lock=True)
        if mission is None:
            raise MissionNotFound
        if mission.session_id != session_id:
            raise TransactionConflict("the mission was linked meanwhile")
        return _Work(connection, missions, mission, locked, self._clock())

    async def _found(self, work: _Work, path: WorkPath) -> Row[Any]:
        if path.hop_id is None:
            return work.mission
        hop = await work.missions.find(WorkPath(path.mission_id, path.hop_id))
        if hop is None:
            raise HopNotFound
        if path.step_id is None:
            return hop
        step = await work.missions.find(path)
        if step is None:
            raise ToolStepNotFound
        return step

    async def _repeat(
        self, missions: MissionRepository, path: WorkPath, known: Row[Any], fingerprint: bytes
    ) -> tuple[str, bool]:
        if known.fingerprint != fingerprint:
            raise IdConflict
        return await missions.show(path), False

    def _told(
        self, caller: Caller, work: _Work, path: WorkPath, what: str, **data: Any
    ) -> list[NewEvent]:
        """The audit event for what happened to a mission, a hop or a tool step."""
        kind, ids = "mission", {"mission_id": str(path.mission_id)}
        if path.hop_id is not None:
            kind, ids = "hop", ids | {"hop_id": str(path.hop_id)}
        if path.step_id is not None:
            kind, ids = "tool_step", ids | {"step_id": str(path.step_id)}
        session_id = work.mission.session_id
        facts: dict[str, Any] = ids | data
        return [self._audit.event(caller, f"{kind}.{what}", session_id=session_id, **facts)]

    def _told_of_change(
        self,
        caller: Caller,
        work: _Work,
        path: WorkPath,
        row: Row[Any],
        values: dict[str, Any],
        body: MissionPatch | HopPatch | ToolStepPatch,
    ) -> list[NewEvent]:
        """A mission that moved on is told of by its new status, all else by what was changed."""
        fields = sorted(body.model_fields_set & values.keys())
        status = values.get("status")
        if status is None:
            return self._told(caller, work, path, "updated", fields=fields)
        if path.hop_id is not None:
            moved = {"from": row.status, "to": status}
            return self._told(caller, work, path, "updated", fields=fields, **moved)
        told = self._told(caller, work, path, status, before=row.status)
        others = [name for name in fields if name != "status"]
        return (
            [*told, *self._told(caller, work, path, "updated", fields=others)] if others else told
        )

    async def _log(
        self,
        caller: Caller,
        work: _Work,
        path: WorkPath,
        *changes: Change,
        told: Sequence[NewEvent],
    ) -> None:
        """Moves the mission's time of change, and the version of its session, if it has one."""
        if path.hop_id is not None:
            await work.missions.change(WorkPath(path.mission_id), {}, at=work.at)
        if work.locked is not None:
            journal = Journal(work.connection, caller.owner_id)
            await journal.advance(work.locked, changes, at=work.at, actor=caller.actor, told=told)
        else:
            await self._audit.record_all(work.connection, told)

    async def _finish(self, caller: Caller, work: _Work) -> None:
        """Completes the session of a mission that has just completed."""
        if self._finisher is not None and work.locked is not None:
            now_at = replace(work.locked, version=work.locked.version + 1)
            await self._finisher.finish(work.connection, caller, now_at, cause="mission.completed")


def _hop_change(what: str, path: WorkPath) -> Change:
    assert path.hop_id is not None  # noqa: S101 - the path of a hop
    return Change(f"hop.{what}", path.hop_id, {"mission_id": str(path.mission_id)})
