"""The service is killed while it works, beside another that goes on. `test_shutdown` is about one
that is told to end.
"""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest

from tests.faults.writers import (
    BACK_WITHIN_SECONDS,
    Seen,
    made_session,
    message,
    nothing_is_lost,
    stored_ids,
    write_once,
)
from tests.support.people import new_id
from tests.support.processes import Service, data_folder
from tests.support.waiting import until

APPENDS = 1000
KILLED_AFTER = 200
# A thousand at once wait for ten connections, on a machine that may do much else.
PATIENT = {
    "SESSION_API_JOB_INTERVAL": "1",
    "SESSION_API_POOL_TIMEOUT": "60",
    "SESSION_API_LOCK_TIMEOUT": "60",
    "SESSION_API_STATEMENT_TIMEOUT": "60",
}

_HOLDER = "SELECT holder FROM job_leases WHERE name = 'abandon'"
_WAITS = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'user_sessions'::regclass"
_HELD_UP = f"{_HOLDER} AND EXISTS ({_WAITS})"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with data_folder() as data, Service(data, **PATIENT) as running:
        yield running


@pytest.fixture(scope="module")
def beside(service: Service) -> Iterator[Service]:
    """Another replica on the same database, which is there when the first ends."""
    with Service(service.data, **PATIENT) as running:
        yield running


@pytest.fixture
async def ann(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    # As many lines as there are requests at once.
    limits = httpx.Limits(max_connections=APPENDS)
    headers = {"Authorization": f"Bearer {service.token('ann')}"}
    async with httpx.AsyncClient(
        base_url=service.url, timeout=60, limits=limits, headers=headers
    ) as client:
        yield client


async def test_a_service_killed_in_the_middle_of_a_thousand_appends_loses_and_doubles_none(
    service: Service, beside: Service, ann: httpx.AsyncClient
) -> None:
    sessions = [await made_session(ann) for _ in range(10)]
    ids = {new_id(): random.Random(number).choice(sessions) for number in range(APPENDS)}
    seen = Seen()
    appends = [
        asyncio.create_task(write_once(ann, session, message_id, seen))
        for message_id, session in ids.items()
    ]
    await until(lambda: len(seen.acknowledged) >= KILLED_AFTER, seconds=60)
    service.kill()
    await asyncio.gather(*appends)
    # None waits longer than for a connection of the pool, and none is refused.
    assert len(seen.acknowledged) + len(seen.unanswered) == APPENDS
    assert seen.unanswered
    await nothing_is_lost(service, seen)

    # The other replica takes all of them again, and adds those alone that are not there.
    async with beside.client("ann", timeout=60) as other:
        for session in sessions:
            again = [message(each) for each in ids if ids[each] == session]
            for start in range(0, len(again), 100):
                batch = {"messages": again[start : start + 100]}
                answer = await other.post(f"{session}/messages", json=batch)
                assert answer.is_success, answer.text
    await nothing_is_lost(service, seen)
    assert sorted(await stored_ids(service)) == sorted(ids)
    await asyncio.to_thread(service.start)


async def test_a_job_whose_replica_is_killed_at_it_is_done_by_the_other(
    service: Service, beside: Service
) -> None:
    """The lease outlives its holder, until it runs out."""
    replicas = {service.pid: service, beside.pid: beside}
    async with service.client("ann") as ann:
        session_id = (await made_session(ann)).rpartition("/")[2]
    sql = await asyncpg.connect(service.database_url)
    # Whom an earlier test killed may have had the job in its hands: a minute passes for that one.
    living = [f"%:{pid}:%" for pid in replicas]
    forget = "DELETE FROM job_leases WHERE NOT holder LIKE ANY ($1::text[])"
    await sql.execute(forget, living)
    async with sql.transaction():
        # Reading goes on; the job that wants to lock a row waits, its lease in its hands.
        await sql.execute("LOCK TABLE user_sessions IN EXCLUSIVE MODE")
        idle = "UPDATE user_sessions SET last_activity_at = now() - interval '25 hours'"
        await sql.execute(f"{idle} WHERE id = $1", session_id)
        holder = await _held_up(service)
        pid = int(holder.split(":")[-2])
        os.kill(pid, signal.SIGKILL)
    dead = replicas.pop(pid)
    dead.wait()
    (alive,) = replicas.values()

    # It asks every second, and is not let in: the lease may be in good hands.
    await asyncio.sleep(1.2)
    assert [row["holder"] for row in await service.query(_HOLDER)] == [holder]
    assert await _status(sql, session_id) == "active"
    await sql.execute("UPDATE job_leases SET expires_at = now()")  # a minute passes
    async with asyncio.timeout(BACK_WITHIN_SECONDS):
        while await _status(sql, session_id) != "abandoned":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    moved = "SELECT count(*) FROM audit_events WHERE event = 'session.abandoned'"
    assert await sql.fetchval(moved) == 1
    await sql.close()
    assert '"job_failed"' not in alive.output
    await asyncio.to_thread(dead.start)


async def _held_up(service: Service) -> str:
    """Who has the lease and is at the job still, a while after it was seen to be."""
    before: list[str] = []
    async with asyncio.timeout(20):
        while True:
            holders = [str(row["holder"]) for row in await service.query(_HELD_UP)]
            if holders and holders == before:
                return holders[0]
            before = holders
            await asyncio.sleep(0.3)  # what nothing holds up is over long before


async def _status(sql: "asyncpg.Connection[asyncpg.Record]", session_id: str) -> str:
    return str(await sql.fetchval("SELECT status FROM user_sessions WHERE id = $1", session_id))
