"""Who waits for a connection gets the next one: nobody is passed over."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from session_api.database.engine import Database
from session_api.database.turns import Turns
from session_api.problems import DatabaseUnavailable
from tests.support.settings import test_settings

CLIENTS, TIMES = 12, 20


async def _reads(database: Database) -> None:
    await database.fetch_row("SELECT 1")


async def _writes(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.exec_driver_sql("SELECT 1")


@pytest.mark.parametrize("use", [_reads, _writes], ids=["reads", "transactions"])
async def test_clients_that_come_back_at_once_are_served_in_turn(
    database_url: str, use: Callable[[Database], Awaitable[None]]
) -> None:
    database = Database(test_settings(database_url, pool_size=1))
    served: list[int] = []

    async def client(name: int) -> None:
        for _ in range(TIMES):
            await use(database)
            served.append(name)

    try:
        await asyncio.gather(*(client(name) for name in range(CLIENTS)))
    finally:
        await database.close()
    assert served == list(range(CLIENTS)) * TIMES


async def test_who_waits_too_long_is_told_and_takes_nobodys_turn(database_url: str) -> None:
    database = Database(test_settings(database_url, pool_size=1, pool_timeout=0.05))
    try:
        async with database.transaction():
            for _ in range(3):
                with pytest.raises(DatabaseUnavailable):
                    await database.fetch_row("SELECT 1")
            given_up = asyncio.create_task(_reads(database))
            await asyncio.sleep(0)
            given_up.cancel()
            await asyncio.gather(given_up, return_exceptions=True)
        await _reads(database)
        await _writes(database)
    finally:
        await database.close()


async def test_a_turn_that_was_handed_to_somebody_who_just_left_goes_to_the_next() -> None:
    turns = Turns(1, patience_seconds=5)
    assert turns.take()
    leaves, stays = (asyncio.create_task(turns.wait()) for _ in range(2))
    await asyncio.sleep(0)
    assert turns.waiting == 2
    turns.give_back()
    leaves.cancel()  # it has its turn, and does not know it yet
    with pytest.raises(asyncio.CancelledError):
        await leaves
    await asyncio.wait_for(stays, 5)
    assert not turns.take()
    turns.give_back()
    assert turns.take()


async def test_patience_ends_for_each_in_their_order_and_takes_no_turn() -> None:
    turns = Turns(1, patience_seconds=1)
    assert turns.take()
    ended: list[int] = []

    async def waits(name: int) -> None:
        with pytest.raises(TimeoutError):
            await turns.wait()
        ended.append(name)

    async with asyncio.TaskGroup() as group:
        for name in range(3):
            group.create_task(waits(name))
            await asyncio.sleep(0.02)
    assert ended == [0, 1, 2]
    assert turns.waiting == 0
    turns.give_back()
    assert turns.take()
    late = asyncio.create_task(turns.wait())  # whose timer begins anew
    await asyncio.sleep(0.01)
    turns.give_back()
    await asyncio.wait_for(late, 5)
