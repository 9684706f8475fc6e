"""The lock on a session, its version, and the log of its changes.

Every change to anything in a session goes through here: `lock` orders the writers, `advance`
moves the version by one for each thing changed and writes that change into the log, both inside
the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit.recording_repository import NewEvent, as_json, recording
from session_api.database.commits import GONE, note_moved
from session_api.json_text import encode_json
from session_api.problems import Problem, SessionNotActive, SessionNotFound
from session_api.sync.turn import Fence, Turn

_LOCK = """
    SELECT tenant_id, status, version, fields_version, chat_version, message_seq,
           turn_number, turn_holder, turn_user_id, turn_expires_at
      FROM user_sessions
     WHERE owner_id = $1 AND id = $2
       FOR NO KEY UPDATE
"""

# greatest(): with several replicas a clock may be a little behind the one that wrote last.
_ADVANCE = f"""
      WITH logged AS (
           INSERT INTO session_changes
                  (owner_id, session_id, version, kind, entity, entity_id, at, actor, data)
           SELECT $1, $2, $3 + change.place, change.kind, change.entity, change.entity_id,
                  $4, $5, change.data
             FROM json_to_recordset($6::json) AS change
                  (place bigint, kind text, entity text, entity_id uuid, data json)
           ), {recording("$12")}
    UPDATE user_sessions
       SET version = $3 + $7,
           chat_version = coalesce($8, chat_version),
           message_seq = message_seq + $9,
           message_count = message_count + $10,
           updated_at = greatest(updated_at, $4),
           last_activity_at = CASE WHEN $11 THEN greatest(last_activity_at, $4)
                                   ELSE last_activity_at END
     WHERE owner_id = $1 AND id = $2
"""  # noqa: S608 - of our own pieces

_TOUCH = """
    UPDATE user_sessions
       SET last_activity_at = greatest(last_activity_at, $3)
     WHERE owner_id = $1 AND id = $2
"""

# The row remembers where it first stood: who has read that far has missed nothing but growth.
_ADVANCE_GROWING = """
      WITH moved AS (
           UPDATE session_changes
              SET version = $3, at = $4, actor = $5,
                  data = coalesce(data, json_build_object('first_in', $6::bigint))
            WHERE owner_id = $1 AND session_id = $2 AND version = $6 AND entity_id = $7
           RETURNING version
           ), logged AS (
           INSERT INTO session_changes
                  (owner_id, session_id, version, kind, entity, entity_id, at, actor, data)
           SELECT $1, $2, $3, 'message.updated', 'message', $7, $4, $5,
                  json_build_object('first_in', $6::bigint)
            WHERE NOT EXISTS (SELECT FROM moved)
           )
    UPDATE user_sessions
       SET version = $3,
           chat_version = $3,
           updated_at = greatest(updated_at, $4),
           last_activity_at = greatest(last_activity_at, $4)
     WHERE owner_id = $1 AND id = $2
"""

# As with a growing message, a turn that is renewed for hours is one row of the log.
_ADVANCE_RENEWED = """
      WITH moved AS (
           UPDATE session_changes c
              SET version = $3, at = $4, actor = $5
             FROM user_sessions s
            WHERE s.owner_id = $1 AND s.id = $2
              AND c.owner_id = $1 AND c.session_id = $2 AND c.version = s.turn_version
              AND c.kind = 'session.turn'
           RETURNING c.version
           ), logged AS (
           INSERT INTO session_changes
                  (owner_id, session_id, version, kind, entity, entity_id, at, actor)
           SELECT $1, $2, $3, 'session.turn', 'session', $2, $4, $5
            WHERE NOT EXISTS (SELECT FROM moved)
           )
    UPDATE user_sessions
       SET version = $3,
           turn_version = $3,
           turn_expires_at = $6,
           updated_at = greatest(updated_at, $4),
           last_activity_at = greatest(last_activity_at, $4)
     WHERE owner_id = $1 AND id = $2
"""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one thing. `data` tells what its present state does not."""

    kind: str
    entity_id: UUID
    data: dict[str, Any] | None = None

    @property
    def entity(self) -> str:
        return self.kind.partition(".")[0]


