"""A store that counts what is asked of it, around another one."""

from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from session_api.assets.storage.port import (
    ObjectStore,
    Part,
    StoredObject,
    StoredPart,
    Ticket,
    Unfinished,
    Upload,
)
from session_api.assets.storage.records import RecordStore
from session_api.figures import Calls, ticks
from session_api.problems import StorageUnavailable

P = ParamSpec("P")
T = TypeVar("T")


class MeasuredStore:
    """See `ObjectStore`. A call fails where the store can't be reached; a refusal is an answer."""

    def __init__(self, store: ObjectStore, calls: Calls) -> None:
        self._store = store
        self._calls = calls

    async def _measure(
        self,
        method: Callable[P, Coroutine[Any, Any, T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        started, failed = ticks(), False
        try:
            return await method(*args, **kwargs)
        except StorageUnavailable:
            failed = True
            raise
        finally:
            self._calls.add(method.__name__, ticks() - started, failed=failed)

    @property
    def records(self) -> RecordStore:
        return self._store.records

    async def open(self) -> None:
        await self._store.open()

    async def close(self) -> None:
        await self._store.close()

    async def check(self) -> None:
        await self._measure(self._store.check)

    async def claim(self, installation: str, *, from_another: bool = False) -> bool:
        return await self._measure(self._store.claim, installation, from_another=from_another)

    async def browser_origin(self) -> str | None:
        return await self._store.browser_origin()

    async def upload_ticket(self, upload: Upload, *, base_url: str) -> Ticket:
        return await self._measure(self._store.upload_ticket, upload, base_url=base_url)

    async def write(
        self,
        key: str,
        chunks: AsyncIterator[bytes],
        *,
        content_type: str,
        limit: int,
        size: int | None = None,
        sha256: str | None = None,
    ) -> StoredObject:
        return await self._measure(
            self._store.write,
            key,
            chunks,
            content_type=content_type,
            limit=limit,
            size=size,
            sha256=sha256,
        )

    async def begin_parts(self, upload: Upload) -> str:
        return await self._measure(self._store.begin_parts, upload)

    async def part_ticket(
        self, upload: Upload, upload_id: str, part: Part, *, base_url: str
    ) -> Ticket:
        return await self._measure(
            self._store.part_ticket, upload, upload_id, part, base_url=base_url
        )

    async def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        return await self._measure(self._store.list_parts, key, upload_id)

    async def finish_parts(
        self, key: str, upload_id: str, parts: Sequence[StoredPart]
    ) -> StoredObject:
        return await self._measure(self._store.finish_parts, key, upload_id, parts)

    async def abort_parts(self, key: str, upload_id: str) -> None:
        await self._measure(self._store.abort_parts, key, upload_id)

    async def stat(self, key: str) -> StoredObject | None:
        return await self._measure(self._store.stat, key)

    async def sha256(self, key: str) -> str | None:
        return await self._measure(self._store.sha256, key)

    async def download_url(
        self, key: str, *, name: str, content_type: str, expires_at: datetime, base_url: str
    ) -> str:
        return await self._measure(
            self._store.download_url,
            key,
            name=name,
            content_type=content_type,
            expires_at=expires_at,
            base_url=base_url,
        )

    async def delete(self, keys: Collection[str]) -> None:
        await self._measure(self._store.delete, keys)

    def walk(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        return self._store.walk(prefix)

    async def clear_scratch(self, now: datetime) -> None:
        await self._store.clear_scratch(now)

    def walk_unfinished(self) -> AsyncIterator[Unfinished]:
        return self._store.walk_unfinished()
