"""PostgreSQL dies, ends, stands still or is full under the running service, which says so and then
goes on.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest

from tests.faults.consistency import connections
from tests.faults.crowds import every_place_taken
from tests.faults.writers import (
    BACK_WITHIN_SECONDS,
    UNAVAILABLE,
    WRITERS,
    made_session,
    nothing_is_lost,
    works_again,
    writing,
)
from tests.support.processes import Service, data_folder
from tests.support.waiting import WAIT_SECONDS, eventually

POOL_SIZE = 4
# The pool's time of the settings below, then that of connecting; and two for a busy machine. Who
# has a connection is told sooner: after a statement's time and the grace a silent server gets.
ANSWERED_WITHIN_SECONDS = 1 + 5 + 2


async def has_no_more_connections_than_it_may(service: Service) -> None:
    """Once those have ended that were cut."""
    async with asyncio.timeout(WAIT_SECONDS):
        while len(await connections(service.query)) > POOL_SIZE:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    quick = {
        "SESSION_API_POOL_SIZE": str(POOL_SIZE),
        "SESSION_API_POOL_TIMEOUT": "1",
        "SESSION_API_STATEMENT_TIMEOUT": "1",
        "SESSION_API_LOCK_TIMEOUT": "1",
    }
    with data_folder() as data, Service(data, **quick) as running:
        yield running


@pytest.fixture
async def ann(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with service.client("ann") as client:
        yield client


@pytest.fixture
async def session(ann: httpx.AsyncClient) -> str:
    return await made_session(ann)


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "restarted-by-its-operator"]
)
async def test_a_postgresql_that_ends_is_a_503_until_it_is_back_within_seconds(
    service: Service, ann: httpx.AsyncClient, session: str, number: signal.Signals
) -> None:
    ended = service.postgres_pid
    async with writing([ann], session) as seen:
        os.kill(ended, number)
        await seen.refusals(1)
        took_seconds = await works_again(ann, session)

    assert took_seconds < BACK_WITHIN_SECONDS
    assert service.postgres_pid != ended
    assert seen.codes == {UNAVAILABLE}
    await nothing_is_lost(service, seen)


async def test_a_postgresql_that_stands_still_is_a_503_in_bounded_time(
    service: Service, ann: httpx.AsyncClient, session: str
) -> None:
    unharmed = service.postgres_pid
    async with writing([ann], session) as seen:
        with service.frozen_postgres():
            await seen.refusals(WRITERS)
            reading = time.monotonic()
            assert (await ann.get(session)).status_code == 503
            assert time.monotonic() - reading < ANSWERED_WITHIN_SECONDS
        took_seconds = await works_again(ann, session)

    assert seen.slowest_seconds < ANSWERED_WITHIN_SECONDS
    assert took_seconds < BACK_WITHIN_SECONDS
    assert seen.codes == {UNAVAILABLE}
    await nothing_is_lost(service, seen)
    # Slow is not dead: nobody may start a second server on its files.
    assert service.postgres_pid == unharmed
    await has_no_more_connections_than_it_may(service)


async def test_a_server_at_its_connection_limit_is_a_503_until_there_is_room(
    service: Service, ann: httpx.AsyncClient, session: str
) -> None:
    async with writing([ann], session) as seen:
        async with every_place_taken(service.database_url):
            await seen.refusals(3 * WRITERS)
        took_seconds = await works_again(ann, session)

    assert took_seconds < BACK_WITHIN_SECONDS
    assert seen.codes == {UNAVAILABLE}
    assert '"sqlstate": "53300"' in service.output
    await nothing_is_lost(service, seen)


async def test_a_connection_that_is_ended_in_mid_statement_costs_its_request_alone(
    service: Service, ann: httpx.AsyncClient, session: str
) -> None:
    cut = 0
    async with writing([ann], session) as seen:
        killer = await asyncpg.connect(service.database_url)
        while cut < 10:
            cut += await killer.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name = 'session-api' AND state = 'active'"
            )
            await asyncio.sleep(0.01)
        await killer.close()
        took_seconds = await works_again(ann, session)

    assert took_seconds < BACK_WITHIN_SECONDS
    assert 0 < len(seen.refused) <= 2 * cut
    await nothing_is_lost(service, seen)
    await has_no_more_connections_than_it_may(service)


async def test_readiness_tells_of_an_outage_and_of_its_end(
    service: Service, ann: httpx.AsyncClient
) -> None:
    with service.frozen_postgres():
        ready = await ann.get("/readyz")
        alive = await ann.get("/healthz")
    assert ready.status_code == 503
    assert ready.json()["checks"]["database"] == "unavailable"
    assert alive.status_code == 200
    assert await asyncio.to_thread(eventually, lambda: service.readiness() == 200)


async def test_two_services_on_one_folder_bring_it_back_for_both(
    service: Service, ann: httpx.AsyncClient, session: str
) -> None:
    with Service(service.data) as beside:
        async with beside.client("ann") as other:
            killed = service.postgres_pid
            service.kill_postgres()
            for client in (ann, other):
                assert await works_again(client, session) < BACK_WITHIN_SECONDS
            assert service.postgres_pid != killed
        assert beside.stop() == 0
    # Who leaves first does not take it away from the other.
    assert service.readiness() == 200
