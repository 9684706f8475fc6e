"""Statements of the clean-up, on the files of all owners. For the jobs alone, inside transactions.

By key, never by owner: whoever a row belongs to, its object is not to go while the row is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.assets.storage import ObjectKey, StoredObject, Unfinished

# The statuses are written out and the orders those of the indexes: with a parameter, or in no
# order, PostgreSQL reads the table to find nothing. $1 now, $2 limit.
_EXPIRED = """
    SELECT a.owner_id, a.session_id, a.id, a.size, s.tenant_id
      FROM assets a
      JOIN user_sessions s ON s.owner_id = a.owner_id AND s.id = a.session_id
     WHERE a.status = 'pending' AND a.expires_at <= $1
     ORDER BY a.expires_at
     LIMIT $2
       FOR UPDATE OF a SKIP LOCKED
"""

# No row should have a key that is to go. If one ever has, nobody loses a file for it.
_DUE = """
    SELECT owner_id, object_key, upload_id
      FROM object_deletions d
     WHERE due_at <= $1
       AND NOT EXISTS (SELECT FROM assets a WHERE a.object_key = d.object_key)
     ORDER BY due_at
     LIMIT $2
"""

# $1 owners, $2 keys, $3 when the deletion began.
_DELETED = """
      WITH deleted AS (
           SELECT owner_id, object_key
             FROM unnest($1::uuid[], $2::text[]) AS named (owner_id, object_key)
           ), done AS (
           DELETE FROM object_deletions d
            USING deleted
            WHERE d.owner_id = deleted.owner_id AND d.object_key = deleted.object_key
              AND d.last_at <= $3
           )
    UPDATE object_deletions d
       SET due_at = d.last_at, attempts = 0
      FROM deleted
     WHERE d.owner_id = deleted.owner_id AND d.object_key = deleted.object_key
       AND d.last_at > $3
"""

# 10 s, twice as long each time, 5 minutes at most. $1 owners, $2 keys, $3 now.
_NOT_DELETED = """
    UPDATE object_deletions d
       SET attempts = d.attempts + 1,
           due_at = $3::timestamptz
                    + least(interval '10 seconds' * (1 << least(d.attempts, 5)),
                            interval '5 minutes')
      FROM unnest($1::uuid[], $2::text[]) AS named (owner_id, object_key)
     WHERE d.owner_id = named.owner_id AND d.object_key = named.object_key
"""

_TRY_NOW = """
    UPDATE object_deletions
       SET due_at = $1
     WHERE attempts > 0 AND due_at > $1
"""

# $1 owners as the keys name them, $2 keys, $3 sizes.
_WITHOUT_ROW = """
    SELECT found.owner_id, found.object_key, found.size
      FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS found (owner_id, object_key, size)
     WHERE NOT EXISTS (SELECT FROM assets a WHERE a.object_key = found.object_key)
       AND NOT EXISTS (SELECT FROM object_deletions d WHERE d.object_key = found.object_key)
"""

# $4 now. Of two that find the same object, one writes it down.
_NOTE = """
      WITH noted AS (
           INSERT INTO object_deletions
                  (owner_id, object_key, size, attempts, created_at, due_at, last_at)
           SELECT owner_id, object_key, size, 0, $4, $4, $4
             FROM unnest($1::uuid[], $2::text[], $3::bigint[])
                  AS found (owner_id, object_key, size)
               ON CONFLICT DO NOTHING
           RETURNING owner_id, object_key, size
           )
    SELECT noted.owner_id, noted.object_key, noted.size, u.tenant_id
      FROM noted
      LEFT JOIN users u ON u.owner_id = noted.owner_id
     ORDER BY noted.owner_id, noted.object_key
