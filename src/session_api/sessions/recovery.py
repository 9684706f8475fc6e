"""Bringing a person back to their workspace, whatever the client still remembers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from session_api.database.engine import Database
from session_api.fields import parse_uuid
from session_api.json_text import encode_json
from session_api.ports import Clock
from session_api.problems import InvalidTransition, SessionNotFound
from session_api.security.caller import Caller
from session_api.sessions.creation import SessionCreation
from session_api.sessions.metadata import SessionAnswer
from session_api.sessions.reads import ALL_PARTS, SessionReader
from session_api.sessions.schemas import SessionRecover
from session_api.sessions.service import MESSAGES_SHOWN, UserSessionService

Outcome = Literal["restored", "resumed", "fell_back", "created"]


@dataclass(frozen=True, slots=True)
class Recovered:
    """A session to go on with. `reset` is why the one asked for was not used, or None."""

    outcome: Outcome
    reset: str | None
    session: SessionAnswer

    def to_json(self) -> str:
        reset = "null" if self.reset is None else encode_json({"reason": self.reset})
        return f'{{"outcome":"{self.outcome}","reset":{reset},"session":{self.session.body}}}'


class RecoveryService:
    """Called by the sessions router. The usual case, an active session, is one statement."""

    def __init__(
        self,
        database: Database,
        sessions: UserSessionService,
        creation: SessionCreation,
        clock: Clock,
        *,
        activity_interval: timedelta,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._creation = creation
        self._clock = clock
        self._activity_interval = activity_interval

    async def recover(self, caller: Caller, body: SessionRecover) -> Recovered:
        """The session asked for if it is active, or abandoned and thereby resumed; else the most
        recently active one; else a new one.
        """
        asked, reset = _asked_for(body.session_id)
        given_status, stored = await SessionReader(self._database, caller.owner_id).recover(
            asked,
            now=self._clock(),
            touch_after=self._activity_interval,
            messages=MESSAGES_SHOWN,
        )
        if asked is not None and given_status == "abandoned":
            resumed = await self._resumed(caller, asked)
            if resumed is not None:
                return resumed
            # It changed while we looked: go on as if it had been so from the start.
            return await self.recover(caller, body)
        if asked is not None and given_status != "active":
            reset = given_status or "not_found"
        if stored is None:
            return await self._created(caller, body, reset)
        answer = await self._sessions.opened(caller, stored)
        return Recovered("restored" if reset is None else "fell_back", reset, answer)

    async def _resumed(self, caller: Caller, session_id: UUID) -> Recovered | None:
        try:
            answer = await self._sessions.move(
                caller,
                session_id,
                "resume_idle",
                expected=None,
                cause="recovery",
                parts=ALL_PARTS,
                messages=MESSAGES_SHOWN,
            )
        except (SessionNotFound, InvalidTransition):
            return None
        return Recovered("resumed", None, answer)

    async def _created(self, caller: Caller, body: SessionRecover, reset: str | None) -> Recovered:
        stored, new = await self._creation.create_if_none_active(
            caller, body.name, messages=MESSAGES_SHOWN
        )
        answer = await self._sessions.opened(caller, stored)
        if new:
            return Recovered("created", reset, answer)
        return Recovered("restored" if reset is None else "fell_back", reset, answer)


def _asked_for(text: str | None) -> tuple[UUID | None, str | None]:
    """The session asked for, and why it can't be used where it is no id at all."""
    if text is None:
        return None, None
    try:
        return parse_uuid(text), None
    except ValueError:
        return None, "invalid_id"
