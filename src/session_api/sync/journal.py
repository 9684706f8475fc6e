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

from session_api.json_text import encode_json
from session_api.problems import SessionNotActive, SessionNotFound

_LOCK = """
    SELECT tenant_id, status, version, fields_version, chat_version, message_seq
      FROM user_sessions
     WHERE owner_id = $1 AND id = $2
       FOR NO KEY UPDATE
"""

# greatest(): with several replicas a clock may be a little behind the one that wrote last.
_ADVANCE = """
      WITH logged AS (
           INSERT INTO session_changes
                  (owner_id, session_id, version, kind, entity, entity_id, at, actor, data)
           SELECT $1, $2, $3 + change.place, change.kind, change.entity, change.entity_id,
                  $4, $5, change.data
             FROM json_to_recordset($6::json) AS change
                  (place bigint, kind text, entity text, entity_id uuid, data json)
           )
    UPDATE user_sessions
       SET version = $3 + $7,
           chat_version = coalesce($8, chat_version),
           message_seq = message_seq + $9,
           message_count = message_count + $10,
           updated_at = greatest(updated_at, $4),
           last_activity_at = CASE WHEN $11 THEN greatest(last_activity_at, $4)
                                   ELSE last_activity_at END
     WHERE owner_id = $1 AND id = $2
"""

_TOUCH = """
    UPDATE user_sessions
       SET last_activity_at = greatest(last_activity_at, $3)
     WHERE owner_id = $1 AND id = $2
"""

_ADVANCE_GROWING = """
      WITH moved AS (
           UPDATE session_changes
              SET version = $3, at = $4, actor = $5
            WHERE owner_id = $1 AND session_id = $2 AND version = $6 AND entity_id = $7
           RETURNING version
           ), logged AS (
           INSERT INTO session_changes
                  (owner_id, session_id, version, kind, entity, entity_id, at, actor)
           SELECT $1, $2, $3, 'message.updated', 'message', $7, $4, $5
            WHERE NOT EXISTS (SELECT FROM moved)
           )
    UPDATE user_sessions
       SET version = $3,
           chat_version = $3,
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

    def require_active(self) -> None:
        """Raises SessionNotActive for a session that takes no ordinary writes."""
        if self.status != "active":
            raise SessionNotActive(f"The session is {self.status}.", session_status=self.status)


class Journal:
    """The versions and the log of one owner's sessions."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def lock(self, session_id: UUID) -> LockedSession:
        """Waits for earlier writers and keeps later ones out until the transaction ends.

        Raises SessionNotFound.
        """
        result = await self._connection.exec_driver_sql(_LOCK, (self._owner_id, session_id))
        row = result.one_or_none()
        if row is None:
            raise SessionNotFound
        columns: tuple[Any, ...] = tuple(row)
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
    ) -> int:
        """Logs the changes under the versions that follow and moves the session to the last.

        Returns the new version. The first change has version `locked.version + 1`.
        """
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
            ),
        )
        return version

    async def touch(self, locked: LockedSession, *, at: datetime) -> None:
        """Notes activity that changed nothing, so that neither version nor log moves."""
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

        So a long answer is one row of the log and not thousands. Returns the new version.
        """
        version = locked.version + 1
        await self._connection.exec_driver_sql(
            _ADVANCE_GROWING,
            (self._owner_id, locked.session_id, version, at, actor, logged_in, message_id),
        )
        return version
