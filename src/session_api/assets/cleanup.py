"""What makes rows and objects agree again, whatever was cut off, killed or out of reach.

A deletion is written down in the transaction that removes the row and carried out after it, again
and again until the store has confirmed it. Jobs can be cut off anywhere; two at once do nothing
twice that would show.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from session_api.assets.cleanup_repository import (
    CleanupRepository,
    Deletion,
    Orphan,
    ReadyFile,
)
from session_api.assets.pacing import CALLS_AT_ONCE, a_few_at_once, in_chunks
from session_api.assets.repository import AssetRepository
from session_api.assets.storage import ObjectKey, ObjectStore, StoredObject, Unfinished
from session_api.audit import AuditService
from session_api.database.engine import Database, repeated_on_conflict
from session_api.problems import SessionNotFound, StorageUnavailable
from session_api.security.caller import Origin
from session_api.sync import Change, Journal

ORIGIN: Final = Origin.of_system("clean-up")
CHECKED_EVERY: Final = timedelta(hours=24)
"""Each file's object is looked for so often."""


class ForeignStore(Exception):
    """The objects belong to another database, which alone may say what is left over there."""

    def __init__(self) -> None:
        super().__init__(
            "the files in the store belong to another database, so nothing there was touched; "
            "if it is the store that is wrong, correct SESSION_API_STORAGE; if this database has "
            "taken the other one's place, run `session-api orphans --adopt`"
        )


log = structlog.get_logger(__name__)


