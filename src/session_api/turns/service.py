"""The rules of turns: taking one, keeping it, and what happens when it is over."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit import AuditService
from session_api.chat.links import ChatLinks
from session_api.database.engine import Database, repeated_on_conflict
from session_api.ports import Clock
from session_api.problems import IdConflict
from session_api.security.caller import Caller
from session_api.sync import Change, Journal, LockedSession, Turn
from session_api.turn_problems import TurnLost
from session_api.turns.reads import held_turn
from session_api.turns.repository import TurnRepository
from session_api.turns.schemas import TurnTake


class TurnService:
    """Called by the turns router.

    Whenever a turn ends, what it was still writing becomes `cancelled`, as when a session stops: so
    that recovery never shows as running what nobody runs. One that only expires ends when the next
    is taken; until then a read tells by `expires_at` that nobody works.
    """

    def __init__(self, database: Database, audit: AuditService, clock: Clock) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    async def held(self, caller: Caller, session_id: UUID) -> str | None:
        """The turn that somebody has, as JSON; None where nobody does. Raises SessionNotFound."""
        return await held_turn(self._database, caller.owner_id, session_id, now=self._clock())

    @repeated_on_conflict
    async def take(
        self, caller: Caller, session_id: UUID, body: TurnTake, *, turn_id: UUID | None
    ) -> tuple[Turn, bool]:
        """Takes the turn where nobody has it; also tells whether it is a new one.

        A repeat under the same id answers the turn that it got. Raises SessionNotFound,
        SessionNotActive, TurnInProgress, and TurnLost for a repeat that comes after its turn.
        """
        async with self._database.transaction() as connection:
            journal = Journal(connection, caller.owner_id)
            locked = await journal.lock(session_id)
            now = self._clock()
            locked.require_active()
            turns = TurnRepository(connection, caller.owner_id)
            before = locked.fence.turn
            if turn_id is not None and (await turns.last(session_id)).id == turn_id:
                return _repeated(before, body, now), False
            locked.fence.require_nobody(now)
            turn = Turn(
                number=locked.turn_number + 1,
                holder=body.holder,
                user_id=caller.actor,
                expires_at=now + timedelta(seconds=body.ttl_seconds),
            )
            # What the one before was writing goes first into the log: then somebody new has it.
            stopped = await self._stopped(connection, caller, locked)
            version = locked.version + len(stopped) + 1
            await turns.give(
                session_id,
                turn,
                turn_id=turn_id,
                version=version,
                after_seq=locked.message_seq,
            )
            await self._advance(journal, caller, locked, stopped, turn, "taken", at=now)
            return turn, True

    @repeated_on_conflict
    async def renew(
        self, caller: Caller, session_id: UUID, number: int, *, ttl_seconds: int
    ) -> Turn:
        """Lets a turn last that long from now, and never less long than it did.

        So whatever was begun under it was begun before its end, whichever replica's clock was
        asked. Raises SessionNotFound, SessionNotActive and TurnLost.
        """
        async with self._database.transaction() as connection:
            journal = Journal(connection, caller.owner_id)
            locked = await journal.lock(session_id, turn=number)
            now = self._clock()
            locked.require_writable(now)
            turn = locked.fence.turn
            assert turn is not None  # noqa: S101 - it is the present one
            until = max(turn.expires_at, now + timedelta(seconds=ttl_seconds))
            await journal.advance_renewed(locked, until=until, at=now, actor=caller.actor)
            return Turn(turn.number, turn.holder, turn.user_id, until)

    async def release(self, caller: Caller, session_id: UUID, number: int) -> None:
        """Gives a turn back. One that is over stays over, so a repeat is safe, and takes nothing
        from whoever has the next. Raises SessionNotFound.
        """
        await self._end(caller, session_id, "released", number=number)

    async def stop(self, caller: Caller, session_id: UUID) -> None:
        """Takes the turn from whoever has it, who can write nothing more. Raises SessionNotFound.

        For whoever may write in the session: it is the button that stops an agent.
        """
        await self._end(caller, session_id, "stopped", number=None)

    @repeated_on_conflict
    async def _end(self, caller: Caller, session_id: UUID, how: str, *, number: int | None) -> None:
        async with self._database.transaction() as connection:
            journal = Journal(connection, caller.owner_id)
            locked = await journal.lock(session_id)
            turn = locked.fence.turn
            if turn is None or number not in (None, turn.number):
                return
            stopped = await self._stopped(connection, caller, locked)
            await TurnRepository(connection, caller.owner_id).end(session_id)
            await self._advance(journal, caller, locked, stopped, turn, how, at=self._clock())

    async def _stopped(
        self, connection: AsyncConnection, caller: Caller, locked: LockedSession
    ) -> list[Change]:
        """Cancels what the turn, if there is one, was still writing."""
        turn = locked.fence.turn
        if turn is None:
            return []
        last = await TurnRepository(connection, caller.owner_id).last(locked.session_id)
        return await ChatLinks(connection, caller.owner_id).stop_writing(
            locked.session_id,
            after_version=locked.version,
            after_seq=last.after_seq,
            agents_before=turn.expires_at,
        )

    async def _advance(
        self,
        journal: Journal,
        caller: Caller,
        locked: LockedSession,
        stopped: list[Change],
        turn: Turn,
        what: str,
        *,
        at: datetime,
    ) -> None:
        """Logs what was stopped, then what became of the turn."""
        data = {"number": turn.number, "what": what}
        told = self._audit.event(
            caller,
            f"turn.{what}",
            session_id=locked.session_id,
            number=turn.number,
            user_id=turn.user_id,
        )
        await journal.advance(
            locked,
            [*stopped, Change("session.turn", locked.session_id, data)],
            at=at,
            actor=caller.actor,
            chat_changed=bool(stopped),
            told=[told],
        )


def _repeated(turn: Turn | None, body: TurnTake, now: datetime) -> Turn:
    """The turn that an earlier request under the same id got."""
    if turn is None or not turn.held(now):
        raise TurnLost("The turn that this request got is over; a new id asks for a new one.")
    if turn.holder != body.holder:
        raise IdConflict("The turn under this id was taken by another request.")
    return turn
