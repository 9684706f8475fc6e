"""What sessions ask of sharing: that shares go with them, and that no id leads to two sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.problems import IdConflict
from session_api.sharing.repository import MemberRepository, ShareRepository


@dataclass(frozen=True, slots=True)
class ShareLinks:
    """The shares of one owner's sessions, inside a session's transaction."""

    connection: AsyncConnection
    owner_id: UUID

    async def forget_session(self, session_id: UUID) -> None:
        """Ends everybody's reach of a session that is erased next; its shares go with its row."""
        await ShareRepository(self.connection, self.owner_id).forget_members(session_id)

    async def claimed(self, session_ids: Sequence[UUID]) -> set[UUID]:
        """Those of the ids under which another's session is shared with the owner.

        Sure not to change until the transaction ends where a row of the owner's was inserted in
        it before, into any table that refers to `users`, or where their own row is locked: who
        shares something with them locks that row against both.
        """
        return await MemberRepository(self.connection, self.owner_id).claimed(session_ids)

    async def require_free(self, session_id: UUID) -> None:
        """Raises IdConflict for an id under which another's session is shared with the owner.

        After the session's row was inserted, as `claimed` says.
        """
        if await self.claimed([session_id]):
            raise IdConflict(f"Another's session {session_id} is shared with you.")
