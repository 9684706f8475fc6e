"""The statement that announces a file: its row, its room on the owner's counters and its event.

It serves both ways: as a transaction of its own, where it decides whether the file fits, and under
the session's lock, where that was decided before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.assets.limits import Quota
from session_api.assets.reads import COLUMNS, StoredAsset
from session_api.audit import NewEvent
from session_api.audit.recording_repository import as_json, recording
from session_api.database.engine import Database
from session_api.problems import SessionNotFound

# $1 owner, $2 session, $3 asset, $4 scope, $5 mission, $6 hop, $7 name, $8 type, $9 size,
# $10 SHA-256, $11 fingerprint, $12 key of the object, $13 size of parts, $14 now, $15 the end of
# its ticket, $16 the audit event; at most so many files and bytes of the session, $17 and $18, and
# of the user, $19 and $20, where null is any number.
#
# The session's files are seen as they were when the statement began, and the lock may have been
# waited for. So every announcement writes the session's row anew, with nothing in it changed: who
# finds the very row that they saw knows that no file has come since. The user's row is read fresh.
_ANNOUNCE = f"""
      WITH opened AS (
           UPDATE user_sessions s
              SET version = s.version
            WHERE s.owner_id = $1 AND s.id = $2 AND s.status = 'active'
              AND s.xmin = (SELECT xmin FROM user_sessions WHERE owner_id = $1 AND id = $2)
              AND NOT EXISTS (
                  SELECT FROM assets WHERE owner_id = $1 AND session_id = $2 AND id = $3
                  )
              AND CASE WHEN $17::bigint IS NULL AND $18::bigint IS NULL THEN true ELSE (
                  SELECT (count(*) + 1 > $17) IS NOT TRUE
                         AND (coalesce(sum(size), 0) + $9::bigint > $18) IS NOT TRUE
                    FROM assets
                   WHERE owner_id = $1 AND session_id = $2
                  ) END
           RETURNING s.id
           ), counted AS (
           UPDATE users u
              SET asset_count = u.asset_count + 1,
                  asset_bytes = u.asset_bytes + $9
             FROM opened
            WHERE u.owner_id = $1
              AND (u.asset_count + 1 > $19::bigint) IS NOT TRUE
              AND (u.asset_bytes + $9 > $20::bigint) IS NOT TRUE
           RETURNING u.owner_id
           ), added AS (
           INSERT INTO assets
                  (owner_id, session_id, id, scope, mission_id, hop_id, name, content_type, size,
                   sha256, status, fingerprint, object_key, part_size, created_at, expires_at,
                   checked_at)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', $11, $12, $13, $14, $15, $14
             FROM counted
           RETURNING *
           ), {recording("(SELECT $16 FROM added)")}
    SELECT NULL::bigint AS version, {COLUMNS}
      FROM user_sessions s
      LEFT JOIN added a ON true
     WHERE s.owner_id = $1 AND s.id = $2
"""  # noqa: S608 - of our own pieces

_NO_LIMITS = (None,) * 4


@dataclass(frozen=True, slots=True)
class NewAsset:
    """A file to announce."""

    session_id: UUID
    id: UUID
    mission_id: UUID | None
    hop_id: UUID | None
    name: str
    content_type: str
    size: int
    sha256: str | None
    fingerprint: bytes
    object_key: str
    part_size: int | None
    at: datetime
    expires_at: datetime
    told: NewEvent

    @property
    def scope(self) -> Literal["session", "mission", "hop"]:
        if self.hop_id is not None:
            return "hop"
        return "session" if self.mission_id is None else "mission"


async def announce_at_once(
    database: Database, owner_id: UUID, new: NewAsset, *, session: Quota, user: Quota
) -> StoredAsset | None:
    """Announces a file in a transaction of its own; None where nothing was changed.

    That is where the session is not active or was written to in between, the id is taken or the
    file does not fit. Raises SessionNotFound and TransactionConflict.
    """
    limits = (session.count, session.size, user.count, user.size)
    row = await database.change_row(
        (owner_id, new.session_id), _ANNOUNCE, *_arguments(owner_id, new), *limits
    )
    if row is None:
        raise SessionNotFound
    return _stored(tuple(row))


async def announce(connection: AsyncConnection, owner_id: UUID, new: NewAsset) -> StoredAsset:
    """The same under the session's lock, where nothing stands in the way."""
    result = await connection.exec_driver_sql(_ANNOUNCE, (*_arguments(owner_id, new), *_NO_LIMITS))
    asset = _stored(tuple(result.one()))
    assert asset is not None  # noqa: S101 - the caller made sure
    return asset


def _arguments(owner_id: UUID, new: NewAsset) -> tuple[Any, ...]:
    return (
        owner_id,
        new.session_id,
        new.id,
        new.scope,
        new.mission_id,
        new.hop_id,
        new.name,
        new.content_type,
        new.size,
        new.sha256,
        new.fingerprint,
        new.object_key,
        new.part_size,
        new.at,
        new.expires_at,
        as_json([new.told]),
    )


def _stored(row: tuple[Any, ...]) -> StoredAsset | None:
    asset_id = row[1]
    return None if asset_id is None else StoredAsset(*row[1:])
