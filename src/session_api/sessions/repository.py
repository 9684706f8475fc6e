"""Every writing statement on sessions, and the reads inside their transactions, for one owner."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from session_api.models import UserSession
from session_api.sessions.reads import NO_PARTS, Part, StoredSession, one_statement

_TIMES = ("completed_at", "abandoned_at", "archived_at")
_HELD_TURN = ("turn_holder", "turn_user_id", "turn_expires_at")

# The statuses are written out and the orders those of the partial indexes: with a parameter, or in
# no order, PostgreSQL reads the table to find nothing. $1 idle since, $2 limit.
_IDLE = {
    "active": """
    SELECT owner_id, id
      FROM user_sessions
     WHERE status = 'active' AND last_activity_at < $1
     ORDER BY owner_id, id
     LIMIT $2
       FOR NO KEY UPDATE SKIP LOCKED
""",
    "abandoned": """
    SELECT owner_id, id
      FROM user_sessions
     WHERE status = 'abandoned' AND abandoned_at < $1
     ORDER BY abandoned_at
     LIMIT $2
       FOR NO KEY UPDATE SKIP LOCKED
""",
}


@dataclass(frozen=True, slots=True)
class SessionFields:
    """What a person may change of a session, as it is stored."""

    name: str | None
    metadata_ciphertext: bytes


class SessionRepository:
    """One owner's sessions, inside a transaction."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def fingerprint_of(self, session_id: UUID) -> bytes:
        """The sealed fingerprint of what the session was created from. Under its lock."""
        result = await self._connection.execute(
            select(col(UserSession.fingerprint_ciphertext)).where(*self._is(session_id))
        )
        return result.scalar_one()

    async def latest_active(self) -> UUID | None:
        """The most recently active session."""
        result = await self._connection.execute(
            select(col(UserSession.id))
            .where(col(UserSession.owner_id) == self._owner_id, col(UserSession.status) == "active")
            .order_by(col(UserSession.last_activity_at).desc(), col(UserSession.id).desc())
            .limit(1)
        )
        return result.scalar_one_or_none()

    async def fields(self, session_id: UUID) -> SessionFields:
        """The session's own fields. Under its lock."""
        result = await self._connection.execute(
            select(col(UserSession.name), col(UserSession.metadata_ciphertext)).where(
                *self._is(session_id)
            )
        )
        return SessionFields(*result.one())

    async def change_fields(self, session_id: UUID, version: int, fields: dict[str, Any]) -> None:
        """Changes the session's own fields, which then were last changed in `version`."""
        await self._connection.execute(
            update(UserSession)
            .where(*self._is(session_id))
            .values(fields_version=version, **fields)
        )

    async def set_status(
        self, session_id: UUID, version: int, status: str, *, at: datetime
    ) -> None:
        """Moves the session to a status and marks when it came there.

        Back in `active` it has never been anywhere else.
        """
        times = dict.fromkeys(_TIMES) if status == "active" else {f"{status}_at": at}
        # A turn is there in active sessions alone: none is held before one becomes active again.
        ended = dict.fromkeys(_HELD_TURN)
        await self.change_fields(session_id, version, {"status": status, **times, **ended})

    async def read(
        self, session_id: UUID, parts: frozenset[Part] = NO_PARTS, messages: int = 0
    ) -> StoredSession:
        """The session as it stands in this transaction. Under its lock."""
        result = await self._connection.exec_driver_sql(
            one_statement(parts), (self._owner_id, session_id, messages)
        )
        row = result.one()
        return StoredSession(
            row.id, row.version, row.metadata_ciphertext, row.body, row.lost_assets
        )

    async def delete(self, session_id: UUID) -> None:
        """Erases the session; the keys of the schema take its whole tree along."""
        await self._connection.execute(delete(UserSession).where(*self._is(session_id)))

    def _is(self, session_id: UUID) -> tuple[Any, Any]:
        return (col(UserSession.owner_id) == self._owner_id, col(UserSession.id) == session_id)


async def idle_sessions(
    connection: AsyncConnection, *, status: str, idle_since: datetime, limit: int
) -> list[tuple[UUID, UUID]]:
    """Owner and id of sessions of any owner that a job must move on, locked.

    Active ones by their last activity, abandoned ones by when they were abandoned. Those that
    somebody else holds are left for the next run. For the lifecycle jobs alone.
    """
    result = await connection.exec_driver_sql(_IDLE[status], (idle_since, limit))
    return [(row.owner_id, row.id) for row in result]
