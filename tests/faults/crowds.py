"""Others who use the same PostgreSQL, and leave no room."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg


@asynccontextmanager
async def every_place_taken(url: str) -> AsyncIterator[None]:
    """Others hold all connections that the server gives; the service's own have just been cut."""
    crowd: list[asyncpg.Connection[asyncpg.Record]] = []
    cutter = await asyncpg.connect(url)
    over = asyncio.Event()

    async def crowd_in() -> None:
        while not over.is_set():
            try:
                crowd.append(await asyncpg.connect(url))
            except asyncpg.TooManyConnectionsError:
                await cutter.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'session-api'"
                )
                await asyncio.sleep(0.01)

    crowding = asyncio.create_task(crowd_in())
    try:
        yield
    finally:
        over.set()
        with suppress(asyncpg.PostgresError):
            await crowding
        for connection in (*crowd, cutter):
            await connection.close()