"""

# $1 keys, $2 ids of uploads. A row that names no upload yet may be about to.
_UNFINISHED_WITHOUT_ROW = """
    SELECT found.place
      FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS found (object_key, upload_id, place)
     WHERE NOT EXISTS (
           SELECT FROM assets a
            WHERE a.object_key = found.object_key AND a.status = 'pending'
              AND (a.upload_id IS NULL OR a.upload_id = found.upload_id))
"""

# $1 unchecked since, $2 limit.
_UNCHECKED = """
    SELECT owner_id, session_id, id, object_key, size, lost_at IS NOT NULL
      FROM assets
     WHERE status = 'ready' AND checked_at < $1
     ORDER BY checked_at
     LIMIT $2
"""

# Rows that somebody works on are left for the next run, and nobody waits for nobody.
# $1 owners, $2 sessions, $3 assets, $4 now.
_CHECKED = """
      WITH checked AS (
           SELECT a.owner_id, a.session_id, a.id
             FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS named (owner_id, session_id, id)
             JOIN assets a ON a.owner_id = named.owner_id AND a.session_id = named.session_id
                              AND a.id = named.id
              FOR NO KEY UPDATE OF a SKIP LOCKED
           )
    UPDATE assets a
       SET checked_at = $4
      FROM checked
     WHERE a.owner_id = checked.owner_id AND a.session_id = checked.session_id
       AND a.id = checked.id
"""

# For the report. $1 now.
_EXPIRED_TOTAL = """
    SELECT count(*), coalesce(sum(size), 0)::bigint
      FROM assets
     WHERE status = 'pending' AND expires_at <= $1
"""

# Not those that were deleted and only wait for the end of their ticket. $1 now.
_UNDELETED_TOTAL = """
    SELECT count(*), coalesce(sum(size), 0)::bigint
      FROM object_deletions
     WHERE due_at <= $1 OR attempts > 0
"""

# $1 to $3 the last of the page before, $4 limit.
_READY = """
    SELECT owner_id, session_id, id, object_key, size, lost_at IS NOT NULL
      FROM assets
     WHERE status = 'ready' AND (owner_id, session_id, id) > ($1, $2, $3)
     ORDER BY owner_id, session_id, id
     LIMIT $4
