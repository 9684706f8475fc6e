"""Bringing files: tickets for whole files and for parts, and what has become of them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from session_api.assets.reads import StoredAsset, read_asset
from session_api.assets.repository import AssetRepository
from session_api.assets.storage import (
    ObjectStore,
    StoredObject,
    StoredPart,
    Ticket,
    Upload,
    part_count,
    part_of,
)
from session_api.database.engine import Database, repeated_on_conflict
from session_api.json_text import encode_json, rfc3339
from session_api.ports import Clock
from session_api.problems import AssetNotFound, UploadIncomplete, ValidationFailed
from session_api.security.caller import Caller


class UploadTickets:
    """Called by the service of assets and by their router."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        clock: Clock,
        *,
        lifetime: timedelta,
        link_lifetime: timedelta,
        part_size: int,
        parts_from: int,
    ) -> None:
        """Files of more than `parts_from` bytes come in parts of `part_size` bytes."""
        self.lifetime = lifetime
        self._database = database
        self._store = store
        self._clock = clock
        self._link_lifetime = link_lifetime
        self._part_size = part_size
        self._parts_from = parts_from

    def part_size_for(self, size: int) -> int | None:
        """In bytes; None for a file that comes in one request."""
        if size <= self._parts_from:
            return None
        part_size = self._part_size
        while -(-size // part_size) > 10_000:  # no store takes more parts
            part_size *= 2
        return part_size

    async def for_upload(self, caller: Caller, asset: StoredAsset, *, base_url: str) -> str:
        """How to bring a pending asset, as the JSON of an UploadTicket."""
        if asset.part_size is None:
            ticket = await self._store.upload_ticket(_upload(asset), base_url=base_url)
            return encode_json({**_shown(ticket), "parts": None})
        if asset.upload_id is None:
            await self._begin(caller, asset)
        return encode_json(
            {
                "method": "POST",
                "url": f"{base_url}/api/sessions/{asset.session_id}/assets/{asset.id}/parts",
                "headers": {},
                "fields": None,
                "expires_at": rfc3339(asset.expires_at),
                "parts": {
                    "size": asset.part_size,
                    "count": part_count(asset.size, part_size=asset.part_size),
                },
            }
        )

    async def for_parts(
        self,
        caller: Caller,
        session_id: UUID,
        asset_id: UUID,
        numbers: Sequence[int],
        *,
        base_url: str,
    ) -> str:
        """Tickets for parts and which have arrived, as the JSON of PartTickets.

        Raises SessionNotFound, AssetNotFound, ValidationFailed, UploadIncomplete for a file that
        does not come in parts, and StorageUnavailable.
        """
        asset = await read_asset(self._database, caller.owner_id, session_id, asset_id)
        if asset.ready:
            raise UploadIncomplete("The file is ready; it takes no more parts.")
        if asset.part_size is None:
            raise UploadIncomplete("This file comes in one request, not in parts.")
        upload_id = asset.upload_id or await self._begin(caller, asset)
        tickets = []
        for place, number in enumerate(numbers):
            try:
                part = part_of(asset.size, number, part_size=asset.part_size)
            except ValueError as error:
                raise ValidationFailed.at(f"/numbers/{place}", str(error)) from None
            ticket = await self._store.part_ticket(
                _upload(asset), upload_id, part, base_url=base_url
            )
            shown = _shown(ticket)
            del shown["fields"]
            tickets.append({**asdict(part), **shown})
        received = await self._store.list_parts(asset.object_key, upload_id)
        return encode_json(
            {
                "parts": tickets,
                "received": [{"number": part.number, "size": part.size} for part in received],
            }
        )

    async def finished(self, asset: StoredAsset) -> StoredObject | None:
        """The object of a pending asset, put together from its parts where it came in parts.

        None where it is not there yet. Raises UploadIncomplete where parts are missing.
        """
        if asset.part_size is None:
            return await self._store.stat(asset.object_key)
        if asset.upload_id is None:
            return None
        # A repeat of a completion that was cut off: the parts are gone, the object is there.
        stored = await self._store.stat(asset.object_key)
        if stored is not None:
            return stored
        try:
            there = await self._store.list_parts(asset.object_key, asset.upload_id)
            _require_all(asset, there)
            return await self._store.finish_parts(asset.object_key, asset.upload_id, there)
        except UploadIncomplete:
            # Another completion may have put it together between our two looks.
            if (stored := await self._store.stat(asset.object_key)) is None:
                raise
            return stored

    @repeated_on_conflict
    async def start_again(self, caller: Caller, asset: StoredAsset) -> None:
        """Forgets what arrived for a pending asset, so that it can be brought anew.

        Only what the caller has looked at: of several that found it wrong, the last may be so late
        that the right bytes are there. `checked_at` tells, and moves on under the row's lock.
        """
        async with self._database.transaction() as connection:
            assets = AssetRepository(connection, caller.owner_id)
            now = await assets.one(asset.session_id, asset.id, lock=True)
            if now is None or now.ready or now.checked_at != asset.checked_at:
                return
            # Parts went into the object: the next ones belong to another upload.
            again = {"upload_id": None, "checked_at": self._clock()}
            await assets.change(asset.session_id, asset.id, again)
            await self._store.delete([asset.object_key])

    async def for_download(self, asset: StoredAsset, *, base_url: str) -> str:
        """A link to the bytes of a ready asset."""
        return await self._store.download_url(
            asset.object_key,
            name=asset.name,
            content_type=asset.content_type,
            expires_at=self._clock() + self._link_lifetime,
            base_url=base_url,
        )

    @repeated_on_conflict
    async def _begin(self, caller: Caller, asset: StoredAsset) -> str:
        """The id of an upload in parts; of two that begin at once, one gives way.

        What a lost race had begun, the clean-up finds.
        """
        begun = await self._store.begin_parts(_upload(asset))
        async with self._database.transaction() as connection:
            assets = AssetRepository(connection, caller.owner_id)
            now = await assets.one(asset.session_id, asset.id, lock=True)
            if now is not None and now.upload_id is None and not now.ready:
                await assets.change(asset.session_id, asset.id, {"upload_id": begun})
                return begun
        # Whatever is left over when this fails, the clean-up finds.
        await self._store.abort_parts(asset.object_key, begun)
        if now is None or now.upload_id is None:
            raise AssetNotFound
        return now.upload_id


def _require_all(asset: StoredAsset, there: Sequence[StoredPart]) -> None:
    assert asset.part_size is not None  # noqa: S101 - it comes in parts
    sizes = {part.number: part.size for part in there}
    count = part_count(asset.size, part_size=asset.part_size)
    missing = [
        number
        for number in range(1, count + 1)
        if sizes.get(number) != part_of(asset.size, number, part_size=asset.part_size).size
    ]
    if missing:
        raise UploadIncomplete(
            f"{len(missing)} of {count} parts have not arrived.", missing=missing[:100]
        )


def _upload(asset: StoredAsset) -> Upload:
    return Upload(asset.object_key, asset.size, asset.content_type, asset.sha256, asset.expires_at)


def _shown(ticket: Ticket) -> dict[str, Any]:
    return {**asdict(ticket), "expires_at": rfc3339(ticket.expires_at)}
