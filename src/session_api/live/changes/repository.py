"""Statements that trim the log, on the sessions of all owners. For the job alone, in transactions.

What is kept of a log is its end: by `changes_from` a session knows the last version that went.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

# A page of all sessions, and which of them may have too much. Most are passed by for what stands in
# their own row; of those that were made before $3, the log is asked for its oldest row. It is the
# sessions looked at that are limited, not those found: where there are none, nothing else would end
# it in time. $1 and $2 the place to go on from, $3 kept since, $4 kept number, $5 limit.
_LOOK = """
      WITH looked AS MATERIALIZED (
           SELECT owner_id, id, version, changes_from, created_at
             FROM user_sessions
            WHERE (owner_id, id) > ($1, $2)
            ORDER BY owner_id, id
            LIMIT $5
           ), judged AS (
           SELECT s.owner_id, s.id,
                  lead(s.id) OVER (ORDER BY s.owner_id, s.id) IS NULL AS is_last,
                  s.version - s.changes_from > $4
                  OR (s.created_at < $3 AND s.changes_from < s.version
                      AND (SELECT c.at
                             FROM session_changes c
                            WHERE c.owner_id = s.owner_id AND c.session_id = s.id
                              AND c.version > s.changes_from
                            ORDER BY c.version
                            LIMIT 1
                          ) < $3) AS due
             FROM looked s
           )
    SELECT owner_id, id, due FROM judged WHERE due OR is_last ORDER BY owner_id, id
"""

# Nobody waits: a session that somebody is writing to is left for the next time.
_LOCK_IF_FREE = """
    SELECT version, changes_from
      FROM user_sessions
     WHERE owner_id = $1 AND id = $2
       FOR NO KEY UPDATE SKIP LOCKED
"""

# Of the oldest rows those before the first that is kept for its age, and those that are too many:
# the newest $5 are counted from the end, only where there may be more ($7). $3 from, $4 kept since,
# $6 limit. It is a range that goes: joined by version, PostgreSQL may read the log once a row.
_TRIM = """
      WITH oldest AS (
           SELECT version, at
             FROM session_changes
            WHERE owner_id = $1 AND session_id = $2 AND version > $3
            ORDER BY version
            LIMIT $6
           ), dated AS (
           SELECT version, bool_and(at < $4) OVER (ORDER BY version) AS old FROM oldest
           ), too_many AS MATERIALIZED (
           SELECT version
             FROM session_changes
            WHERE owner_id = $1 AND session_id = $2 AND $7
            ORDER BY version DESC
           OFFSET $5
            LIMIT 1
           ), reach AS MATERIALIZED (
           SELECT max(version) AS version
             FROM dated
            WHERE old OR version <= (SELECT version FROM too_many)
           ), trimmed AS (
           DELETE FROM session_changes
            WHERE owner_id = $1 AND session_id = $2 AND version > $3
              AND version <= (SELECT version FROM reach)
           RETURNING version
           ), moved AS (
           UPDATE user_sessions
              SET changes_from = (SELECT version FROM reach)
            WHERE owner_id = $1 AND id = $2 AND (SELECT version FROM reach) IS NOT NULL
           )
    SELECT count(*) FROM trimmed
"""


@dataclass(frozen=True, slots=True)
class LookedThrough:
    """A page of sessions: those that may have too much in their logs, and the last of them all,
    None where there are no more.
    """

    due: list[tuple[UUID, UUID]]
    last: tuple[UUID, UUID] | None


class TrimRepository:
    """The logs of all owners' sessions, inside a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def look(
        self, after: tuple[UUID, UUID], *, kept_since: datetime, kept: int, limit: int
    ) -> LookedThrough:
        """The next `limit` sessions in the order of owner and id."""
        result = await self._connection.exec_driver_sql(_LOOK, (*after, kept_since, kept, limit))
        rows = result.all()
        return LookedThrough(
            due=[(row.owner_id, row.id) for row in rows if row.due],
            last=(rows[-1].owner_id, rows[-1].id) if rows else None,
        )

    async def trim(
        self, owner_id: UUID, session_id: UUID, *, kept_since: datetime, kept: int, limit: int
    ) -> int:
        """Removes up to `limit` of the oldest changes of a session that are too old or too many.

        Returns how many; 0 as well where somebody is writing to it.
        """
        held = await self._connection.exec_driver_sql(_LOCK_IF_FREE, (owner_id, session_id))
        row = held.one_or_none()
        if row is None:
            return 0
        # Versions have gaps: so many versions may be fewer changes.
        may_be_more = row.version - row.changes_from > kept
        result = await self._connection.exec_driver_sql(
            _TRIM,
            (owner_id, session_id, row.changes_from, kept_since, kept, limit, may_be_more),
        )
        return int(result.scalar_one())
