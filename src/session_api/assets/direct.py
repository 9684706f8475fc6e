"""Files that come through the service in one call, for clients that bring them to no store."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from pydantic import ValidationError

from session_api.assets.announcing import AssetAnnouncing
from session_api.assets.reads import StoredAsset
from session_api.assets.schemas import AssetCreate
from session_api.assets.service import AssetService
from session_api.assets.storage import ObjectStore
from session_api.fields import parse_uuid
from session_api.json_text import decode_json
from session_api.problems import IdConflict, PayloadTooLarge, Problem, ValidationFailed
from session_api.security.caller import Caller

_ANY_TYPE = "application/octet-stream"
_AROUND_FILE = 64 * 1024
"""Bytes that the form may have around its file."""


class FormFile(Protocol):
    """What a form says of its file."""

    @property
    def name(self) -> str | None: ...
    @property
    def content_type(self) -> str | None: ...


class FileForm(Protocol):
    """A form that is read as it comes: `file`, then all of `content`, then `end`."""

    @property
    def fields(self) -> Mapping[str, str]: ...
    async def file(self) -> FormFile: ...
    def content(self) -> AsyncIterator[bytes]: ...
    async def end(self) -> None: ...


class DirectUploads:
    """Called by the assets router."""

    def __init__(
        self,
        announcing: AssetAnnouncing,
        assets: AssetService,
        store: ObjectStore,
        *,
        max_bytes: int,
    ) -> None:
        self._announcing = announcing
        self._assets = assets
        self._store = store
        self._max_bytes = max_bytes

    async def take(
        self,
        caller: Caller,
        session_id: UUID,
        form: FileForm,
        *,
        declared: int | None,
        asset_id: UUID | None,
    ) -> tuple[str, bool]:
        """The ready asset as JSON, and whether it is new. `declared` is the body's length.

        Its row is there before its first byte. Until its size is known, all that may come is
        reserved. Raises as `AssetAnnouncing.announce` and `AssetService.make_ready`, and
        UploadMismatch. A repeat is read to its end: the same name with other bytes is another file.
        """
        if declared is not None and declared > self._max_bytes + _AROUND_FILE:
            raise PayloadTooLarge(
                f"A file has at most {self._max_bytes} bytes.", limit_bytes=self._max_bytes
            )
        file = await form.file()
        body = _announced(file, min(declared or self._max_bytes, self._max_bytes))
        asset, new = await self._announcing.reserve(
            caller, session_id, body, asset_id=asset_id, exact=False
        )
        if asset.ready:
            await _require_same(asset, form)
            return asset.body, False
        try:
            stored = await self._store.write(
                asset.object_key,
                form.content(),
                content_type=asset.content_type,
                limit=asset.size,
            )
            await form.end()
            mission_id, hop_id = _place(form.fields)
            ready = await self._assets.make_ready(
                caller,
                session_id,
                asset.id,
                size=stored.size,
                sha256=stored.sha256,
                seen=asset,
                mission_id=mission_id,
                hop_id=hop_id,
            )
        except BaseException:
            # Whoever sent it has gone or is told; what is left over when this fails expires.
            with suppress(Problem):
                await asyncio.shield(self._assets.give_up(caller, asset))
            raise
        return ready, new


async def _require_same(asset: StoredAsset, form: FileForm) -> None:
    """Raises IdConflict where the form brings another file than this, or brings it elsewhere."""
    size, digest = 0, hashlib.sha256()
    async for chunk in form.content():
        size += len(chunk)
        if size > asset.size:
            raise IdConflict("Another file was uploaded under this id.")
        digest.update(chunk)
    await form.end()
    known = decode_json(asset.body)
    mission_id, hop_id = (given and str(given) for given in _place(form.fields))
    # The mission of a hop need not be said.
    missions = (None, known["mission_id"]) if hop_id else (known["mission_id"],)
    if (
        digest.hexdigest() != asset.sha256
        or hop_id != known["hop_id"]
        or mission_id not in missions
    ):
        raise IdConflict("Another file was uploaded under this id.")


def _announced(file: FormFile, size: int) -> AssetCreate:
    try:
        return AssetCreate(
            name=file.name or "file", content_type=file.content_type or _ANY_TYPE, size=size
        )
    except ValidationError as error:
        fault = error.errors()[0]
        reason = str(fault["msg"]).removeprefix("Value error, ")
        raise ValidationFailed.at(f"/file/{fault['loc'][0]}", reason) from None


def _place(fields: Mapping[str, str]) -> tuple[UUID | None, UUID | None]:
    if unknown := sorted(fields.keys() - {"mission_id", "hop_id"}):
        name = unknown[0].replace("~", "~0").replace("/", "~1")  # RFC 6901 § 3
        raise ValidationFailed.at(f"/{name}", "Extra inputs are not permitted")
    found: list[UUID | None] = []
    for name in ("mission_id", "hop_id"):
        try:
            found.append(parse_uuid(fields[name]) if fields.get(name) else None)
        except ValueError as error:
            raise ValidationFailed.at(f"/{name}", str(error)) from None
    return found[0], found[1]
