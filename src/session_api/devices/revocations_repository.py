"""Every statement on revocations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.database.engine import Database
from session_api.security.revocations import Kind, Revocation

_NOBODY = UUID(int=0)
_PAGE = 10_000

# Every transaction below this is over, and what it committed is in this snapshot.
_WATERMARK = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS below"

# What was written by transactions that an earlier snapshot can have missed: those that were under
# way in it, however long they take, and all after them. Numbers beyond the present are of another
# life of this database, before it was restored from a dump. $1 the earlier watermark.
_NEWS = """
    SELECT s.below, r.owner_id, r.kind, r.value, r.made_at, r.expires_at
      FROM (
           SELECT pg_snapshot_xmin(present)::text::bigint AS below,
                  pg_snapshot_xmax(present)::text::bigint AS above
             FROM pg_current_snapshot() AS present
           ) AS s
      LEFT JOIN revocations r
        ON r.transaction_id >= $1 AND r.transaction_id < s.above
"""

# $1, $2, $3 the row before, $4 now, $5 limit.
_ALL = """
    SELECT owner_id, kind, value, made_at, expires_at
      FROM revocations
     WHERE (owner_id, kind, value) > ($1, $2, $3) AND expires_at > $4
     ORDER BY owner_id, kind, value
     LIMIT $5
"""

_REVOKE = """
    INSERT INTO revocations (owner_id, kind, value, made_at, expires_at, transaction_id)
    SELECT owner_id, kind, value, made_at, expires_at, pg_current_xact_id()::text::bigint
      FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::timestamptz[], $5::timestamptz[])
           AS revoked (owner_id, kind, value, made_at, expires_at)
     ORDER BY owner_id, kind, value
        ON CONFLICT (owner_id, kind, value) DO UPDATE
       SET made_at = greatest(revocations.made_at, EXCLUDED.made_at),
           expires_at = greatest(revocations.expires_at, EXCLUDED.expires_at),
           transaction_id = EXCLUDED.transaction_id
"""

# The oldest beyond the limit go; returns when the youngest of them was made. $2 limit.
_PRUNE = """
      WITH ranked AS (
           SELECT kind, value,
                  row_number() OVER (ORDER BY made_at DESC, kind, value) AS place
             FROM revocations
            WHERE owner_id = $1 AND kind <> 'everywhere'
           ), gone AS (
           DELETE FROM revocations r
            USING ranked
            WHERE r.owner_id = $1 AND r.kind = ranked.kind AND r.value = ranked.value
              AND ranked.place > $2
           RETURNING r.made_at
           )
    SELECT max(made_at) FROM gone
"""


async def add_revocations(connection: AsyncConnection, revoked: Sequence[Revocation]) -> None:
    """Writes them, or makes those that are there as young. No two of one owner, kind and value."""
    rows = [(r.owner_id, r.kind, r.value, r.made_at, r.expires_at) for r in revoked]
    await connection.exec_driver_sql(_REVOKE, columns_of(rows))


async def prune_revocations(
    connection: AsyncConnection, owner_id: UUID, *, limit: int
) -> datetime | None:
    """Drops one owner's oldest beyond the limit; returns when the youngest of them was made."""
    result = await connection.exec_driver_sql(_PRUNE, (owner_id, limit))
    return cast("datetime | None", result.scalar_one_or_none())


async def all_revocations(database: Database, now: datetime) -> tuple[int, list[Revocation]]:
    """Every revocation that still counts, and the watermark to ask for news from."""
    found: list[Revocation] = []
    # Before the first page: what a page misses has a number from here on.
    row = await database.fetch_row(_WATERMARK)
    last: tuple[UUID, str, bytes] = (_NOBODY, "", b"")
    while True:
        rows = await database.fetch_rows(_ALL, *last, now, _PAGE)
        found += map(revocation_of, rows)
        if len(rows) < _PAGE:
            return 0 if row is None else row["below"], found
        last = (rows[-1]["owner_id"], rows[-1]["kind"], rows[-1]["value"])


async def news(database: Database, since: int) -> tuple[int, list[Revocation]]:
    """Every revocation that was committed after the snapshot of the watermark `since`, and perhaps
    some from before; and the next watermark.
    """
    rows = await database.fetch_rows(_NEWS, since)
    below: int = rows[0]["below"]
    return below, [revocation_of(row) for row in rows if row["owner_id"] is not None]


def revocation_of(row: Any) -> Revocation:
    """Of the last five columns: owner, kind, value, and the two times."""
    # By place: a record of asyncpg has no attributes, a row of SQLAlchemy no keys.
    owner_id, kind, value, made_at, expires_at = tuple(row)[-5:]
    return Revocation(owner_id, cast("Kind", kind), bytes(value), made_at, expires_at)


def columns_of(rows: Sequence[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    """Rows as the arrays that `unnest` takes."""
    return tuple(map(list, zip(*rows, strict=True)))
