"""Whether the database answers and has the tables this version needs."""

import asyncpg

from session_api.database.engine import Database
from session_api.database.migrations import newest_revision
from session_api.problems import DatabaseUnavailable


class Readiness:
    """Asked by `/readyz`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._newest = newest_revision()

    async def checks(self) -> dict[str, str]:
        """What the service needs, each `ok` or what is wrong. Never raises for an outage."""
        try:
            row = await self._database.fetch_row("SELECT version_num FROM alembic_version")
        except DatabaseUnavailable:
            return {"database": "unavailable", "migrations": "unknown"}
        except asyncpg.UndefinedTableError:
            return {"database": "ok", "migrations": "not applied; run `session-api migrate`"}
        found = None if row is None else row["version_num"]
        if found != self._newest:
            return {
                "database": "ok",
                "migrations": f"at {found}, needed {self._newest}; run `session-api migrate`",
            }
        return {"database": "ok", "migrations": "ok"}
