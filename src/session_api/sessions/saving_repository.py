"""Saving a session's own fields against what was read of them before, without a lock in between.

What is written depends on what is there, which only the service can read: the metadata is sealed.
So one statement looks, and another writes if nothing at all has changed since, which the version
tells. Each is its own transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from session_api.audit import NewEvent
from session_api.audit.recording_repository import as_json, recording
from session_api.database.engine import Database
from session_api.sessions.reads import NO_PARTS, StoredSession, session_document
from session_api.sessions.repository import SessionFields

_LOOK = """
    SELECT status, version, fields_version, name, metadata_ciphertext
      FROM user_sessions
     WHERE owner_id = $1 AND id = $2
"""

# $1 owner, $2 session, $3 the version seen, $4 now, $5 actor, $6 the audit event, $7 whether the
# name changes and $8 to what, $9 the metadata's ciphertext or null. A writer that came in between
# has moved the version, and then nothing is written.
_SAVE = f"""
      WITH saved AS (
           UPDATE user_sessions
              SET name = CASE WHEN $7 THEN $8 ELSE name END,
                  metadata_ciphertext = coalesce($9, metadata_ciphertext),
                  version = version + 1,
                  fields_version = version + 1,
                  updated_at = greatest(updated_at, $4),
                  last_activity_at = greatest(last_activity_at, $4)
            WHERE owner_id = $1 AND id = $2 AND version = $3 AND status = 'active'
           RETURNING *
           ), logged AS (
           INSERT INTO session_changes
                  (owner_id, session_id, version, kind, entity, entity_id, at, actor)
           SELECT $1, $2, version, 'session.updated', 'session', $2, $4, $5 FROM saved
           ), {recording("(SELECT $6 FROM saved)")}
    SELECT {session_document(NO_PARTS)}
      FROM saved s
"""  # noqa: S608 - of our own pieces

# $1 owner, $2 session, $3 the version seen, $4 now.
_LEAVE = f"""
      WITH left_alone AS (
           UPDATE user_sessions
              SET last_activity_at = greatest(last_activity_at, $4)
            WHERE owner_id = $1 AND id = $2 AND version = $3 AND status = 'active'
           RETURNING *
           )
    SELECT {session_document(NO_PARTS)}
      FROM left_alone s
"""  # noqa: S608 - of our own pieces

NAME: Final = "name"
METADATA: Final = "metadata_ciphertext"


@dataclass(frozen=True, slots=True)
class SeenSession:
    """A session's own fields as they stood at a version."""

    status: str
    version: int
    fields_version: int
    fields: SessionFields


async def look(database: Database, owner_id: UUID, session_id: UUID) -> SeenSession | None:
    """The session as it is, under no lock; None where there is none."""
    row = await database.fetch_row(_LOOK, owner_id, session_id)
    if row is None:
        return None
    status, version, fields_version, name, metadata = row
    return SeenSession(status, version, fields_version, SessionFields(name, metadata))


async def save_seen(
    database: Database,
    owner_id: UUID,
    session_id: UUID,
    fields: Mapping[str, Any],
    *,
    seen: int,
    told: NewEvent,
    at: datetime,
    actor: str,
) -> StoredSession | None:
    """Changes `fields`, as columns, of an active session that is still at the version `seen`.

    None where it is not. Raises TransactionConflict.
    """
    row = await database.change_row(
        (owner_id, session_id),
        _SAVE,
        owner_id,
        session_id,
        seen,
        at,
        actor,
        as_json([told]),
        NAME in fields,
        fields.get(NAME),
        fields.get(METADATA),
    )
    return None if row is None else StoredSession(*row)


async def leave_seen(
    database: Database, owner_id: UUID, session_id: UUID, *, seen: int, at: datetime
) -> StoredSession | None:
    """Notes activity that changes nothing of such a session; None where it is another by now."""
    row = await database.fetch_row(_LEAVE, owner_id, session_id, seen, at)
    return None if row is None else StoredSession(*row)
