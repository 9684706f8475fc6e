"""The statements on hand-overs, each scoped to one owner but for the clean-up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

# Codes of an erased session went with it. One that is just being erased is waited for.
_MAKE = """
    INSERT INTO handoffs (owner_id, code_hash, session_id, made_at, expires_at)
    SELECT s.owner_id, $3, s.id, $4, $5
      FROM user_sessions s
     WHERE s.owner_id = $1 AND s.id = $2
       FOR KEY SHARE OF s
    RETURNING session_id
"""

# Of many at once the row lets one after the other see it, and the second finds it used. The same
# request again, by its key, is the one that used it.
_USE = """
    UPDATE handoffs
       SET used_at = coalesce(used_at, $3), used_by = $4
     WHERE owner_id = $1 AND code_hash = ANY ($2::bytea[]) AND expires_at > $3
       AND (used_at IS NULL OR used_by = $4)
    RETURNING session_id
"""

# Materialized: joined as a subquery, it may be asked again for each row, with a LIMIT each time.
_FORGET = """
      WITH old AS MATERIALIZED (
           SELECT owner_id, code_hash
             FROM handoffs
            WHERE expires_at <= $1
            ORDER BY expires_at
            LIMIT $2
              FOR UPDATE SKIP LOCKED
           )
    DELETE FROM handoffs h
     USING old
     WHERE (h.owner_id, h.code_hash) = (old.owner_id, old.code_hash)
"""


class HandoffRepository:
    """One owner's hand-overs, inside a transaction."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def make(
        self, session_id: UUID, code_hash: bytes, *, at: datetime, expires_at: datetime
    ) -> bool:
        """Keeps a code for a session; False where there is no such session."""
        result = await self._connection.exec_driver_sql(
            _MAKE, (self._owner_id, session_id, code_hash, at, expires_at)
        )
        return result.one_or_none() is not None

    async def use(
        self, hashes: Sequence[bytes], *, used_by: UUID | None, at: datetime
    ) -> UUID | None:
        """Uses a code up and returns its session; None where it is not good, or no longer.

        `used_by` names the request, which may come again.
        """
        result = await self._connection.exec_driver_sql(
            _USE, (self._owner_id, list(hashes), at, used_by)
        )
        session_id: UUID | None = result.scalar_one_or_none()
        return session_id


async def forget_handoffs(connection: AsyncConnection, *, now: datetime, limit: int) -> int:
    """Removes codes of any owner that are over; returns how many."""
    result = await connection.exec_driver_sql(_FORGET, (now, limit))
    return result.rowcount
