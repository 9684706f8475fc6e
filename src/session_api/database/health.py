"""Whether what the service needs is there: the database, its tables, the store for files."""

import asyncio
from typing import Protocol

import asyncpg

from session_api.database.engine import Database
from session_api.database.migrations import newest_revision
from session_api.problems import DatabaseUnavailable, StorageUnavailable

DEGRADED = "degraded"
"""What a check begins with that tells of a loss the service can do its work with."""


class Store(Protocol):
    """What is asked of the store."""

    async def check(self) -> None:
        """Raises StorageUnavailable."""


class Counters(Protocol):
    """What is asked of the counters of rate limits."""

    @property
    def alone(self) -> bool: ...


class Readiness:
    """Asked by `/readyz`."""

    def __init__(self, database: Database, store: Store, counters: Counters) -> None:
        self._database = database
        self._store = store
        self._counters = counters
        self._newest = newest_revision()

    async def checks(self) -> dict[str, str]:
        """What the service needs, each `ok` or what is wrong. Never raises for an outage."""
        database, storage = await asyncio.gather(self._database_checks(), self._storage())
        found = {**database, "storage": storage}
        if self._counters.alone:
            found["rate_limits"] = f"{DEGRADED}: each replica counts for itself"
        return found

    async def _storage(self) -> str:
        try:
            await self._store.check()
        except StorageUnavailable:
            return "unavailable"
        return "ok"

    async def _database_checks(self) -> dict[str, str]:
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
