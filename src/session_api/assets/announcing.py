"""Announcing files: in one statement where nothing stands in the way, else step by step."""

from dataclasses import replace
from uuid import UUID

from session_api.assets.announcing_repository import NewAsset, announce, announce_at_once
from session_api.assets.limits import AssetLimits, Usage
from session_api.assets.reads import StoredAsset
from session_api.assets.repository import AssetRepository
from session_api.assets.schemas import AssetCreate
from session_api.assets.storage import object_key
from session_api.assets.tickets import UploadTickets
from session_api.audit import AuditService
from session_api.database.engine import Database, repeated_on_conflict
from session_api.json_text import fingerprint
from session_api.ports import Clock, Ids
from session_api.problems import IdConflict
from session_api.security.caller import Caller
from session_api.sync import Journal


class AssetAnnouncing:
    """Called by the assets router and by uploads in one call."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        tickets: UploadTickets,
        limits: AssetLimits,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._database = database
        self._audit = audit
        self._tickets = tickets
        self._limits = limits
        self._clock = clock
        self._ids = ids

    async def announce(
        self,
        caller: Caller,
        session_id: UUID,
        body: AssetCreate,
        *,
        asset_id: UUID | None,
        base_url: str,
    ) -> tuple[str, bool]:
        """Reserves room for a file; the pending asset with its ticket as JSON, and if it is new.

        The row is there before anything can be brought, so nothing that is brought is ever without
        one. Raises SessionNotFound, SessionNotActive, TurnLost, MissionNotFound, HopNotFound,
        IdConflict, PayloadTooLarge, QuotaExceeded, ValidationFailed and StorageUnavailable.
        """
        asset, new = await self.reserve(caller, session_id, body, asset_id=asset_id)
        if asset.ready:
            return f'{{"asset":{asset.body},"upload":null}}', new
        ticket = await self._tickets.for_upload(caller, asset, base_url=base_url)
        return f'{{"asset":{asset.body},"upload":{ticket}}}', new

    @repeated_on_conflict
    async def reserve(
        self,
        caller: Caller,
        session_id: UUID,
        body: AssetCreate,
        *,
        asset_id: UUID | None,
        exact: bool = True,
    ) -> tuple[StoredAsset, bool]:
        """The pending asset, and whether it is new. Raises as `announce`.

        Unless `exact`, the size is the most that may come, and a repeat may say another.
        """
        self._limits.require_type(body.content_type)
        self._limits.require_size(body.size)
        omit = {"id"} if exact else {"id", "size"}
        remembered = fingerprint(body.model_dump(mode="json", exclude_defaults=True, exclude=omit))
        new = self._new(caller, session_id, body, asset_id or self._ids(), remembered)
        if self._is_everyday(caller, body):
            asset = await announce_at_once(
                self._database,
                caller.owner_id,
                new,
                session=self._limits.session,
                user=self._limits.user,
            )
            if asset is not None:
                return asset, True
        async with self._database.transaction() as connection:
            locked = await Journal(connection, caller.owner_id).lock(session_id, turn=caller.turn)
            now = self._clock()
            ends_at = now + self._tickets.lifetime
            assets = AssetRepository(connection, caller.owner_id)
            known = None if asset_id is None else await assets.one(session_id, asset_id, lock=True)
            if known is not None:
                if known.fingerprint != remembered:
                    raise IdConflict("A file with this id was announced by another request.")
                if known.ready or locked.status != "active":
                    return known, False
                # The ticket that goes out now has the whole time, and the row lasts as long.
                await assets.change(session_id, known.id, {"expires_at": ends_at})
                return replace(known, expires_at=ends_at), False
            locked.require_writable(now)
            mission_id, hop_id = await assets.place(session_id, body.mission_id, body.hop_id)
            await self._require_room(assets, caller, session_id, Usage(1, body.size))
            new = replace(new, mission_id=mission_id, hop_id=hop_id, at=now, expires_at=ends_at)
            return await announce(connection, caller.owner_id, new), True

    def _is_everyday(self, caller: Caller, body: AssetCreate) -> bool:
        """Whether nothing but the session and its owner has to be looked at."""
        of_session = body.mission_id is None and body.hop_id is None
        return of_session and caller.turn is None and not self._limits.tenant.limited

    def _new(
        self,
        caller: Caller,
        session_id: UUID,
        body: AssetCreate,
        asset_id: UUID,
        remembered: bytes,
    ) -> NewAsset:
        """As it is announced now, of the session as a whole."""
        now = self._clock()
        return NewAsset(
            session_id=session_id,
            id=asset_id,
            mission_id=None,
            hop_id=None,
            name=body.name,
            content_type=body.content_type,
            size=body.size,
            sha256=body.sha256,
            fingerprint=remembered,
            object_key=object_key(
                caller.tenant_id, caller.owner_id, session_id, asset_id, attempt=self._ids()
            ),
            part_size=self._tickets.part_size_for(body.size),
            at=now,
            expires_at=now + self._tickets.lifetime,
            told=self._audit.event(
                caller,
                "asset.announced",
                session_id=session_id,
                asset_id=str(asset_id),
                size=body.size,
            ),
        )

    async def _require_room(
        self, assets: AssetRepository, caller: Caller, session_id: UUID, wanted: Usage
    ) -> None:
        limits = self._limits
        if limits.session.limited:
            limits.session.require(await assets.session_usage(session_id), wanted)
        if limits.user.limited:
            limits.user.require(await assets.user_usage(), wanted)
        if limits.tenant.limited:
            tenant = await assets.tenant_usage(caller.principal.tenant_id)
            limits.tenant.require(tenant, wanted)
