"""How a session's turn reads."""

from datetime import datetime
from uuid import UUID

from session_api.database.engine import Database
from session_api.database.sql import rfc3339
from session_api.problems import SessionNotFound


def turn_document(session: str) -> str:
    """SQL for the turn of a row of user_sessions as JSON, null where nobody has it."""
    return f"""CASE WHEN {session}.turn_expires_at IS NOT NULL THEN json_build_object(
                   'number', {session}.turn_number,
                   'holder', {session}.turn_holder,
                   'user_id', {session}.turn_user_id,
                   'expires_at', {rfc3339(f"{session}.turn_expires_at")}) END"""


_TURN = f"""
    SELECT CASE WHEN s.turn_expires_at > $3 THEN {turn_document("s")} END::text AS turn
      FROM user_sessions s
     WHERE s.owner_id = $1 AND s.id = $2
"""


async def held_turn(
    database: Database, owner_id: UUID, session_id: UUID, *, now: datetime
) -> str | None:
    """The turn that somebody has now, as JSON. Raises SessionNotFound."""
    row = await database.fetch_row(_TURN, owner_id, session_id, now)
    if row is None:
        raise SessionNotFound
    shown: str | None = row["turn"]
    return shown
