"""Two at once, in an order that the test chooses: one holds a row, the other waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeAlias

import asyncpg
import httpx

from tests.support.waiting import WAIT_SECONDS
from tests.support.workspace import Sql

Request: TypeAlias = "Coroutine[Any, Any, httpx.Response] | asyncio.Task[httpx.Response]"

_WAITING = """
    SELECT EXISTS (
        SELECT FROM pg_locks
         WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
    )
"""


async def is_waited_for(sql: Sql) -> bool:
    """Whether somebody waits for what this connection holds."""
    return bool(await sql.fetchval(_WAITING))


async def until_waited_for(sql: Sql, *, seconds: float = WAIT_SECONDS) -> None:
    """Returns once somebody does."""
    async with asyncio.timeout(seconds):
        while not await is_waited_for(sql):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.005)


class Holder:
    """Somebody who changes rows and commits when told to; leaving the block undoes the rest."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    async def __aenter__(self) -> "Holder":
        self._sql: Sql = await asyncpg.connect(self._database_url)
        await self._sql.execute("BEGIN")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sql.close()

    async def does(self, statement: str, *arguments: Any) -> None:
        """Runs a statement that nobody sees yet, and that keeps its rows from others."""
        await self._sql.execute(statement, *arguments)

    async def commit(self) -> None:
        await self._sql.execute("COMMIT")

    async def waited_for(self) -> bool:
        """Whether somebody waits for what is held."""
        return await is_waited_for(self._sql)

    async def held_up(self, request: Request) -> "asyncio.Task[httpx.Response]":
        """Starts a request, or takes one that is under way, and returns once it waits for what is
        held, or is over.
        """
        task = request if isinstance(request, asyncio.Task) else asyncio.create_task(request)
        async with asyncio.timeout(WAIT_SECONDS):
            # It watches another process, which has no event to wait for.
            while not task.done() and not await self.waited_for():  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        return task
