"""The rules of sessions: their making, changing, linking, lifecycle and reading."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.assets.links import AssetLinks
from session_api.audit import AuditService
from session_api.database.engine import Database, repeated_on_conflict
from session_api.missions.links import MissionLinks
from session_api.pages import JsonPage, Keyset
from session_api.ports import Clock
from session_api.problems import (
    InvalidTransition,
    SessionNotActive,
    SessionNotFound,
)
from session_api.security.caller import Caller
from session_api.sessions.creation import SessionCreation
from session_api.sessions.damage import DamageReports
from session_api.sessions.lifecycle import SessionLifecycle
from session_api.sessions.metadata import MetadataVault, SessionAnswer
from session_api.sessions.reads import NO_PARTS, Part, SessionReader, StoredSession
from session_api.sessions.repository import SessionRepository
from session_api.sessions.saving import SessionSaving
from session_api.sessions.schemas import SessionCreate, SessionPatch, SessionPut
from session_api.sessions.transitions import TRANSITIONS, Trigger
from session_api.sharing import ShareLinks
from session_api.sync import Change, Journal, LockedSession, Precondition

MESSAGES_SHOWN = 50


class UserSessionService:
    """Called by the sessions router and by recovery."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        lifecycle: SessionLifecycle,
        creation: SessionCreation,
        saving: SessionSaving,
        vault: MetadataVault,
        keyset: Keyset,
        clock: Clock,
        *,
        activity_interval: timedelta,
    ) -> None:
        self._database = database
        self._audit = audit
        self._lifecycle = lifecycle
        self._creation = creation
        self._saving = saving
        self._vault = vault
        self._keyset = keyset
        self._clock = clock
        self._activity_interval = activity_interval
        self._damage = DamageReports(audit, clock)

    # Reading

    async def one(
        self,
        caller: Caller,
        session_id: UUID,
        *,
        parts: frozenset[Part],
        messages: int,
        seen: Sequence[int] = (),
    ) -> SessionAnswer | int:
        """A session with its parts; only its version where that is one of `seen`.

        Raises SessionNotFound.
        """
        reader = SessionReader(self._database, caller.owner_id)
        if seen:
            stored = await reader.one_unless_seen(session_id, parts, messages, seen)
        else:
            stored = await reader.one(session_id, parts, messages)
        if stored is None:
            raise SessionNotFound
        return stored if isinstance(stored, int) else await self.opened(caller, stored)

    async def active(self, caller: Caller) -> SessionAnswer | None:
        """The most recently active session, touched; None where there is none."""
        stored = await SessionReader(self._database, caller.owner_id).active(
            now=self._clock(), touch_after=self._activity_interval, messages=MESSAGES_SHOWN
        )
        return None if stored is None else await self.opened(caller, stored)

    async def page(
        self,
        caller: Caller,
        *,
        statuses: list[str] | None,
        name_contains: str | None,
        limit: int,
        cursor: str | None,
    ) -> JsonPage:
        """The caller's sessions, latest activity first. Raises ValidationFailed."""
        listing = self._keyset.of("sessions", caller.owner_id, statuses, name_contains)
        rows = await SessionReader(self._database, caller.owner_id).page(
            statuses=statuses,
            name_contains=name_contains,
            after=listing.place(cursor),
            limit=limit + 1,
        )
        summaries = [
            (self._vault.summary(caller.owner_id, stored, role=caller.role), at, stored.id)
            for stored, at in rows
        ]
        return listing.page(summaries, limit)

    async def opened(self, caller: Caller, stored: StoredSession) -> SessionAnswer:
        """What is stored, made readable; what can't be read is logged and audited."""
        answer = self._vault.answer(caller.owner_id, stored, role=caller.role)
        for part, code in answer.damage.items():
            await self._damage.report(caller, answer.id, part, code)
        return answer

    # Changing

    async def create(
        self, caller: Caller, body: SessionCreate, *, session_id: UUID | None
    ) -> tuple[SessionAnswer, bool]:
        """Creates a session with its chat; also tells whether it is new.

        A repeat of the same request answers the session as it now is. Raises IdConflict.
        """
        stored, new = await self._creation.create(caller, body, session_id=session_id)
        return await self.opened(caller, stored), new

    async def replace(
        self,
        caller: Caller,
        session_id: UUID,
        body: SessionPut,
        *,
        expected: Precondition | None,
    ) -> SessionAnswer:
        """Replaces the fields that were sent; what is there already counts as activity alone.

        Raises SessionNotFound, SessionNotActive, TurnLost or VersionMismatch.
        """
        saved = await self._saving.save(caller, session_id, body, expected=expected)
        return await self.opened(caller, saved)

    async def merge(
        self,
        caller: Caller,
        session_id: UUID,
        body: SessionPatch,
        *,
        expected: Precondition | None,
    ) -> SessionAnswer:
        """Merges a patch (RFC 7396) into the session's fields, so that two tabs that change
        different keys both keep theirs. Raises as `replace`, MetadataUnreadable and
        ValidationFailed.
        """
        saved = await self._saving.save(caller, session_id, body, expected=expected)
        return await self.opened(caller, saved)

    async def touch(self, caller: Caller, session_id: UUID) -> None:
        """Notes that the person is there, at most once per interval; resumes an abandoned one.

        Raises SessionNotFound, or SessionNotActive for a completed or archived session.
        """
        status = await SessionReader(self._database, caller.owner_id).touch(
            session_id, now=self._clock(), touch_after=self._activity_interval
        )
        if status is None:
            raise SessionNotFound
        if status == "abandoned":
            try:
                await self.move(caller, session_id, "resume_idle", expected=None, cause="activity")
            except InvalidTransition:
                # Completed or archived while we looked: as if it had been so from the start.
                await self.touch(caller, session_id)
        elif status != "active":
            raise SessionNotActive(f"The session is {status}.", session_status=status)

    @repeated_on_conflict
    async def link_mission(
        self, caller: Caller, session_id: UUID, mission_id: UUID
    ) -> SessionAnswer:
        """Links a mission; the same one again is safe.

        Raises SessionNotFound, MissionNotFound, SessionNotActive, TurnLost or MissionAlreadyLinked.
        """
        async with self._database.transaction() as connection:
            journal = Journal(connection, caller.owner_id)
            locked = await journal.lock(session_id, turn=caller.turn)
            now = self._clock()
            links = MissionLinks(connection, caller.owner_id)
            if await links.link(session_id, mission_id, at=now):
                locked.require_writable(now)
                await journal.advance(
                    locked, [Change("mission.linked", mission_id)], at=now, actor=caller.actor
                )
                await self._audit.record(
                    connection,
                    caller,
                    "mission.linked",
                    session_id=session_id,
                    mission_id=str(mission_id),
                )
            sessions = SessionRepository(connection, caller.owner_id)
            stored = await sessions.read(session_id, frozenset({"mission"}))
        return await self.opened(caller, stored)

    @repeated_on_conflict
    async def move(
        self,
        caller: Caller,
        session_id: UUID,
        trigger: Trigger,
        *,
        expected: Precondition | None,
        cause: str = "request",
        parts: frozenset[Part] = NO_PARTS,
        messages: int = 0,
    ) -> SessionAnswer:
        """Moves a session along its lifecycle; where it is already, it stays, whatever was seen.

        Raises SessionNotFound, TurnLost, VersionMismatch or InvalidTransition.
        """
        async with self._database.transaction() as connection:
            locked = await self._lock(connection, caller, session_id)
            if expected is not None and locked.status != TRANSITIONS[trigger].target:
                expected.require(changed_in=locked.fields_version, current=locked.version)
            await self._lifecycle.move_for(connection, caller, locked, trigger, cause=cause)
            sessions = SessionRepository(connection, caller.owner_id)
            stored = await sessions.read(session_id, parts, messages)
        return await self.opened(caller, stored)

    @repeated_on_conflict
    async def delete(
        self, caller: Caller, session_id: UUID, *, expected: Precondition | None
    ) -> None:
        """Erases a session with everything in it.

        Raises SessionNotFound, TurnLost or VersionMismatch.
        """
        async with self._database.transaction() as connection:
            journal = Journal(connection, caller.owner_id)
            locked = await journal.lock(session_id, turn=caller.turn)
            now = self._clock()
            locked.fence.require(now)
            if expected is not None:
                # Everything goes, so whatever has changed since counts.
                expected.require(changed_in=locked.version, current=locked.version)
            await AssetLinks(connection, caller.owner_id).forget_session(session_id, at=now)
            await ShareLinks(connection, caller.owner_id).forget_session(session_id)
            await SessionRepository(connection, caller.owner_id).delete(session_id)
            journal.left(session_id)
            await self._audit.record(
                connection, caller, "session.deleted", session_id=session_id, status=locked.status
            )

    async def _lock(
        self, connection: AsyncConnection, caller: Caller, session_id: UUID
    ) -> LockedSession:
        return await Journal(connection, caller.owner_id).lock(session_id, turn=caller.turn)
