"""Records as files of a folder; see `records`."""

import os
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from pathlib import Path

from session_api.assets.storage.disk import Threads, written
from session_api.assets.storage.records import (
    MAX_RECORD_BYTES,
    is_record,
    require_record,
    require_records,
)
from session_api.assets.storage.staging import publish, scratch_of
from session_api.ports import Ids


class FolderRecords:
    """See `RecordStore`: as files of a folder."""

    def __init__(self, root: Path, staging: Path, threads: Threads, ids: Ids) -> None:
        self._root = root
        self._staging = staging
        self._threads = threads
        self._ids = ids

    async def keep(self, name: str, content: bytes) -> bool:
        return await self._threads.run(self._keep, self._path(name), content)

    def _keep(self, path: Path, content: bytes) -> bool:
        draft = scratch_of(self._staging, "record", self._ids().hex)
        with written(draft, content):
            return publish(draft, path)

    async def read(self, name: str) -> bytes | None:
        return await self._threads.run(_content, self._path(name))

    async def names(self, prefix: str) -> AsyncIterator[str]:
        for name in await self._threads.run(self._listed, require_records(prefix)):
            yield name

    def _listed(self, prefix: str) -> list[str]:
        found = []
        for folder, _, files in os.walk(self._root / prefix, followlinks=False):
            below = Path(folder).relative_to(self._root)
            found += [(below / file).as_posix() for file in files]
        return [name for name in found if is_record(name)]

    async def drop(self, names: Collection[str]) -> None:
        await self._threads.run(self._drop, [self._path(name) for name in names])

    def _drop(self, paths: Collection[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._root / require_record(name)


def _content(path: Path) -> bytes | None:
    with suppress(FileNotFoundError), path.open("rb") as file:
        return file.read(MAX_RECORD_BYTES)
    return None
