"""The rules of assets that were announced: checked, read and removed."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.assets.limits import Usage
from session_api.assets.reads import StoredAsset, asset_page, read_asset
from session_api.assets.repository import AssetRepository
from session_api.assets.schemas import AssetStatus, Scope
from session_api.assets.storage import ObjectStore
from session_api.assets.tickets import UploadTickets
from session_api.audit import AuditService
from session_api.database.engine import Database, repeated_on_conflict
from session_api.pages import JsonPage, Keyset
from session_api.ports import Clock
from session_api.problems import (
    AssetNotFound,
    UploadIncomplete,
    UploadMismatch,
)
from session_api.security.caller import Caller
from session_api.sync import Change, Journal


class AssetService:
    """Called by the assets router."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        store: ObjectStore,
        tickets: UploadTickets,
        keyset: Keyset,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._store = store
        self._tickets = tickets
        self._keyset = keyset
        self._clock = clock

    async def complete(self, caller: Caller, session_id: UUID, asset_id: UUID) -> str:
        """Makes an asset ready whose bytes are there as announced; its JSON. Repeatable.

        Raises SessionNotFound, AssetNotFound, SessionNotActive, UploadIncomplete, UploadMismatch
        and StorageUnavailable.
        """
        asset = await self.found(caller, session_id, asset_id)
        if asset.ready:
            return asset.body
        stored = await self._tickets.finished(asset)
        if stored is None:
            raise UploadIncomplete
        digest = stored.sha256
        if digest is None and asset.sha256 is not None:
            digest = await self._store.sha256(asset.object_key)
        if stored.size != asset.size or (asset.sha256 is not None and digest != asset.sha256):
            # The key takes one object only, once: what is wrong must make room for what is right.
            await self._tickets.start_again(caller, asset)
            raise UploadMismatch(
                f"{asset.size} bytes were announced, {stored.size} arrived."
                if stored.size != asset.size
                else "The SHA-256 of what arrived is not the one that was announced."
            )
        return await self.make_ready(
            caller, session_id, asset_id, size=asset.size, sha256=digest, seen=asset
        )

    @repeated_on_conflict
    async def make_ready(
        self,
        caller: Caller,
        session_id: UUID,
        asset_id: UUID,
        *,
        size: int,
        sha256: str | None,
        seen: StoredAsset | None = None,
        mission_id: UUID | None = None,
        hop_id: UUID | None = None,
    ) -> str:
        """Makes a pending asset, whose object was checked, part of the workspace; its JSON.

        With ids, it moves to that mission or hop. Raises SessionNotFound, SessionNotActive,
        AssetNotFound where it expired meanwhile, UploadIncomplete where what was `seen` was thrown
        away meanwhile, MissionNotFound and HopNotFound.
        """
        async with self._database.transaction() as connection:
            journal = Journal(connection, caller.owner_id)
            locked = await journal.lock(session_id, turn=caller.turn)
            now = self._clock()
            assets = AssetRepository(connection, caller.owner_id)
            asset = await assets.one(session_id, asset_id, lock=True)
            if asset is None:
                raise AssetNotFound
            if asset.ready:
                return asset.body
            if seen is not None and seen.checked_at != asset.checked_at:
                raise UploadIncomplete
            locked.require_writable(now)
            values = {"status": "ready", "size": size, "sha256": sha256, "ready_at": now}
            if mission_id is not None or hop_id is not None:
                mission, hop = await assets.place(session_id, mission_id, hop_id)
                scope = "hop" if hop else "mission"
                values |= {"scope": scope, "mission_id": mission, "hop_id": hop}
            await assets.change(session_id, asset_id, {**values, "checked_at": now})
            if size != asset.size:
                await assets.count(Usage(0, size - asset.size))
            await journal.advance(
                locked, [Change("asset.created", asset_id)], at=now, actor=caller.actor
            )
            await self._record(connection, caller, "asset.ready", session_id, asset_id, size)
            shown = await assets.one(session_id, asset_id)
            assert shown is not None  # noqa: S101 - it is locked
            return shown.body

    async def page(
        self,
        caller: Caller,
        session_id: UUID,
        *,
        status: AssetStatus,
        scope: Scope | None,
        mission_id: UUID | None,
        hop_id: UUID | None,
        limit: int,
        cursor: str | None,
    ) -> JsonPage:
        """A session's assets, oldest first, one page. Raises SessionNotFound, ValidationFailed."""
        listing = self._keyset.of(
            "assets", caller.owner_id, session_id, status, scope, mission_id, hop_id
        )
        rows = await asset_page(
            self._database,
            caller.owner_id,
            session_id,
            status=status,
            scope=scope,
            mission_id=mission_id,
            hop_id=hop_id,
            after=listing.place(cursor),
            limit=limit + 1,
        )
        return listing.page(rows, limit)

    async def one(self, caller: Caller, session_id: UUID, asset_id: UUID) -> str:
        """An asset as JSON. Raises SessionNotFound and AssetNotFound."""
        return (await self.found(caller, session_id, asset_id)).body

    async def content(
        self, caller: Caller, session_id: UUID, asset_id: UUID, *, base_url: str
    ) -> str:
        """A fresh link to the bytes of a ready asset. Raises SessionNotFound and AssetNotFound."""
        asset = await self.found(caller, session_id, asset_id)
        if not asset.ready or asset.lost_at is not None:
            raise AssetNotFound("The content of this file is not there.")
        url = await self._tickets.for_download(asset, base_url=base_url)
        await self._audit.record_alone(
            caller, "asset.download_link", session_id=session_id, asset_id=str(asset_id)
        )
        return url

    @repeated_on_conflict
    async def delete(self, caller: Caller, session_id: UUID, asset_id: UUID) -> None:
        """Removes an asset; its object follows, whatever happens to this process.

        Raises SessionNotFound, AssetNotFound and SessionNotActive.
        """
        async with self._database.transaction() as connection:
            journal = Journal(connection, caller.owner_id)
            locked = await journal.lock(session_id, turn=caller.turn)
            now = self._clock()
            assets = AssetRepository(connection, caller.owner_id)
            asset = await assets.one(session_id, asset_id, lock=True)
            if asset is None:
                raise AssetNotFound
            locked.require_writable(now)
            await assets.remove(session_id, asset_id, at=now)
            if asset.ready:
                await journal.advance(
                    locked, [Change("asset.deleted", asset_id)], at=now, actor=caller.actor
                )
            await self._record(
                connection, caller, "asset.deleted", session_id, asset_id, asset.size
            )

    @repeated_on_conflict
    async def give_up(self, caller: Caller, asset: StoredAsset) -> None:
        """Removes what was reserved, unless it is ready or somebody took it up since.

        Whatever the session's status: it never was part of it. Raises SessionNotFound.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            await Journal(connection, caller.owner_id).lock(asset.session_id)
            assets = AssetRepository(connection, caller.owner_id)
            there = await assets.one(asset.session_id, asset.id, lock=True)
            # A repeat moved its end.
            if there is None or there.ready or there.expires_at != asset.expires_at:
                return
            await assets.remove(asset.session_id, asset.id, at=now)
            await self._record(
                connection, caller, "asset.deleted", asset.session_id, asset.id, asset.size
            )

    async def found(self, caller: Caller, session_id: UUID, asset_id: UUID) -> StoredAsset:
        """An asset whatever its status. Raises SessionNotFound and AssetNotFound."""
        return await read_asset(self._database, caller.owner_id, session_id, asset_id)

    async def _record(
        self,
        connection: AsyncConnection,
        caller: Caller,
        event: str,
        session_id: UUID,
        asset_id: UUID,
        size: int,
    ) -> None:
        await self._audit.record(
            connection, caller, event, session_id=session_id, asset_id=str(asset_id), size=size
        )
