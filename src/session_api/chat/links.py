"""What a session asks of its chat: to stop what nobody writes any longer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.chat.growth.repository import GrowthRepository
from session_api.sync import Change


@dataclass(frozen=True, slots=True)
class ChatLinks:
    """The chats of one owner as their sessions see them, inside a session's transaction."""

    connection: AsyncConnection
    owner_id: UUID

    async def stop_writing(
        self,
        session_id: UUID,
        *,
        after_version: int,
        after_seq: int = 0,
        agents_before: datetime | None = None,
    ) -> list[Change]:
        """Cancels the messages in progress of a session that leaves `active`, their text kept.

        Of a turn that ends, those that it began: after a `seq`, and before it was over. Under the
        session's lock. The caller logs the changes, which have the versions after `after_version`.
        """
        growth = GrowthRepository(self.connection, self.owner_id)
        stopped = await growth.cancel_in_progress(
            session_id,
            after_version=after_version,
            after_seq=after_seq,
            agents_before=agents_before,
        )
        return [Change("message.updated", message_id) for message_id in stopped]
