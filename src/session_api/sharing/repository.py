"""Every writing statement on shares, and the reads inside their transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from session_api.models import SessionMember, SessionShare, User
from session_api.sharing.reads import SHARE

_SHOW = f"""
    SELECT {SHARE}::text
      FROM session_shares h
     WHERE h.owner_id = $1 AND h.session_id = $2 AND h.id = $3
"""

# With what came through it, where it is a link.
_REMOVE = """
      WITH removed AS (
           DELETE FROM session_shares
            WHERE owner_id = $1 AND session_id = $2 AND (id = $3 OR link_id = $3)
           RETURNING id
           ), left_behind AS (
           DELETE FROM session_members m
            USING removed
            WHERE m.host_id = $1 AND m.session_id = $2 AND m.share_id = removed.id
           )
    SELECT id FROM removed ORDER BY id = $3 DESC, id
"""

_FORGET_MEMBERS = "DELETE FROM session_members WHERE host_id = $1 AND session_id = $2"

# Under the lock of the person's row, which whoever makes a session of theirs waits for.
_ADD_MEMBER = """
    INSERT INTO session_members (owner_id, session_id, host_id, share_id, shared_at)
    SELECT $1, $2, $3, $4, $5
     WHERE NOT EXISTS (SELECT FROM user_sessions WHERE owner_id = $1 AND id = $2)
        ON CONFLICT (owner_id, session_id) DO NOTHING
    RETURNING share_id
"""


@dataclass(frozen=True, slots=True)
class StoredShare:
    """A share as it stands under its session's lock. A link has a `token_hash`."""

    id: UUID
    user_id: str | None
    link_id: UUID | None
    token_hash: bytes | None
    max_uses: int | None
    uses: int
    role: str
    fingerprint: bytes
    expires_at: datetime | None

    def counts(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_at is None or self.expires_at > now

    @property
    def used_up(self) -> bool:
        return self.max_uses is not None and self.uses >= self.max_uses


class ShareRepository:
    """The shares of one owner's sessions, inside a transaction that has the session's lock."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def find(self, session_id: UUID, share_id: UUID) -> StoredShare | None:
        """One share, or None."""
        columns = SessionShare.__table__.c  # type: ignore[attr-defined]
        names = StoredShare.__dataclass_fields__
        result = await self._connection.execute(
            select(*(columns[name] for name in names)).where(*self._is(session_id, share_id))
        )
        row = result.one_or_none()
        return None if row is None else StoredShare(*row)

    async def count(self, session_id: UUID) -> int:
        """How many shares the session has, links and expired ones included."""
        result = await self._connection.execute(
            select(func.count()).where(*self._of(session_id)).select_from(SessionShare)
        )
        return int(result.scalar_one())

    async def add(self, values: dict[str, Any]) -> None:
        """Adds a share, whose id must be new in the session."""
        await self._connection.execute(
            insert(SessionShare).values(owner_id=self._owner_id, **values)
        )

    async def use(self, session_id: UUID, link_id: UUID) -> None:
        """Counts one use of a link."""
        await self._connection.execute(
            update(SessionShare)
            .where(*self._is(session_id, link_id))
            .values(uses=col(SessionShare.uses) + 1)
        )

    async def change(self, session_id: UUID, share_id: UUID, values: dict[str, Any]) -> list[UUID]:
        """Changes a share, with those that came through it where it is a link; their ids, its own
        first.
        """
        result = await self._connection.execute(
            update(SessionShare)
            .where(
                *self._of(session_id),
                or_(col(SessionShare.id) == share_id, col(SessionShare.link_id) == share_id),
            )
            .values(**values)
            .returning(col(SessionShare.id))
        )
        return sorted(result.scalars(), key=lambda each: (each != share_id, each))

    async def remove(self, session_id: UUID, share_id: UUID) -> list[UUID]:
        """Removes a share and whose way it was, as `change`. Empty where there is none."""
        result = await self._connection.exec_driver_sql(
            _REMOVE, (self._owner_id, session_id, share_id)
        )
        return list(result.scalars())

    async def forget_members(self, session_id: UUID) -> None:
        """Nobody but its owner reaches the session any longer."""
        await self._connection.exec_driver_sql(_FORGET_MEMBERS, (self._owner_id, session_id))

    async def show(self, session_id: UUID, share_id: UUID) -> str:
        """A share as JSON."""
        result = await self._connection.exec_driver_sql(
            _SHOW, (self._owner_id, session_id, share_id)
        )
        return str(result.scalar_one())

    def _of(self, session_id: UUID) -> tuple[Any, Any]:
        return (
            col(SessionShare.owner_id) == self._owner_id,
            col(SessionShare.session_id) == session_id,
        )

    def _is(self, session_id: UUID, share_id: UUID) -> tuple[Any, Any, Any]:
        return (*self._of(session_id), col(SessionShare.id) == share_id)


class MemberRepository:
    """What one person reaches of others', inside a transaction."""

    def __init__(self, connection: AsyncConnection, person_id: UUID) -> None:
        self._connection = connection
        self._person_id = person_id

    async def lock(self) -> None:
        """Keeps the person from making sessions, and others from sharing any with them, until the
        transaction ends. Their row must be there.

        Making one takes a key-share lock on that row, by its foreign key; this one excludes it.
        """
        await self._connection.execute(
            select(col(User.owner_id))
            .where(col(User.owner_id) == self._person_id)
            .with_for_update()
        )

    async def add(self, session_id: UUID, *, host_id: UUID, share_id: UUID, at: datetime) -> bool:
        """Lets the person reach a session; False where its id leads them to one already.

        Under `lock`, taken by an earlier statement.
        """
        result = await self._connection.exec_driver_sql(
            _ADD_MEMBER, (self._person_id, session_id, host_id, share_id, at)
        )
        return result.one_or_none() is not None

    async def of(self, session_id: UUID) -> tuple[UUID, UUID] | None:
        """Host and share by which the person was given a session of this id."""
        result = await self._connection.execute(
            select(col(SessionMember.host_id), col(SessionMember.share_id)).where(
                col(SessionMember.owner_id) == self._person_id,
                col(SessionMember.session_id) == session_id,
            )
        )
        row = result.one_or_none()
        return None if row is None else (row[0], row[1])

    async def claimed(self, session_ids: Sequence[UUID]) -> set[UUID]:
        """Those of the ids that lead the person to another's session."""
        result = await self._connection.execute(
            select(col(SessionMember.session_id)).where(
                col(SessionMember.owner_id) == self._person_id,
                col(SessionMember.session_id).in_(session_ids),
            )
        )
        return set(result.scalars())