@dataclass(frozen=True, slots=True)
class LockedSession:
    """A session's row as it stands under the lock of this transaction."""

    session_id: UUID
    tenant_id: str
    status: str
    version: int
    fields_version: int
    chat_version: int
    message_seq: int
    fence: Fence
    turn_number: int
    """That of the last turn, whoever had it; 0 before the first."""

    def require_active(self) -> None:
        """Raises SessionNotActive for a session that takes no ordinary writes."""
        if self.status != "active":
            raise SessionNotActive(f"The session is {self.status}.", session_status=self.status)

    def require_writable(self, at: datetime) -> None:
        """Raises SessionNotActive, and TurnLost for a writer whose turn is over.

        Moving the version asks for the turn in any case; this is for what must be refused sooner,
        and for what moves nothing. `at` is read under the lock: waiting for it takes time.
        """
        self.require_active()
        self.fence.require(at)

    def refusal_to_agent(self, at: datetime) -> Problem | None:
        """Why an agent may not write: SessionNotActive, TurnLost or TurnInProgress. None if it may.

        Given back and not raised, since a repeat of what was written in time is answered first.
        """
        try:
            self.require_active()
            self.fence.require_for_agent(at)
        except Problem as problem:
            return problem
        return None

    def refusal_to_person(self, at: datetime) -> Problem | None:
        """The same for what a person writes, which waits for nobody's turn."""
        try:
            self.require_writable(at)
        except Problem as problem:
            return problem
        return None


class Journal:
    """The versions and the log of one owner's sessions."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def lock(self, session_id: UUID, *, turn: int | None = None) -> LockedSession:
        """Waits for earlier writers and keeps later ones out until the transaction ends.

        `turn` is the number of the turn that the caller says it writes under: where that is over,
        nothing moves the version of what is locked here. Raises SessionNotFound.
        """
        result = await self._connection.exec_driver_sql(_LOCK, (self._owner_id, session_id))
        row = result.one_or_none()
        if row is None:
            raise SessionNotFound
        read: tuple[Any, ...] = tuple(row)
        number, holder, user_id, expires_at = read[6:]
        held = None if expires_at is None else Turn(number, holder, user_id, expires_at)
        columns: tuple[Any, ...] = (*read[:6], Fence(held, turn), number or 0)
        return LockedSession(session_id, *columns)

    async def advance(
        self,
        locked: LockedSession,
        changes: Sequence[Change],
        *,
        at: datetime,
        actor: str,
        messages_added: int = 0,
        messages_removed: int = 0,
        chat_changed: bool = False,
        counts_as_activity: bool = True,
        told: Sequence[NewEvent] = (),
    ) -> int:
        """Logs the changes under the versions that follow and moves the session to the last.

        `told` are audit events to be recorded along with it, without a round trip of their own.
        Returns the new version. The first change has version `locked.version + 1`. Raises TurnLost
        where the session was locked for a turn that is over.
        """
        locked.fence.require(at)
        version = locked.version + len(changes)
        rows = [
            {
                "place": place,
                "kind": change.kind,
                "entity": change.entity,
                "entity_id": str(change.entity_id),
                "data": change.data,
            }
            for place, change in enumerate(changes, start=1)
        ]
        await self._connection.exec_driver_sql(
            _ADVANCE,
            (
                self._owner_id,
                locked.session_id,
                locked.version,
                at,
                actor,
                encode_json(rows),
                len(changes),
                version if chat_changed or messages_added or messages_removed else None,
                messages_added,
                messages_added - messages_removed,
                counts_as_activity,
                as_json(told),
            ),
        )
        note_moved(self._connection, (self._owner_id, locked.session_id), version)
        return version

    async def touch(self, locked: LockedSession, *, at: datetime) -> None:
        """Notes activity that changed nothing, so that neither version nor log moves.

        Raises as `advance`.
        """
        locked.fence.require(at)
        await self._connection.exec_driver_sql(_TOUCH, (self._owner_id, locked.session_id, at))

    async def advance_growing(
        self,
        locked: LockedSession,
        message_id: UUID,
        *,
        logged_in: int,
        at: datetime,
        actor: str,
    ) -> int:
        """Moves a growing message's one log row, which stands at version `logged_in`, to the next.

        So a long answer is one row of the log and not thousands. Returns the new version. Raises as
        `advance`.
        """
        locked.fence.require(at)
        version = locked.version + 1
        await self._connection.exec_driver_sql(
            _ADVANCE_GROWING,
            (self._owner_id, locked.session_id, version, at, actor, logged_in, message_id),
        )
        note_moved(self._connection, (self._owner_id, locked.session_id), version)
        return version

    async def advance_renewed(
        self, locked: LockedSession, *, until: datetime, at: datetime, actor: str
    ) -> int:
        """Lets the turn last `until` then and moves its one row in the log to the next version.

        Returns the new version. Raises as `advance`.
        """
        locked.fence.require(at)
        version = locked.version + 1
        await self._connection.exec_driver_sql(
            _ADVANCE_RENEWED, (self._owner_id, locked.session_id, version, at, actor, until)
        )
        note_moved(self._connection, (self._owner_id, locked.session_id), version)
        return version

    def left(self, session_id: UUID) -> None:
        """Notes that the session is erased, or becomes another owner's, in this transaction: who
        watches it is told after the commit.
        """
        note_moved(self._connection, (self._owner_id, session_id), GONE)
