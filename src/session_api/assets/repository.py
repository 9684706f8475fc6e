"""Every writing statement on assets, and the reads inside their transactions, for one owner."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from session_api.assets.limits import Usage
from session_api.assets.reads import COLUMNS, StoredAsset
from session_api.models import Asset, User
from session_api.problems import HopNotFound, MissionNotFound

TICKETS_OUTLIVE = timedelta(minutes=1)
"""How long after its end a ticket may still bring bytes: clocks differ, and uploads take a while
to end that began in time."""

_ONE = f"""
    SELECT {COLUMNS}
      FROM assets a
     WHERE a.owner_id = $1 AND a.session_id = $2 AND a.id = $3
"""

# $3 mission or null, $4 hop or null. The mission of a hop need not be said.
_PLACE = """
    SELECT m.id AS mission_id, h.id AS hop_id
      FROM missions m
      LEFT JOIN hops h ON h.owner_id = m.owner_id AND h.mission_id = m.id AND h.id = $4
     WHERE m.owner_id = $1 AND m.session_id = $2 AND ($3::uuid IS NULL OR m.id = $3)
       FOR KEY SHARE OF m
"""

_SESSION_USAGE = """
    SELECT count(*), coalesce(sum(size), 0)::bigint
      FROM assets
     WHERE owner_id = $1 AND session_id = $2
"""

_TENANT_USAGE = """
    SELECT coalesce(sum(asset_count), 0)::bigint, coalesce(sum(asset_bytes), 0)::bigint
      FROM users
     WHERE tenant_id = $1
"""

# $2 now. What a row's ticket could still bring after it is deleted is deleted again at its end.
_REMOVE = """
      WITH gone AS (
           DELETE FROM assets a WHERE a.owner_id = $1 AND {condition}
           RETURNING a.id, a.object_key, a.upload_id, a.size, a.status, a.expires_at
           ), noted AS (
           INSERT INTO object_deletions
                  (owner_id, object_key, upload_id, size, attempts, created_at, due_at, last_at)
           SELECT $1, object_key, upload_id, size, 0, $2, $2,
                  greatest($2::timestamptz, expires_at + $3::interval)
             FROM gone
           ), counted AS (
           UPDATE users
              SET asset_count = asset_count - (SELECT count(*) FROM gone),
                  asset_bytes = asset_bytes - (SELECT coalesce(sum(size), 0) FROM gone)
            WHERE owner_id = $1 AND EXISTS (SELECT FROM gone)
           )
    SELECT id, status, size FROM gone ORDER BY id
