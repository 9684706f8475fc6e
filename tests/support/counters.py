"""PostgreSQL's counters of updates, which it is told of some time after them."""

import asyncio

import asyncpg

from tests.support.database import Server, as_service
from tests.support.waiting import WAIT_SECONDS
from tests.support.workspace import Sql


async def counted_from_now(server: Server, sql: Sql, database_url: str, *tables: str) -> None:
    """PostgreSQL's counters of these tables begin at zero. The database may have served another
    test, whose updates would count as well: a connection tells of them when it ends, at the latest.
    """
    await server.pools.leave(as_service(database_url))
    ours = "datname = current_database() AND application_name = 'session-api'"
    async with asyncio.timeout(WAIT_SECONDS):
        while await sql.fetchval(f"SELECT count(*) FROM pg_stat_activity WHERE {ours}"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    for table in tables:
        # An analysis holds what it sees: pages would run full beside it.
        await sql.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        await sql.execute(f"SELECT pg_stat_reset_single_table_counters('{table}'::regclass)")


async def updates(sql: Sql, table: str, *, at_least: int) -> asyncpg.Record:
    """A table's counters, once PostgreSQL has been told of so many updates."""
    async with asyncio.timeout(10):
        while True:
            await sql.execute("SELECT pg_stat_clear_snapshot()")
            row = await sql.fetchrow(
                "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = $1", table
            )
            assert row is not None
            if row["n_tup_upd"] >= at_least:
                return row
            await asyncio.sleep(0.05)
