"""The rules of hand-overs: a code is made on one device and used up on another."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from session_api.audit import AuditService
from session_api.database.engine import Database, repeated_on_conflict
from session_api.handoff.codes import HandoffCodes, read
from session_api.handoff.repository import HandoffRepository, forget_handoffs
from session_api.handoff_problems import HandoffCodeInvalid
from session_api.json_text import encode_json, rfc3339
from session_api.ports import Clock
from session_api.problems import SessionNotActive, SessionNotFound
from session_api.security.caller import Caller
from session_api.sessions.metadata import SessionAnswer
from session_api.sessions.reads import ALL_PARTS
from session_api.sessions.service import MESSAGES_SHOWN, UserSessionService

GOOD_FOR: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Handoff:
    """A code as the first device shows it."""

    code: str
    qr: str
    expires_at: datetime

    def to_json(self) -> str:
        expires_at = rfc3339(self.expires_at)
        return encode_json({"code": self.code, "qr": self.qr, "expires_at": expires_at})


class HandoffService:
    """Called by the hand-over router, and by the jobs to clean up."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        sessions: UserSessionService,
        codes: HandoffCodes,
        clock: Clock,
        *,
        app_url: str | None,
    ) -> None:
        """`app_url` is the page of the app that takes a code behind its `#`."""
        self._database = database
        self._audit = audit
        self._sessions = sessions
        self._codes = codes
        self._clock = clock
        self._app_url = app_url

    @repeated_on_conflict
    async def make(self, caller: Caller, session_id: UUID) -> Handoff:
        """A new code for a session, whatever its status. Raises SessionNotFound."""
        shown = self._codes.new()
        code = read(shown)
        assert code is not None  # noqa: S101 - it was just made
        code_hash = self._codes.hashes(caller.owner_id, code)[0]
        async with self._database.transaction() as connection:
            now = self._clock()
            handoffs = HandoffRepository(connection, caller.owner_id)
            expires_at = now + GOOD_FOR
            if not await handoffs.make(session_id, code_hash, at=now, expires_at=expires_at):
                raise SessionNotFound
            await self._audit.record(connection, caller, "handoff.made", session_id=session_id)
        return Handoff(shown, self._qr(shown), expires_at)

    async def exchange(self, caller: Caller, text: str, *, used_by: UUID | None) -> SessionAnswer:
        """The whole session that a code is for, touched; an abandoned one is active again.

        The code is used up; the same request again, by its key, is answered all the same. Raises
        HandoffCodeInvalid, alike for what was mistyped, used, made by somebody else or too old.
        """
        code = read(text)
        if code is None:
            raise HandoffCodeInvalid
        session_id = await self._used(caller, code, used_by)
        try:
            await self._sessions.touch(caller, session_id)
        except SessionNotActive:
            pass  # one that is completed or archived is shown as it is
        except SessionNotFound:
            raise HandoffCodeInvalid from None
        answer = await self._sessions.one(
            caller, session_id, parts=ALL_PARTS, messages=MESSAGES_SHOWN
        )
        assert isinstance(answer, SessionAnswer)  # noqa: S101 - no version was said to be known
        return answer

    @repeated_on_conflict
    async def _used(self, caller: Caller, code: str, used_by: UUID | None) -> UUID:
        hashes = self._codes.hashes(caller.owner_id, code)
        async with self._database.transaction() as connection:
            handoffs = HandoffRepository(connection, caller.owner_id)
            session_id = await handoffs.use(hashes, used_by=used_by, at=self._clock())
            if session_id is None:
                raise HandoffCodeInvalid
            await self._audit.record(connection, caller, "handoff.used", session_id=session_id)
        return session_id

    async def forget(self, now: datetime, batch: int) -> int:
        """Removes codes that are over, of everybody."""
        async with self._database.transaction() as connection:
            return await forget_handoffs(connection, now=now, limit=batch)

    def _qr(self, code: str) -> str:
        # Behind the #, where no server and no log of one sees it.
        if self._app_url is None:
            return f"session-api:handoff/{code}"
        return f"{self._app_url}#handoff={code}"
