"""Whether what the service needs is there: the database, its tables, the store for files."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import asyncpg

from session_api.database.engine import Database
from session_api.database.migrations import newest_revision
from session_api.database.roles import POWERS
from session_api.problems import DatabaseUnavailable, StorageUnavailable

_STATE = f"SELECT version_num, {POWERS} AS powers FROM alembic_version"  # noqa: S608 - a constant

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


class Identity(Protocol):
    """What is asked of the identity providers."""

    @property
    def stale(self) -> list[str]: ...


class Revocations(Protocol):
    """What is asked of the list of revoked tokens."""

    @property
    def stale(self) -> bool: ...


class FanOut(Protocol):
    """What is asked of the fan-out."""

    @property
    def lost(self) -> bool: ...


class Readiness:
    """Asked by `/readyz`."""

    def __init__(
        self,
        database: Database,
        store: Store,
        counters: Counters,
        identity: Identity,
        revocations: Revocations,
        fan_out: FanOut,
    ) -> None:
        self._database = database
        self._store = store
        self._counters = counters
        self._identity = identity
        self._revocations = revocations
        self._fan_out = fan_out
        self._newest = newest_revision()

    async def checks(self) -> dict[str, str]:
        """What the service needs, each `ok` or what is wrong. Never raises for an outage."""
        database, storage = await asyncio.gather(self._database_checks(), self._storage())
        found = {**database, "storage": storage}
        if self._counters.alone:
            found["rate_limits"] = f"{DEGRADED}: each replica counts for itself"
        if silent := self._identity.stale:
            found["identity"] = f"{DEGRADED}: the keys can't be fetched of {', '.join(silent)}"
        if self._revocations.stale:
            found["revocations"] = "stale; nobody is let in until they can be read"
        if self._fan_out.lost:
            found["fan_out"] = f"{DEGRADED}: what other replicas change is found by polling alone"
        return found

    async def _storage(self) -> str:
        try:
            await self._store.check()
        except StorageUnavailable:
            return "unavailable"
        return "ok"

    async def _database_checks(self) -> dict[str, str]:
        try:
            row = await self._database.fetch_row(_STATE)
        except DatabaseUnavailable:
            return {"database": "unavailable", "migrations": "unknown"}
        except asyncpg.UndefinedTableError:
            return {"database": "ok", "migrations": "not applied; run `session-api migrate`"}
        except asyncpg.InsufficientPrivilegeError:
            unfit = "not readable; grant with `session-api migrate`"
            return {"database": "ok", "migrations": unfit}
        found = None if row is None else row["version_num"]
        if row is None or found != self._newest:
            return {
                "database": "ok",
                "migrations": f"at {found}, needed {self._newest}; run `session-api migrate`",
            }
        return {"database": "ok", "migrations": "ok", "isolation": isolation(row["powers"])}


def isolation(powers: Sequence[str]) -> str:
    """The check on what the service's role can and need not."""
    return f"{DEGRADED}: the service's role {', '.join(powers)}" if powers else "ok"
