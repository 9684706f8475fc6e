"""Requests cancelled at any moment: their connections come back clean, or not at all (traps 6, 7).

What a cancelled statement leaves on its connection is the answer to somebody else's question.
"""

import asyncio
import random
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from session_api.database.engine import Database
from session_api.settings import Settings
from tests.faults.consistency import half_done
from tests.support.people import Person, new_id
from tests.support.settings import test_settings
from tests.support.waiting import until
from tests.support.workspace import Sql

CANCELLED = 300
POOL_SIZE = 3


@pytest.fixture
def settings(database_url: str) -> Settings:
    return test_settings(database_url, pool_size=POOL_SIZE)


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


async def backend(database: Database) -> int:
    row = await database.fetch_row("SELECT pg_backend_pid()")
    assert row is not None
    return int(row[0])


async def backends(
    database: Database, drivers: "list[asyncpg.Connection[asyncpg.Record]] | None" = None
) -> set[int]:
    """The servers' processes behind all connections of the pool, and the driver's side of them."""

    async def one(everybody: asyncio.Barrier) -> int:
        async with database.transaction() as connection:
            await everybody.wait()
            if drivers is not None:
                driver = (await connection.get_raw_connection()).driver_connection
                assert driver is not None
                drivers.append(driver)
            return int((await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())

    everybody = asyncio.Barrier(POOL_SIZE)
    return set(await asyncio.gather(*(one(everybody) for _ in range(POOL_SIZE))))


async def given_back(database: Database, *, but: int = 0) -> None:
    """Returns once nobody uses a connection, but for so many."""
    await until(lambda: database.pool_figures()[1] == but)


async def cancelled_in_mid_statement(work: Awaitable[Any], sql: Sql) -> None:
    """Cancels the work once PostgreSQL has begun its `pg_sleep`."""
    task = asyncio.ensure_future(work)
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    while not await sql.fetchval(sleeping):
        assert not task.done()
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_connection_cancelled_in_mid_read_is_never_used_again(
    database: Database, sql: Sql
) -> None:
    used: list[int] = []

    async def read() -> None:
        used.append(await backend(database))
        await database.fetch_row("SELECT pg_sleep(30)")

    await cancelled_in_mid_statement(read(), sql)
    await given_back(database)
    assert used[0] not in await backends(database)


async def test_a_connection_cancelled_in_mid_transaction_is_never_used_again(
    database: Database, sql: Sql
) -> None:
    used: list[int] = []

    async def write() -> None:
        async with database.transaction() as connection:
            mine = await connection.execute(text("SELECT pg_backend_pid()"))
            used.append(int(mine.scalar_one()))
            await connection.execute(text("SELECT pg_sleep(30)"))

    await cancelled_in_mid_statement(write(), sql)
    await given_back(database)
    assert used[0] not in await backends(database)


async def test_a_request_cancelled_while_it_waits_for_a_connection_keeps_none(
    database: Database,
) -> None:
    async with asyncio.TaskGroup() as holders:
        release = asyncio.Event()

        async def hold() -> None:
            async with database.transaction():
                await release.wait()

        for _ in range(POOL_SIZE):
            holders.create_task(hold())
        await given_back(database, but=POOL_SIZE)
        waiting = [asyncio.create_task(backend(database)) for _ in range(10)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        # Let go at the same moment: some of those cancelled are given a connection even so.
        release.set()
        await asyncio.gather(*waiting, return_exceptions=True)
    await given_back(database)
    assert len(await backends(database)) == POOL_SIZE


async def test_connections_kept_for_reads_are_there_for_transactions(database: Database) -> None:
    async def read() -> None:
        await database.fetch_row("SELECT pg_sleep(0.002)")

    async def write() -> None:
        async with database.transaction() as connection:
            await connection.execute(text("SELECT pg_sleep(0.002)"))

    # Whoever waited for a connection that a read keeps would wait for the pool's time-out.
    for most in (read, write):
        other = write if most is read else read
        work = [most() if place % 4 else other() for place in range(40)]
        async with asyncio.timeout(3):
            await asyncio.gather(*work)
        assert len(await backends(database)) == POOL_SIZE
    assert database.pool_figures() == (POOL_SIZE, 0, 0)


async def test_reads_one_after_the_other_keep_one_connection(database: Database) -> None:
    assert len({await backend(database) for _ in range(5)}) == 1
    taken: Any = database.engine.pool
    assert taken.checkedout() == 1
    assert database.pool_figures()[1] == 0


async def test_a_transaction_that_is_cancelled_changes_nothing(
    ann: Person, database: Database, sql: Sql
) -> None:
    session_id = (await ann.has_session())["id"]

    async def write() -> None:
        async with database.transaction() as connection:
            await connection.execute(text("UPDATE user_sessions SET name = 'half done'"))
            await connection.execute(text("SELECT pg_sleep(30)"))

    await cancelled_in_mid_statement(write(), sql)
    assert await sql.fetchval("SELECT name FROM user_sessions WHERE id = $1", session_id) is None
    # Nor does its lock outlive it.
    await asyncio.wait_for(ann.says(session_id), 5)


async def test_connections_that_the_server_closed_while_idle_are_not_noticed(
    ann: Person, database: Database, sql: Sql
) -> None:
    session_id = (await ann.has_session())["id"]
    drivers: list[asyncpg.Connection[asyncpg.Record]] = []
    await backends(database, drivers)
    await sql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'session-api' AND datname = current_database()"
    )
    await until(lambda: all(driver.is_closed() for driver in drivers))  # the news has reached us
    answers = await asyncio.gather(*(ann.get(f"/api/sessions/{session_id}") for _ in range(9)))
    assert {answer.status_code for answer in answers} == {200}
    await given_back(database)


@pytest.mark.parametrize("cancellations", [1, 3], ids=["once", "and-again-while-it-ends"])
async def test_requests_cancelled_at_random_leave_a_whole_pool_and_whole_rows(
    ann: Person, database: Database, sql: Sql, cancellations: int
) -> None:
    chance = random.Random(7)
    sessions = [(await ann.has_session(name=f"number {place}"))["id"] for place in range(5)]

    async def request() -> httpx.Response:
        path = f"/api/sessions/{chance.choice(sessions)}"
        message = {"id": new_id(), "role": "user", "content": "cut off"}
        match chance.randrange(5):
            case 0:
                return await ann.get(path)
            case 1:
                return await ann.get(f"{path}/messages")
            case 2:
                return await ann.post(f"{path}/messages", json=message)
            case 3:
                return await ann.patch(path, {"session_metadata": {"draft": new_id()}})
            case _:
                return await ann.post("/api/sessions/recover", json={})

    async def cut() -> None:
        task = asyncio.ensure_future(request())
        await asyncio.sleep(chance.uniform(0, 0.02))
        for _ in range(cancellations):
            task.cancel()
            await asyncio.sleep(0)
        with suppress(asyncio.CancelledError):
            await task

    places = asyncio.Semaphore(2 * POOL_SIZE)

    async def in_turn() -> None:
        async with places:
            await cut()

    await asyncio.gather(*(in_turn() for _ in range(CANCELLED)))

    await given_back(database)
    assert await half_done(sql.fetch) == []
    # Each answer belongs to its own question.
    asked = sessions * 8
    answers = await asyncio.gather(*(ann.get(f"/api/sessions/{asking}") for asking in asked))
    assert [answer.json()["id"] for answer in answers] == asked
    assert len(await backends(database)) == POOL_SIZE
