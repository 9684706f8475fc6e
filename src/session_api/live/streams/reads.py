"""The version at which a stream begins that does not say where it left off."""

from uuid import UUID

from session_api.database.engine import Database
from session_api.problems import SessionNotFound

_PRESENT = "SELECT version FROM user_sessions WHERE owner_id = $1 AND id = $2"


async def present_version(database: Database, owner_id: UUID, session_id: UUID) -> int:
    """Raises SessionNotFound."""
    row = await database.fetch_row(_PRESENT, owner_id, session_id)
    if row is None:
        raise SessionNotFound
    version: int = row["version"]
    return version
