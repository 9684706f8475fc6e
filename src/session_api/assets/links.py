"""What others ask of assets: that files go with what they belong to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.assets.repository import AssetRepository, RemovedAsset
from session_api.sync import Change


@dataclass(frozen=True, slots=True)
class AssetLinks:
    """One owner's assets as sessions and missions see them, inside their transactions."""

    connection: AsyncConnection
    owner_id: UUID

    async def forget_session(self, session_id: UUID, *, at: datetime) -> None:
        """Removes all files of a session that is erased next; their objects follow."""
        await self._assets.remove_of_session(session_id, at=at)

    async def forget_everything(self, *, at: datetime) -> int:
        """Removes all files of an owner who is erased next, their sessions locked; how many."""
        return len(await self._assets.remove_all(at=at))

    async def forget_mission(
        self, session_id: UUID, mission_id: UUID, *, at: datetime
    ) -> list[Change]:
        """Removes the files of a mission and its hops. The caller logs the changes."""
        return _changes(await self._assets.remove_of_mission(session_id, mission_id, at=at))

    async def forget_hop(self, session_id: UUID, hop_id: UUID, *, at: datetime) -> list[Change]:
        """Removes the files of a hop. The caller logs the changes."""
        return _changes(await self._assets.remove_of_hop(session_id, hop_id, at=at))

    @property
    def _assets(self) -> AssetRepository:
        return AssetRepository(self.connection, self.owner_id)


def _changes(removed: list[RemovedAsset]) -> list[Change]:
    # A pending one was never part of the workspace.
    return [Change("asset.deleted", asset.id) for asset in removed if asset.status == "ready"]
