"""The rules of growing: text is added where the last one ended, and a repeat is safe."""

from uuid import UUID

from session_api.chat.growth.repository import GrowthRepository
from session_api.chat.repository import ChatRepository
from session_api.chat.schemas import MessageGrowth
from session_api.database.engine import Database, repeated_on_conflict
from session_api.fields import MAX_CONTENT_BYTES
from session_api.ports import Clock
from session_api.problems import OffsetMismatch, Problem, ValidationFailed
from session_api.security.caller import Caller
from session_api.sync import Journal


class GrowthService:
    """Called by the chat router. One call is three statements under the session's lock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @repeated_on_conflict
    async def grow(
        self, caller: Caller, session_id: UUID, message_id: UUID, body: MessageGrowth
    ) -> tuple[int, int]:
        """Adds text to a message in progress; returns its length and the session's version.

        Text that stands at that offset already is a repeat and changes nothing. Raises
        SessionNotFound, MessageNotFound, SessionNotActive, TurnLost, TurnInProgress,
        MessageNotInProgress, OffsetMismatch or ValidationFailed.
        """
        async with self._database.transaction() as connection:
            journal = Journal(connection, caller.owner_id)
            growth = GrowthRepository(connection, caller.owner_id)
            locked = await journal.lock(session_id, turn=caller.turn)
            now = self._clock()
            refusal = locked.refusal_to_agent(now)
            if refusal is None:
                grown = await growth.grow(
                    session_id,
                    message_id,
                    offset=body.offset,
                    text=body.text,
                    version=locked.version + 1,
                    limit_bytes=MAX_CONTENT_BYTES,
                )
                if grown is not None:
                    logged_in, length = grown
                    version = await journal.advance_growing(
                        locked,
                        message_id,
                        logged_in=logged_in,
                        at=now,
                        actor=caller.actor,
                    )
                    return length, version
            chat = ChatRepository(connection, caller.owner_id)
            length = await self._length_if_repeat(
                chat, growth, session_id, message_id, body, refusal
            )
            return length, locked.version

    async def _length_if_repeat(
        self,
        chat: ChatRepository,
        growth: GrowthRepository,
        session_id: UUID,
        message_id: UUID,
        body: MessageGrowth,
        refusal: Problem | None,
    ) -> int:
        """The length of a message that holds this text at this offset already; else raises why,
        which may be a `refusal` to grow anything.
        """
        message = await chat.one(session_id, message_id)
        if message.text_length is None:
            raise ValidationFailed.at("/text", "can't be added to a list of parts; use PATCH")
        if message.text_length >= body.offset + len(body.text):
            there = await growth.text_at(session_id, message_id, body.offset, len(body.text))
            if there == body.text:
                return message.text_length
        if refusal is not None:
            raise refusal
        message.require_in_progress()
        if message.text_length != body.offset:
            raise OffsetMismatch(
                f"The text has {message.text_length} code points.", length=message.text_length
            )
        raise ValidationFailed.at("/text", f"would make it larger than {MAX_CONTENT_BYTES} bytes")
