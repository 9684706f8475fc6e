"""PostgreSQL dies or stands still under the running service, which says so and then goes on."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from tests.faults.consistency import connections, half_done
from tests.support.people import new_id
from tests.support.processes import Service, data_folder
from tests.support.waiting import eventually, until

WRITERS = 8
POOL_SIZE = 4
BACK_WITHIN_SECONDS = 5.0
# Of the settings below: a statement's time, the grace a silent server gets on top, the pool's.
ANSWERED_WITHIN_SECONDS = 1 + 2 + 1 + 2


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
    made = await ann.post("/api/sessions/", json={})
    assert made.status_code == 201
    return f"/api/sessions/{made.json()['id']}"


@dataclass
class Seen:
    """What clients met with during an outage."""

    acknowledged: set[str] = field(default_factory=set)
    refused: list[httpx.Response] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0

    @property
    def codes(self) -> set[tuple[int, str, bool]]:
        """Status, code and whether the client is told when to come back, of each refusal."""
        return {
            (answer.status_code, answer.json()["code"], "retry-after" in answer.headers)
            for answer in self.refused
        }


async def write_until(
    ann: httpx.AsyncClient, session: str, seen: Seen, over: asyncio.Event
) -> None:
    while not over.is_set():
        message_id = new_id()
        message = {"id": message_id, "role": "user", "content": "during the outage"}
        started = time.monotonic()
        answer = await ann.post(f"{session}/messages", json=message)
        seen.slowest_seconds = max(seen.slowest_seconds, time.monotonic() - started)
        if answer.status_code == 201:
            seen.acknowledged.add(message_id)
        elif answer.status_code == 503:
            seen.refused.append(answer)
            await asyncio.sleep(0.02)
        else:
            seen.others.append(answer.text)


async def works_again(ann: httpx.AsyncClient, session: str) -> float:
    """The seconds until a write is taken."""
    started = time.monotonic()
    while (await ann.patch(session, json={"name": new_id()})).status_code != 200:
        assert time.monotonic() - started < 60
        await asyncio.sleep(0.05)
    return time.monotonic() - started


async def stored_ids(service: Service) -> set[str]:
    return {str(row["id"]) for row in await service.query("SELECT id FROM chat_messages")}


async def test_a_killed_postgresql_is_a_503_until_it_is_back_within_seconds(
    service: Service, ann: httpx.AsyncClient, session: str
) -> None:
    seen, over = Seen(), asyncio.Event()
    writers = [asyncio.create_task(write_until(ann, session, seen, over)) for _ in range(WRITERS)]
    await until(lambda: len(seen.acknowledged) >= 20)
    killed = service.postgres_pid

    service.kill_postgres()
    await until(lambda: bool(seen.refused))
    took_seconds = await works_again(ann, session)
    over.set()
    await asyncio.gather(*writers)

    assert took_seconds < BACK_WITHIN_SECONDS
    assert service.postgres_pid != killed
    assert seen.codes == {(503, "database_unavailable", True)}
    assert seen.others == []
    assert seen.acknowledged <= await stored_ids(service)
    assert await half_done(service.query) == []


async def test_a_postgresql_that_stands_still_is_a_503_in_bounded_time(
    service: Service, ann: httpx.AsyncClient, session: str
) -> None:
    seen, over = Seen(), asyncio.Event()
    writers = [asyncio.create_task(write_until(ann, session, seen, over)) for _ in range(WRITERS)]
    await until(lambda: len(seen.acknowledged) >= 20)
    unharmed = service.postgres_pid

    with service.frozen_postgres():
        await until(lambda: len(seen.refused) >= WRITERS)
        reading = time.monotonic()
        assert (await ann.get(session)).status_code == 503
        assert time.monotonic() - reading < ANSWERED_WITHIN_SECONDS
    took_seconds = await works_again(ann, session)
    over.set()
    await asyncio.gather(*writers)

    assert seen.slowest_seconds < ANSWERED_WITHIN_SECONDS
    assert took_seconds < BACK_WITHIN_SECONDS
    assert seen.codes == {(503, "database_unavailable", True)}
    assert seen.others == []
    assert seen.acknowledged <= await stored_ids(service)
    # Slow is not dead: nobody may start a second server on its files.
    assert service.postgres_pid == unharmed
    assert len(await connections(service.query)) <= POOL_SIZE


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
