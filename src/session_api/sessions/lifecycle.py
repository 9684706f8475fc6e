"""Moving a session along its lifecycle, with all that follows, inside a transaction."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit import AuditService
from session_api.chat.links import ChatLinks
from session_api.missions.links import MissionLinks
from session_api.ports import Clock
from session_api.security.caller import Caller, Origin
from session_api.sessions.repository import SessionRepository
from session_api.sessions.transitions import Trigger, transition_for
from session_api.sync import Change, Journal, LockedSession


class SessionLifecycle:
    """Called by the sessions service, by missions that finish, and by the lifecycle jobs."""

    def __init__(self, audit: AuditService, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock

    async def move(
        self,
        connection: AsyncConnection,
        owner_id: UUID,
        locked: LockedSession,
        trigger: Trigger,
        *,
        at: datetime,
        origin: Origin,
        cause: str,
    ) -> LockedSession:
        """Applies a trigger to a session under its lock and returns it as it is then.

        A session that is there already stays as it is. One that leaves `active` takes its running
        messages and tool steps along, so that recovery never shows as running what nobody runs; its
        turn ends with them. Raises InvalidTransition and TurnLost.
        """
        transition = transition_for(trigger, locked.status)
        if transition is None:
            return locked
        session_id = locked.session_id
        version = locked.version + 1
        moved: dict[str, Any] = {"from": locked.status, "to": transition.target, "cause": cause}
        changes = [Change("session.status", session_id, moved)]
        await SessionRepository(connection, owner_id).set_status(
            session_id, version, transition.target, at=at
        )
        stopped: list[Change] = []
        if locked.status == "active":
            stopped = await ChatLinks(connection, owner_id).stop_writing(
                session_id, after_version=version
            )
            steps = await MissionLinks(connection, owner_id).stop_steps(session_id, at=at)
            changes += [*stopped, *steps]
        version = await Journal(connection, owner_id).advance(
            locked,
            changes,
            at=at,
            actor=origin.actor,
            chat_changed=bool(stopped),
            counts_as_activity=trigger not in _OF_JOBS,
        )
        await self._audit.record_for(
            connection,
            owner_id,
            locked.tenant_id,
            transition.event,
            origin=origin,
            session_id=session_id,
            **moved,
        )
        return replace(locked, status=transition.target, version=version)

    async def move_for(
        self,
        connection: AsyncConnection,
        caller: Caller,
        locked: LockedSession,
        trigger: Trigger,
        *,
        cause: str,
    ) -> LockedSession:
        """As `move`, on behalf of a caller."""
        return await self.move(
            connection,
            caller.owner_id,
            locked,
            trigger,
            at=self._clock(),
            origin=caller.origin,
            cause=cause,
        )

    async def finish(
        self, connection: AsyncConnection, caller: Caller, locked: LockedSession, *, cause: str
    ) -> None:
        """Completes an active session, because its mission did."""
        await self.move_for(connection, caller, locked, "complete", cause=cause)


_OF_JOBS: frozenset[Trigger] = frozenset({"abandon", "archive_idle"})