"""
_BEFORE_ALL = UUID(int=0)


@dataclass(frozen=True, slots=True)
class ExpiredUpload:
    """A pending asset whose time is over, locked."""

    owner_id: UUID
    session_id: UUID
    id: UUID
    size: int
    tenant_id: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """An object that must go now. `upload_id` is the upload in parts it may have been left as."""

    owner_id: UUID
    object_key: str
    upload_id: str | None = None


@dataclass(frozen=True, slots=True)
class Orphan:
    """An object without a row. The tenant is None where its owner has no row either."""

    owner_id: UUID
    object_key: str
    size: int
    tenant_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """A ready asset whose object is to be looked for; `lost` where it was not there before."""

    owner_id: UUID
    session_id: UUID
    id: UUID
    object_key: str
    size: int
    lost: bool


class CleanupRepository:
    """What the clean-up finds and settles, of every owner."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def installation(self) -> str:
        """Which database this is."""
        result = await self._connection.exec_driver_sql("SELECT id FROM installation")
        return str(result.scalar_one())

    async def expired(self, now: datetime, limit: int) -> list[ExpiredUpload]:
        """Pending assets past their end, locked, by owner; without those that somebody holds."""
        result = await self._connection.exec_driver_sql(_EXPIRED, (now, limit))
        found = [ExpiredUpload(*tuple(row)) for row in result]
        # In the order of owners, whose rows are locked next: two at once never cross.
        return sorted(found, key=lambda upload: (upload.owner_id, upload.session_id, upload.id))

    async def due(self, now: datetime, limit: int) -> list[Deletion]:
        """Objects to delete now, those that are overdue most first."""
        result = await self._connection.exec_driver_sql(_DUE, (now, limit))
        return [Deletion(*tuple(row)) for row in result]

    async def deleted(self, gone: Sequence[Deletion], *, begun_at: datetime) -> None:
        """Forgets objects that the store has deleted; those that a ticket may bring back come due
        again when it ends.
        """
        await self._connection.exec_driver_sql(_DELETED, (*_names(gone), begun_at))

    async def not_deleted(self, still_there: Sequence[Deletion], *, at: datetime) -> None:
        """Puts off objects that the store did not delete, for longer each time."""
        await self._connection.exec_driver_sql(_NOT_DELETED, (*_names(still_there), at))

    async def try_now(self, now: datetime) -> None:
        """Makes due what was put off."""
        await self._connection.exec_driver_sql(_TRY_NOW, (now,))

    async def without_row(self, objects: Sequence[StoredObject]) -> list[Orphan]:
        """Those objects that neither have a row nor are to be deleted anyway."""
        columns = _columns(
            [Orphan(_owner_in(there.key), there.key, there.size) for there in objects]
        )
        result = await self._connection.exec_driver_sql(_WITHOUT_ROW, columns)
        return [Orphan(*tuple(row)) for row in result]

    async def note(self, orphans: Sequence[Orphan], *, at: datetime) -> list[Orphan]:
        """Writes objects down for deletion; those of them that nobody else did, with tenants."""
        result = await self._connection.exec_driver_sql(_NOTE, (*_columns(orphans), at))
        return [Orphan(*tuple(row)) for row in result]

    async def unfinished_without_row(self, uploads: Sequence[Unfinished]) -> list[Unfinished]:
        """Those uploads that no pending asset waits for."""
        result = await self._connection.exec_driver_sql(
            _UNFINISHED_WITHOUT_ROW,
            ([upload.key for upload in uploads], [upload.upload_id for upload in uploads]),
        )
        return [uploads[row.place - 1] for row in result]

    async def unchecked(self, since: datetime, limit: int) -> list[ReadyFile]:
        """Ready assets that nobody has looked for since, the longest unchecked first."""
        result = await self._connection.exec_driver_sql(_UNCHECKED, (since, limit))
        return [ReadyFile(*tuple(row)) for row in result]

    async def ready_after(self, last: ReadyFile | None, limit: int) -> list[ReadyFile]:
        """All ready assets, page by page."""
        place = (last.owner_id, last.session_id, last.id) if last else (_BEFORE_ALL,) * 3
        result = await self._connection.exec_driver_sql(_READY, (*place, limit))
        return [ReadyFile(*tuple(row)) for row in result]

    async def expired_total(self, now: datetime) -> tuple[int, int]:
        """Count and bytes of pending assets past their end."""
        result = await self._connection.exec_driver_sql(_EXPIRED_TOTAL, (now,))
        count, size = tuple(result.one())
        return count, size

    async def undeleted_total(self, now: datetime) -> tuple[int, int]:
        """Count and bytes of objects that are still to be deleted."""
        result = await self._connection.exec_driver_sql(_UNDELETED_TOTAL, (now,))
        count, size = tuple(result.one())
        return count, size

    async def checked(self, files: Sequence[ReadyFile], *, at: datetime) -> None:
        """Remembers that they were looked for."""
        await self._connection.exec_driver_sql(
            _CHECKED,
            (
                [file.owner_id for file in files],
                [file.session_id for file in files],
                [file.id for file in files],
                at,
            ),
        )


def _owner_in(key: str) -> UUID:
    parsed = ObjectKey.parse(key)
    assert parsed is not None  # noqa: S101 - a store finds no others
    return parsed.owner_id


def _names(deletions: Sequence[Deletion]) -> tuple[list[UUID], list[str]]:
    return [each.owner_id for each in deletions], [each.object_key for each in deletions]


def _columns(orphans: Sequence[Orphan]) -> tuple[list[UUID], list[str], list[int]]:
    return (
        [orphan.owner_id for orphan in orphans],
        [orphan.object_key for orphan in orphans],
        [orphan.size for orphan in orphans],
    )
