"""The PostgreSQL server that tests share, and the databases they borrow on it."""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from tests.support.pools import Pools

TEMPLATE = "template_migrated"

T = TypeVar("T")
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Whatever a test could have done to the schema shows here: tables and who may use them, columns,
# constraints, triggers, functions, and the revision that the tables claim to be at.
_SCHEMA = """
    SELECT md5(string_agg(thing, ',' ORDER BY thing))
      FROM (
            SELECT 'table ' || oid || relname || concat(relacl, reloptions)
              FROM pg_class WHERE oid >= 16384
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
    " DELETE FROM audit_events; DELETE FROM audit_unsealed; DELETE FROM audit_seals;"
    " DELETE FROM audit_logs; DELETE FROM job_leases; DELETE FROM revocations"
)


_services: dict[str, str] = {}
"""By the owner's name, password and host in an address, those of the service's role."""


def as_service(url: str) -> str:
    """The address of the same database for the role of the service, where it has one."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=_services.get(parts.netloc, parts.netloc)))


@dataclass
class Server:
    """A server on which tests may create databases; `url` names its maintenance database, as the
    role that owns all, `service_url` as the one that services run as.

    A database is lent to one test at a time. One that comes back is emptied and lent again, since
    making one takes 0.1 s; one whose schema a test has changed, or that somebody still uses, is
    dropped. Who looks at them keeps a connection to each, in a loop of its own that outlives the
    tests': a new one costs more than the look.
    """

    url: str
    service_url: str | None = None
    pools: Pools = field(default_factory=Pools)
    _emptied: list[str] = field(default_factory=list)
    _schemas: dict[str, str] = field(default_factory=dict)
    _keepers: dict[str, Connection] = field(default_factory=dict)
    _keeping: tuple[asyncio.AbstractEventLoop, threading.Thread] | None = None

    def __post_init__(self) -> None:
        if self.service_url is not None:
            _services[urlsplit(self.url).netloc] = urlsplit(self.service_url).netloc

    async def execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def trust_everybody(self, data: Path) -> None:
        """Lets in without the password, whose proof costs more than a connection: the tests open
        thousands. Those of the embedded server itself have servers of their own.
        """
        rules = data / "postgres" / "cluster" / "pg_hba.conf"
        rules.write_text(f"local all all trust\n{rules.read_text()}")
        await self.execute("SELECT pg_reload_conf()")

    async def lend(self) -> str:
        """The address of a migrated, empty database."""
        if self._emptied:
            return database_of(self.url, self._emptied.pop())
        name = f"test_{uuid4().hex}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        url = database_of(self.url, name)
        await self._keep(self._begin(name, url))
        return url

    async def take_back(self, url: str) -> None:
        name = urlsplit(url).path.removeprefix("/")
        if await self._keep(_emptied(self._keepers[name], self._schemas[name])):
            self._emptied.append(name)
        else:
            await self.pools.leave(as_service(url))
            await self._keep(self._end(name))
            await self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Ends its connections; it may not be used any longer."""
        if self._keeping is None:
            return
        loop, thread = self._keeping
        for name in list(self._keepers):
            asyncio.run_coroutine_threadsafe(self._end(name), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        self._keeping = None

    async def _keep(self, work: Coroutine[Any, Any, T]) -> T:
        if self._keeping is None:
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=loop.run_forever, name="keeps-databases", daemon=True)
            self._keeping = loop, thread
            thread.start()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._keeping[0]))

    async def _begin(self, name: str, url: str) -> None:
        self._keepers[name] = connection = await asyncpg.connect(url)
        await connection.execute("SET lock_timeout = '1s'")
        self._schemas[name] = str(await connection.fetchval(_SCHEMA))

    async def _end(self, name: str) -> None:
        self._keepers.pop(name).terminate()


def database_of(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _emptied(connection: Connection, schema: str) -> bool:
    """Whether the database is empty again, untouched but for its rows, and left by everybody."""
    try:
        others = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        if others or await connection.fetchval(_SCHEMA) != schema:
            return False
        await connection.execute(_EMPTY)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return False
    else:
        return True
