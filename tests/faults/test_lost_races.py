"""Deadlocks and serialization failures, really had: run again inside, and no client sees them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from session_api.database.engine import ATTEMPTS
from tests.faults.consistency import half_done
from tests.faults.writers import UNAVAILABLE, Seen, made_session, stored_ids, write_once
from tests.support.people import new_id
from tests.support.processes import Service, data_folder
from tests.support.races import until_waited_for

_FAIL = """
    CREATE SEQUENCE losses;
    CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        -- A sequence counts on through a rollback.
        IF nextval('losses') <= {count} THEN
            RAISE EXCEPTION 'lost' USING ERRCODE = '{state}';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER lose BEFORE UPDATE ON user_sessions FOR EACH ROW EXECUTE FUNCTION lose();
"""
_MEND = "DROP TRIGGER lose ON user_sessions; DROP FUNCTION lose; DROP SEQUENCE losses"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    at_once = {"SESSION_API_ACTIVITY_INTERVAL": "0"}
    with data_folder() as data, Service(data, **at_once) as running:
        yield running


@pytest.fixture
async def ann(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with service.client("ann") as client:
        yield client


@pytest.fixture
async def sql(service: Service) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(service.database_url)
    yield connection
    await connection.close()


@asynccontextmanager
async def lost(
    sql: "asyncpg.Connection[asyncpg.Record]", count: int, *, state: str = "40001"
) -> AsyncIterator[None]:
    """The first so many changes of a session's row lose, as PostgreSQL tells it."""
    await sql.execute(_FAIL.format(count=count, state=state))
    try:
        yield
    finally:
        await sql.execute(_MEND)


@pytest.mark.parametrize(
    ("path", "body", "state"),
    [
        ("/messages", {"role": "user", "content": "x"}, "40001"),
        ("/activity", None, "40001"),  # one statement, without a transaction around it
        ("/activity", None, "40P01"),
        ("/recover", None, "40001"),
    ],
)
async def test_a_race_that_is_lost_is_run_again(
    ann: httpx.AsyncClient,
    sql: "asyncpg.Connection[asyncpg.Record]",
    path: str,
    body: object,
    state: str,
) -> None:
    session = await made_session(ann)
    address = "/api/sessions/recover" if path == "/recover" else f"{session}{path}"
    async with lost(sql, ATTEMPTS - 1, state=state):
        answer = await ann.post(address, json=body)
        assert answer.is_success, answer.text
        assert await sql.fetchval("SELECT last_value FROM losses") >= ATTEMPTS


async def test_a_race_that_is_lost_every_time_is_a_503_that_changed_nothing(
    service: Service, ann: httpx.AsyncClient, sql: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    session, message_id, seen = await made_session(ann), new_id(), Seen()
    async with lost(sql, 100):
        assert not await write_once(ann, session, message_id, seen)
        touched = await ann.post(f"{session}/activity")
    assert (seen.codes, seen.others) == ({UNAVAILABLE}, [])
    assert (touched.status_code, touched.headers["retry-after"]) == (503, "1")
    assert message_id not in await stored_ids(service)
    # And nothing is left of it in the way.
    assert await write_once(ann, session, message_id, seen)
    assert await half_done(service.query) == []


async def test_a_deadlock_ends_with_both_done(
    service: Service, ann: httpx.AsyncClient, sql: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    session, message_id, seen = await made_session(ann), new_id(), Seen()
    session_id = session.rpartition("/")[2]
    before = await _deadlocks(sql)
    # Whoever waits longer than this looks for the circle, and is its victim: never us.
    await sql.execute("SET deadlock_timeout = '1min'")
    async with sql.transaction():
        await sql.execute("SELECT FROM chats WHERE session_id = $1 FOR UPDATE", session_id)
        write = asyncio.create_task(write_once(ann, session, message_id, seen))
        await until_waited_for(sql, seconds=10)
        await sql.execute("SELECT FROM user_sessions WHERE id = $1 FOR UPDATE", session_id)
        await sql.execute("UPDATE user_sessions SET name = 'ours' WHERE id = $1", session_id)
    assert await write
    async with asyncio.timeout(10):
        while await _deadlocks(sql) == before:  # noqa: ASYNC110 - counted a moment later
            await asyncio.sleep(0.05)
    assert await _deadlocks(sql) == before + 1
    assert (await ann.get(session)).json()["name"] == "ours"
    assert message_id in await stored_ids(service)


async def _deadlocks(sql: "asyncpg.Connection[asyncpg.Record]") -> int:
    return int(
        await sql.fetchval(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
    )
