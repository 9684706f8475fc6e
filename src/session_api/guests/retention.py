"""Guests who never came back: their workspaces go, files included."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.assets.links import AssetLinks
from session_api.audit import AuditService
from session_api.database.engine import Database, repeated_on_conflict
from session_api.guests.merge_repository import MergeRepository
from session_api.guests.repository import GuestOver, forget_guests, guests_over
from session_api.security.caller import Origin
from session_api.sync import Journal

ORIGIN = Origin.of_system("erase_guests")


class GuestRetention:
    """Called by the job runner."""

    def __init__(self, database: Database, audit: AuditService) -> None:
        self._database = database
        self._audit = audit

    @repeated_on_conflict
    async def erase(self, now: datetime, batch: int) -> int:
        """The job: erases guests whose last token is over, and forgets those that were merged as
        long ago. Nobody can reach either any longer. Objects follow by the queue of deletions.
        """
        async with self._database.transaction() as connection:
            over = await guests_over(connection, now, batch)
            for guest in over:
                if not guest.merged:
                    await self._empty(connection, guest, now)
            if over:
                await forget_guests(connection, [guest.owner_id for guest in over])
        return len(over)

    async def _empty(self, connection: AsyncConnection, guest: GuestOver, now: datetime) -> None:
        held = MergeRepository(connection, guest.owner_id, guest.owner_id)
        sessions = await held.lock_sessions()
        missions = await held.lock_missions()
        assets = await AssetLinks(connection, guest.owner_id).forget_everything(at=now)
        journal = Journal(connection, guest.owner_id)
        for session_id in sessions:
            journal.left(session_id)
        if sessions or missions:
            await self._audit.record_for(
                connection,
                guest.owner_id,
                guest.tenant_id,
                "guest.erased",
                origin=ORIGIN,
                session_id=None,
                sessions=len(sessions),
                missions=len(missions),
                assets=assets,
            )
