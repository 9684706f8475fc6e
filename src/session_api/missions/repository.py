"""Every writing statement on missions, and the reads inside their transactions, for one owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Table, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.missions.reads import HOP, ONE, TOOL_STEP
from session_api.models import METADATA

_MISSIONS = METADATA.tables["missions"]
_HOPS = METADATA.tables["hops"]
_STEPS = METADATA.tables["tool_steps"]

_SHOW_HOP = f"""
    SELECT {HOP}::text FROM hops h WHERE h.owner_id = $1 AND h.mission_id = $2 AND h.id = $3
"""
_SHOW_STEP = f"""
    SELECT {TOOL_STEP}::text
      FROM tool_steps t
     WHERE t.owner_id = $1 AND t.mission_id = $2 AND t.hop_id = $3 AND t.id = $4
"""

_STOP_STEPS = """
      WITH stopped AS (
           UPDATE tool_steps t
              SET status = 'cancelled', finished_at = $3, updated_at = $3
             FROM missions m
            WHERE m.owner_id = $1 AND m.session_id = $2
              AND t.owner_id = $1 AND t.mission_id = m.id AND t.status = 'active'
           RETURNING t.id, t.hop_id, t.mission_id
           ), touched AS (
           UPDATE missions
              SET updated_at = $3
            WHERE owner_id = $1 AND session_id = $2 AND EXISTS (SELECT FROM stopped)
           )
    SELECT id, hop_id, mission_id FROM stopped
"""


@dataclass(frozen=True, slots=True)
class WorkPath:
    """Where a mission, a hop or a tool step stands: the last id is its own."""

    mission_id: UUID
    hop_id: UUID | None = None
    step_id: UUID | None = None

    @property
    def table(self) -> Table:
        if self.step_id is not None:
            return _STEPS
        return _MISSIONS if self.hop_id is None else _HOPS

    def where(self, owner_id: UUID) -> list[Any]:
        """The condition that picks this one row."""
        table = self.table.c
        conditions = [table.owner_id == owner_id]
        if self.step_id is not None:
            conditions += [
                table.mission_id == self.mission_id,
                table.hop_id == self.hop_id,
                table.id == self.step_id,
            ]
        elif self.hop_id is not None:
            conditions += [table.mission_id == self.mission_id, table.id == self.hop_id]
        else:
            conditions.append(table.id == self.mission_id)
        return conditions


class MissionRepository:
    """One owner's missions, inside a transaction."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def session_of(self, mission_id: UUID) -> tuple[bool, UUID | None]:
        """Whether the mission is there, and the session it is linked to. Takes no lock."""
        result = await self._connection.execute(
            select(_MISSIONS.c.session_id).where(*WorkPath(mission_id).where(self._owner_id))
        )
        row = result.one_or_none()
        return (False, None) if row is None else (True, row[0])

    async def find(self, path: WorkPath, *, lock: bool = False) -> Row[Any] | None:
        """The row at `path`; with `lock`, kept from other writers until the transaction ends."""
        statement: Select[Any] = select(path.table).where(*path.where(self._owner_id))
        if lock:
            statement = statement.with_for_update(key_share=True)
        row: Row[Any] | None = (await self._connection.execute(statement)).one_or_none()
        return row

    async def add_mission(self, values: dict[str, Any]) -> bool:
        """Adds a mission, or returns False where the id is taken.

        Raises IntegrityError where the session has a mission.
        """
        result = await self._connection.execute(
            upsert(_MISSIONS)
            .values(owner_id=self._owner_id, **values)
            .on_conflict_do_nothing(constraint="pk_missions")
            .returning(_MISSIONS.c.id)
        )
        return result.scalar_one_or_none() is not None

    async def add_hops(self, rows: Sequence[dict[str, Any]]) -> None:
        """Adds hops, whose ids must be new in the mission."""
        await self._add(_HOPS, rows)

    async def add_steps(self, rows: Sequence[dict[str, Any]]) -> None:
        """Adds tool steps, whose ids must be new in the hop."""
        await self._add(_STEPS, rows)

    async def next_seq(self, path: WorkPath) -> int:
        """The place after the last hop of a mission, or after the last tool step of a hop.

        Safe under the lock of the mission's row.
        """
        child = _HOPS if path.hop_id is None else _STEPS
        conditions = [
            child.c.owner_id == self._owner_id,
            child.c.mission_id == path.mission_id,
        ]
        if path.hop_id is not None:
            conditions.append(child.c.hop_id == path.hop_id)
        result = await self._connection.execute(
            select(func.coalesce(func.max(child.c.seq), 0) + 1).where(*conditions)
        )
        return int(result.scalar_one())

    async def change(self, path: WorkPath, values: dict[str, Any], *, at: datetime) -> None:
        """Changes the row at `path`."""
        await self._connection.execute(
            update(path.table).where(*path.where(self._owner_id)).values(updated_at=at, **values)
        )

    async def delete(self, path: WorkPath) -> None:
        """Removes the row at `path` with all that hangs on it."""
        await self._connection.execute(delete(path.table).where(*path.where(self._owner_id)))

    async def show(self, path: WorkPath) -> str:
        """What is at `path`, as JSON."""
        if path.step_id is not None:
            parameters: tuple[Any, ...] = (path.mission_id, path.hop_id, path.step_id)
            statement = _SHOW_STEP
        elif path.hop_id is not None:
            parameters, statement = (path.mission_id, path.hop_id), _SHOW_HOP
        else:
            parameters, statement = (path.mission_id,), ONE
        result = await self._connection.exec_driver_sql(statement, (self._owner_id, *parameters))
        return str(result.scalar_one())

    async def stop_steps(self, session_id: UUID, *, at: datetime) -> list[WorkPath]:
        """Cancels the active tool steps of the session's mission; returns where they stand."""
        result = await self._connection.exec_driver_sql(
            _STOP_STEPS, (self._owner_id, session_id, at)
        )
        return [WorkPath(row.mission_id, row.hop_id, row.id) for row in result]

    async def linked_to(self, session_id: UUID) -> UUID | None:
        """The mission that a session is linked to."""
        result = await self._connection.execute(
            select(_MISSIONS.c.id).where(
                _MISSIONS.c.owner_id == self._owner_id, _MISSIONS.c.session_id == session_id
            )
        )
        return result.scalar_one_or_none()

    async def _add(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            await self._connection.execute(
                insert(table), [{"owner_id": self._owner_id, **row} for row in rows]
            )