"""
_REMOVE_ONE = _REMOVE.format(condition="a.session_id = $4 AND a.id = $5")
_REMOVE_OF_SESSION = _REMOVE.format(condition="a.session_id = $4")
_REMOVE_OF_MISSION = _REMOVE.format(condition="a.session_id = $4 AND a.mission_id = $5")
_REMOVE_OF_HOP = _REMOVE.format(condition="a.session_id = $4 AND a.hop_id = $5")
_REMOVE_ALL = _REMOVE.format(condition="true")
_REMOVE_EXPIRED = _REMOVE.format(
    condition="a.session_id = $4 AND a.id = $5 AND a.status = 'pending' AND a.expires_at <= $2"
)


@dataclass(frozen=True, slots=True)
class RemovedAsset:
    """What is known of an asset that is gone."""

    id: UUID
    status: str
    size: int


class AssetRepository:
    """One owner's assets, inside a transaction."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def one(
        self, session_id: UUID, asset_id: UUID, *, lock: bool = False
    ) -> StoredAsset | None:
        """An asset of the session, whatever its status."""
        statement = f"{_ONE} FOR NO KEY UPDATE" if lock else _ONE
        result = await self._connection.exec_driver_sql(
            statement, (self._owner_id, session_id, asset_id)
        )
        row = result.one_or_none()
        return None if row is None else StoredAsset(*tuple(row))

    async def place(
        self, session_id: UUID, mission_id: UUID | None, hop_id: UUID | None
    ) -> tuple[UUID | None, UUID | None]:
        """The mission and hop that a file is to belong to, of which the hop's alone may be named.

        Raises MissionNotFound and HopNotFound where they are not the session's.
        """
        if mission_id is None and hop_id is None:
            return None, None
        result = await self._connection.exec_driver_sql(
            _PLACE, (self._owner_id, session_id, mission_id, hop_id)
        )
        row = result.one_or_none()
        if row is None:
            raise HopNotFound if mission_id is None else MissionNotFound
        if hop_id is not None and row.hop_id is None:
            raise HopNotFound
        return row.mission_id, row.hop_id

    async def change(self, session_id: UUID, asset_id: UUID, values: dict[str, Any]) -> None:
        """Sets columns of one asset. Under its session's lock, or its own."""
        await self._connection.execute(
            update(Asset)
            .where(
                col(Asset.owner_id) == self._owner_id,
                col(Asset.session_id) == session_id,
                col(Asset.id) == asset_id,
            )
            .values(**values)
        )

    async def session_usage(self, session_id: UUID) -> Usage:
        """Of one session. Exact under its lock."""
        result = await self._connection.exec_driver_sql(
            _SESSION_USAGE, (self._owner_id, session_id)
        )
        return Usage(*tuple(result.one()))

    async def user_usage(self) -> Usage:
        """Of the owner. Takes the lock of their row, so that it stays so."""
        result = await self._connection.execute(
            select(col(User.asset_count), col(User.asset_bytes))
            .where(col(User.owner_id) == self._owner_id)
            .with_for_update(key_share=True)
        )
        return Usage(*tuple(result.one()))

    async def tenant_usage(self, tenant_id: str) -> Usage:
        """Of all users of a tenant; what others announce at this moment is not in it."""
        result = await self._connection.exec_driver_sql(_TENANT_USAGE, (tenant_id,))
        return Usage(*tuple(result.one()))

    async def count(self, change: Usage) -> None:
        """Moves the owner's counters. Negative numbers take away."""
        await self._connection.execute(
            update(User)
            .where(col(User.owner_id) == self._owner_id)
            .values(
                asset_count=col(User.asset_count) + change.count,
                asset_bytes=col(User.asset_bytes) + change.size,
            )
        )

    async def remove(self, session_id: UUID, asset_id: UUID, *, at: datetime) -> None:
        """Removes an asset and writes its object down for deletion."""
        await self._remove(_REMOVE_ONE, at, session_id, asset_id)

    async def remove_all(self, *, at: datetime) -> list[RemovedAsset]:
        """As `remove`, every one."""
        return await self._remove(_REMOVE_ALL, at)

    async def remove_of_session(self, session_id: UUID, *, at: datetime) -> list[RemovedAsset]:
        """As `remove`, all of a session."""
        return await self._remove(_REMOVE_OF_SESSION, at, session_id)

    async def remove_of_mission(
        self, session_id: UUID, mission_id: UUID, *, at: datetime
    ) -> list[RemovedAsset]:
        """As `remove`, those of a session's mission and its hops."""
        return await self._remove(_REMOVE_OF_MISSION, at, session_id, mission_id)

    async def remove_of_hop(
        self, session_id: UUID, hop_id: UUID, *, at: datetime
    ) -> list[RemovedAsset]:
        """As `remove`, those of one hop."""
        return await self._remove(_REMOVE_OF_HOP, at, session_id, hop_id)

    async def remove_expired(self, session_id: UUID, asset_id: UUID, *, at: datetime) -> bool:
        """As `remove`, if it is still pending and past its end."""
        return bool(await self._remove(_REMOVE_EXPIRED, at, session_id, asset_id))

    async def _remove(self, statement: str, at: datetime, *which: UUID) -> list[RemovedAsset]:
        result = await self._connection.exec_driver_sql(
            statement, (self._owner_id, at, TICKETS_OUTLIVE, *which)
        )
        return [RemovedAsset(*tuple(row)) for row in result]