class AssetJobs:
    """The jobs of files, of every owner. Each moves a batch and says how many it moved."""

    def __init__(self, database: Database, audit: AuditService, store: ObjectStore) -> None:
        self._database = database
        self._audit = audit
        self._store = store

    async def require_own_store(self) -> None:
        """Raises ForeignStore where the store was marked by another database, StorageUnavailable.

        To an empty database on a full store everything there is an orphan, and to a full one on an
        empty store every file is lost: both tell of a wrong setting, not of files.
        """
        if not await self._store.claim(await self._installation()):
            raise ForeignStore

    async def adopt_store(self) -> None:
        """Marks the store as this database's, whoever had it. Raises StorageUnavailable."""
        await self._store.claim(await self._installation(), from_another=True)

    async def _installation(self) -> str:
        async with self._database.transaction() as connection:
            return await CleanupRepository(connection).installation()

    # What was announced and never came

    @repeated_on_conflict
    async def expire_uploads(self, now: datetime, batch: int) -> int:
        """Removes pending assets past their end. A completion under way wins, or finds no asset."""
        async with self._database.transaction() as connection:
            expired = await CleanupRepository(connection).expired(now, batch)
            for upload in expired:
                assets = AssetRepository(connection, upload.owner_id)
                await assets.remove_expired(upload.session_id, upload.id, at=now)
                await self._audit.record_for(
                    connection,
                    upload.owner_id,
                    upload.tenant_id,
                    "asset.expired",
                    origin=ORIGIN,
                    session_id=upload.session_id,
                    asset_id=str(upload.id),
                    size=upload.size,
                )
        return len(expired)

    # What must go

    async def delete_objects(self, now: datetime, batch: int) -> int:
        """Carries out deletions that were written down. Raises StorageUnavailable when the store is
        out of reach: they stay, and are tried again later and later.
        """
        async with self._database.transaction() as connection:
            due = await CleanupRepository(connection).due(now, batch)
        await self._carry_out(due, now)
        return len(due)

    async def hurry(self, now: datetime) -> None:
        """Lets `delete_objects` try at once what it had put off."""
        async with self._database.transaction() as connection:
            await CleanupRepository(connection).try_now(now)

    async def _carry_out(self, due: Sequence[Deletion], now: datetime) -> None:
        if not due:
            return
        refused: set[Deletion] = set()
        try:
            await self._delete(due)
        except StorageUnavailable:
            try:
                await self._store.check()
            except StorageUnavailable:
                await self._settle_deletions(gone=(), refused=due, now=now)
                raise
            # It works, so it refuses only some: those must not keep the others.
            refused = {each for each in due if not await self._could_delete(each)}
            log.warning("objects_not_deleted", count=len(refused))
        gone = [each for each in due if each not in refused]
        await self._settle_deletions(gone=gone, refused=list(refused), now=now)

    async def _delete(self, due: Sequence[Deletion]) -> None:
        # First what could still become an object.
        await a_few_at_once(self._abort, due)
        await self._store.delete([each.object_key for each in due])

    async def _abort(self, deletion: Deletion) -> None:
        if deletion.upload_id is not None:
            await self._store.abort_parts(deletion.object_key, deletion.upload_id)

    async def _could_delete(self, deletion: Deletion) -> bool:
        try:
            await self._delete([deletion])
        except StorageUnavailable:
            return False
        return True

    @repeated_on_conflict
    async def _settle_deletions(
        self, *, gone: Sequence[Deletion], refused: Sequence[Deletion], now: datetime
    ) -> None:
        async with self._database.transaction() as connection:
            cleanup = CleanupRepository(connection)
            if gone:
                await cleanup.deleted(gone, begun_at=now)
            if refused:
                await cleanup.not_deleted(refused, at=now)

    # What is there without a row

    async def remove_orphans(self, now: datetime, batch: int) -> int:
        """Walks all of the store, once, and removes what no row knows of, a batch at a time.

        A row is always there before its object, and is looked up after the object was seen, so what
        is on its way is never taken. Raises ForeignStore, StorageUnavailable.
        """
        await self.require_own_store()
        removed = 0
        async for objects in in_chunks(self._store.walk()):
            orphans = await self._without_row(objects)
            # The store is asked in a transaction, which must not stand idle for long.
            few = min(batch, CALLS_AT_ONCE)
            for start in range(0, len(orphans), few):
                removed += await self._remove(orphans[start : start + few], now)
        await self._store.clear_scratch(now)
        async for uploads in in_chunks(self._store.walk_unfinished()):
            removed += await self._abort_without_row(uploads)
        return removed

    async def _without_row(self, objects: Sequence[StoredObject]) -> list[Orphan]:
        async with self._database.transaction() as connection:
            return await CleanupRepository(connection).without_row(objects)

    async def _remove(self, orphans: Sequence[Orphan], now: datetime) -> int:
        noted = await self._note(orphans, now)
        await self._carry_out([_deletion_of(orphan) for orphan in noted], now)
        return len(noted)

    async def _is_there(self, named: Orphan | ReadyFile) -> bool:
        return await self._store.stat(named.object_key) is not None

    @repeated_on_conflict
    async def _note(self, orphans: Sequence[Orphan], now: datetime) -> list[Orphan]:
        """Writes down what the store may refuse to delete now, and tells the owners' trails."""
        async with self._database.transaction() as connection:
            cleanup = CleanupRepository(connection)
            noted = await cleanup.note(orphans, at=now)
            # A deletion that ended since the object was listed has left neither row behind.
            there = await a_few_at_once(self._is_there, noted)
            seen = list(zip(noted, there, strict=True))
            noted = [orphan for orphan, is_there in seen if is_there]
            gone = [_deletion_of(orphan) for orphan, is_there in seen if not is_there]
            if gone:
                await cleanup.deleted(gone, begun_at=now)
            for orphan in noted:
                key = ObjectKey.parse(orphan.object_key)
                assert key is not None  # noqa: S101 - a store finds no others
                log.warning("orphan_removed", asset_id=str(key.asset_id), size=orphan.size)
                if orphan.tenant_id is not None:
                    await self._audit.record_for(
                        connection,
                        orphan.owner_id,
                        orphan.tenant_id,
                        "asset.orphan_removed",
                        origin=ORIGIN,
                        session_id=key.session_id,
                        asset_id=str(key.asset_id),
                        size=orphan.size,
                    )
        return noted

    async def _abort_without_row(self, uploads: Sequence[Unfinished]) -> int:
        async with self._database.transaction() as connection:
            left = await CleanupRepository(connection).unfinished_without_row(uploads)
        await a_few_at_once(
            lambda upload: self._store.abort_parts(upload.key, upload.upload_id), left
        )
        return len(left)

    # What is not there, though a row says so

    async def find_lost(
        self, now: datetime, batch: int, *, unchecked_since: datetime | None = None
    ) -> int:
        """Looks for the objects of ready assets; how many it looked for. Those that vanished are
        marked, and those that came back are so no longer.

        Raises ForeignStore and StorageUnavailable, and then has marked none: out of reach is not
        lost.
        """
        async with self._database.transaction() as connection:
            files = await CleanupRepository(connection).unchecked(
                unchecked_since or now - CHECKED_EVERY, batch
            )
        if not files:
            return 0  # as at most turns: then the store is not asked whose it is, either
        await self.require_own_store()
        there = await a_few_at_once(self._is_there, files)
        found = list(zip(files, there, strict=True))
        await self._remember([file for file, is_there in found if is_there is not file.lost], now)
        for file, is_there in found:
            if is_there is file.lost:
                await self._mark(file, now, lost=not is_there)
        return len(files)

    @repeated_on_conflict
    async def _remember(self, files: Sequence[ReadyFile], now: datetime) -> None:
        async with self._database.transaction() as connection:
            await CleanupRepository(connection).checked(files, at=now)

    @repeated_on_conflict
    async def _mark(self, file: ReadyFile, now: datetime, *, lost: bool) -> None:
        async with self._database.transaction() as connection:
            journal = Journal(connection, file.owner_id)
            try:
                locked = await journal.lock(file.session_id)
            except SessionNotFound:
                return
            assets = AssetRepository(connection, file.owner_id)
            asset = await assets.one(file.session_id, file.id, lock=True)
            # Deleted meanwhile, or marked by somebody else.
            if asset is None or (asset.lost_at is not None) is lost:
                return
            await assets.change(
                file.session_id, file.id, {"lost_at": now if lost else None, "checked_at": now}
            )
            change = (
                Change("asset.deleted", file.id, {"reason": "object_missing"})
                if lost
                else Change("asset.created", file.id)
            )
            await journal.advance(
                locked, [change], at=now, actor=ORIGIN.actor, counts_as_activity=False
            )
            await self._audit.record_for(
                connection,
                file.owner_id,
                locked.tenant_id,
                "asset.lost" if lost else "asset.found",
                origin=ORIGIN,
                session_id=file.session_id,
                asset_id=str(file.id),
                size=file.size,
            )


def _deletion_of(orphan: Orphan) -> Deletion:
    return Deletion(orphan.owner_id, orphan.object_key)
