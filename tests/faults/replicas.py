"""Two replicas of the service on one PostgreSQL, each at the end of a line of its own."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from session_api.database.embedded import EmbeddedPostgres, kept_running, open_embedded
from tests.faults.lines import Line, line_to
from tests.support.processes import Service, data_folder, servers_of
from tests.support.settings import KEYS, SECRET

QUICK = {
    "SESSION_API_POOL_SIZE": "4",
    "SESSION_API_POOL_TIMEOUT": "1",
    "SESSION_API_STATEMENT_TIMEOUT": "1",
    "SESSION_API_LOCK_TIMEOUT": "1",
}


@dataclass
class Replicas:
    """The services, what they reach their database by, and that database."""

    services: list[Service]
    lines: list[Line]
    postgres: EmbeddedPostgres
    data: Path

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A way to the database past all lines."""
        return await asyncpg.connect(self.postgres.url, timeout=10)

    def end_postgres(self, number: signal.Signals) -> None:
        """Ends the server; it is started again at once."""
        os.kill(self.postgres.pid, number)

    @contextmanager
    def frozen_postgres(self) -> Iterator[None]:
        """The server and all its children stand still."""
        pids = servers_of(self.data)
        _tell(pids, signal.SIGSTOP)
        try:
            yield
        finally:
            _tell(pids, signal.SIGCONT)


def _tell(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


@asynccontextmanager
async def replicas(count: int = 2, **environment: str) -> AsyncIterator[Replicas]:
    """So many, with QUICK settings and `environment`, on a database that outlives them."""
    secrets = {"SESSION_API_JWT_SECRET": SECRET, "SESSION_API_ENCRYPTION_KEYS": KEYS}
    async with AsyncExitStack() as stack:
        data = stack.enter_context(data_folder())
        postgres = stack.enter_context(await asyncio.to_thread(open_embedded, data))
        stack.enter_context(kept_running(postgres))
        files = (data / "files").absolute().as_uri()
        lines = [
            await stack.enter_async_context(line_to(postgres.service_url)) for _ in range(count)
        ]
        services = [
            Service(
                data,
                DATABASE_URL=line.url,
                SESSION_API_MIGRATION_URL=postgres.url,
                SESSION_API_STORAGE=files,
                **(QUICK | secrets | environment),
            )
            for line in lines
        ]
        for service in services:
            stack.callback(service.__exit__)
        # One after the other: the first applies the migrations.
        for service in services:
            await asyncio.to_thread(service.start)
        yield Replicas(services, lines, postgres, data)
