"""The statements on turns, each scoped to one owner. They stand on the session's own row."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from session_api.models import UserSession
from session_api.sync import Turn


@dataclass(frozen=True, slots=True)
class LastTurn:
    """What is known of the last turn beside what the lock tells: the id of the request that took
    it, if it had one, and the `seq` after which its messages begin.
    """

    id: UUID | None
    after_seq: int


class TurnRepository:
    """One owner's turns, inside a transaction and under the session's lock."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def last(self, session_id: UUID) -> LastTurn:
        result = await self._connection.execute(
            select(col(UserSession.turn_id), col(UserSession.turn_seq)).where(*self._is(session_id))
        )
        turn_id, seq = result.one()
        return LastTurn(turn_id, seq or 0)

    async def give(
        self, session_id: UUID, turn: Turn, *, turn_id: UUID | None, version: int, after_seq: int
    ) -> None:
        """Gives the turn, which the log tells of in `version`."""
        await self._set(
            session_id,
            turn_number=turn.number,
            turn_version=version,
            turn_seq=after_seq,
            turn_id=turn_id,
            turn_holder=turn.holder,
            turn_user_id=turn.user_id,
            turn_expires_at=turn.expires_at,
        )

    async def end(self, session_id: UUID) -> None:
        """Nobody has the turn then. Its number stays, for the next to be higher."""
        await self._set(session_id, turn_holder=None, turn_user_id=None, turn_expires_at=None)

    async def _set(self, session_id: UUID, **columns: Any) -> None:
        await self._connection.execute(
            update(UserSession).where(*self._is(session_id)).values(**columns)
        )

    def _is(self, session_id: UUID) -> tuple[Any, Any]:
        return (col(UserSession.owner_id) == self._owner_id, col(UserSession.id) == session_id)
