"""What the clean-up has yet to do, counted without doing it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from session_api.assets.cleanup_repository import CleanupRepository, ReadyFile
from session_api.assets.pacing import LOOKED_UP_AT_ONCE, a_few_at_once, in_chunks
from session_api.assets.storage import ObjectStore
from session_api.database.engine import Database


@dataclass(frozen=True, slots=True)
class Amount:
    """So many things, and their bytes; None where the store does not say."""

    count: int
    size: int | None

    def and_one_of(self, size: int) -> Self:
        """The sum."""
        return replace(self, count=self.count + 1, size=(self.size or 0) + size)


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Where rows and objects do not agree. Lost files are those that are marked as such already:
    what can be done about them is done.
    """

    expired_uploads: Amount
    objects_to_delete: Amount
    objects_without_row: Amount
    unfinished_uploads: Amount
    vanished_files: Amount
    lost_files: Amount


class LeftoversReport:
    """Called by the command line alone: it walks all of the store and looks for every file."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    async def at(self, now: datetime) -> Leftovers:
        """Changes nothing. Raises StorageUnavailable."""
        async with self._database.transaction() as connection:
            cleanup = CleanupRepository(connection)
            expired = await cleanup.expired_total(now)
            undeleted = await cleanup.undeleted_total(now)
        without_row = await self._objects_without_row()
        unfinished = await self._unfinished_without_row()
        missing = await self._missing_files()
        return Leftovers(
            expired_uploads=Amount(*expired),
            objects_to_delete=Amount(*undeleted),
            objects_without_row=without_row,
            unfinished_uploads=Amount(unfinished, None),
            vanished_files=missing[False],
            lost_files=missing[True],
        )

    async def _objects_without_row(self) -> Amount:
        total = Amount(0, 0)
        async for objects in in_chunks(self._store.walk()):
            async with self._database.transaction() as connection:
                for orphan in await CleanupRepository(connection).without_row(objects):
                    total = total.and_one_of(orphan.size)
        return total

    async def _unfinished_without_row(self) -> int:
        count = 0
        async for uploads in in_chunks(self._store.walk_unfinished()):
            async with self._database.transaction() as connection:
                count += len(await CleanupRepository(connection).unfinished_without_row(uploads))
        return count

    async def _missing_files(self) -> dict[bool, Amount]:
        """Files whose object is not there, by whether they are marked as lost."""
        missing = {False: Amount(0, 0), True: Amount(0, 0)}
        last: ReadyFile | None = None
        while files := await self._ready_after(last):
            there = await a_few_at_once(self._is_there, files)
            for file, is_there in zip(files, there, strict=True):
                if not is_there:
                    missing[file.lost] = missing[file.lost].and_one_of(file.size)
            last = files[-1]
        return missing

    async def _ready_after(self, last: ReadyFile | None) -> Sequence[ReadyFile]:
        async with self._database.transaction() as connection:
            return await CleanupRepository(connection).ready_after(last, LOOKED_UP_AT_ONCE)

    async def _is_there(self, file: ReadyFile) -> bool:
        return await self._store.stat(file.object_key) is not None
