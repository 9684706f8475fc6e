"""The PostgreSQL server that tests share, and the databases they borrow on it."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

TEMPLATE = "template_migrated"

# Whatever a test could have done to the schema shows here: tables, columns, constraints, triggers,
# functions, and the revision that the tables claim to be at.
_SCHEMA = """
    SELECT md5(string_agg(thing, ',' ORDER BY thing))
      FROM (
            SELECT 'table ' || oid || relname FROM pg_class WHERE oid >= 16384
            UNION ALL
            SELECT 'column ' || attrelid || attname || atttypid || attnotnull::text
              FROM pg_attribute WHERE attrelid >= 16384
            UNION ALL
            SELECT 'constraint ' || oid || convalidated::text FROM pg_constraint WHERE oid >= 16384
            UNION ALL
            SELECT 'trigger ' || oid || tgenabled::text FROM pg_trigger WHERE oid >= 16384
            UNION ALL
            SELECT 'function ' || oid || prosrc FROM pg_proc WHERE oid >= 16384
            UNION ALL
            SELECT 'revision ' || version_num FROM alembic_version
           ) AS schema (thing)
"""
# Files first: nothing takes their rows along, nor those of objects that are to go.
_EMPTY = (
    "DELETE FROM assets; DELETE FROM object_deletions; DELETE FROM users;"
    " DELETE FROM audit_events; DELETE FROM job_leases"
)


@dataclass
class Server:
    """A server on which tests may create databases; `url` names its maintenance database.

    A database is lent to one test at a time. One that comes back is emptied and lent again, since
    making one takes 0.1 s; one whose schema a test has changed, or that somebody still uses, is
    dropped.
    """

    url: str
    _emptied: list[str] = field(default_factory=list)
    _schemas: dict[str, str] = field(default_factory=dict)

    async def execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def lend(self) -> str:
        """The address of a migrated, empty database."""
        if self._emptied:
            return database_of(self.url, self._emptied.pop())
        name = f"test_{uuid4().hex}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        url = database_of(self.url, name)
        self._schemas[name] = await _schema(url)
        return url

    async def take_back(self, url: str) -> None:
        name = urlsplit(url).path.removeprefix("/")
        if await _emptied(url, self._schemas[name]):
            self._emptied.append(name)
        else:
            await self.execute(f"DROP DATABASE {name} WITH (FORCE)")


def database_of(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _schema(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval(_SCHEMA))
    finally:
        await connection.close()


async def _emptied(url: str, schema: str) -> bool:
    """Whether the database is empty again, untouched but for its rows, and left by everybody."""
    try:
        connection = await asyncpg.connect(url)
    except asyncpg.PostgresError:
        return False
    try:
        others = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        if others or await connection.fetchval(_SCHEMA) != schema:
            return False
        await connection.execute("SET lock_timeout = '1s'")
        await connection.execute(_EMPTY)
    except asyncpg.PostgresError:
        return False
    else:
        return True
    finally:
        await connection.close()
