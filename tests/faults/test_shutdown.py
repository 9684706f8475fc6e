"""A service that is told to end finishes what it began, within a set time, and loses nothing."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import asyncpg
import httpx
import pytest

from tests.support.people import new_id
from tests.support.processes import Service, data_folder
from tests.support.races import until_waited_for
from tests.support.waiting import until

WRITERS = 12
DRAINS_WITHIN_SECONDS = 2
GRACE_SECONDS = 8.0  # for uvicorn's own steps, PostgreSQL's end, and a machine that does much else


@pytest.fixture(scope="module", params=[(), ("--workers", "2")], ids=["alone", "workers"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    limits = {
        "SESSION_API_SHUTDOWN_TIMEOUT": str(DRAINS_WITHIN_SECONDS),
        "SESSION_API_LOCK_TIMEOUT": "20",
        "SESSION_API_STATEMENT_TIMEOUT": "25",
    }
    with data_folder() as data, Service(data, *request.param, **limits) as running:
        yield running


@dataclass
class Seen:
    """What clients met with. Times are this process's, monotonic."""

    acknowledged: set[str] = field(default_factory=set)
    by_path: Counter[str] = field(default_factory=Counter)
    statuses: set[int] = field(default_factory=set)
    broken_off: list[tuple[float, str]] = field(default_factory=list)


async def write_until_refused(service: Service, path: str, seen: Seen) -> None:
    """Over one connection, kept for as long as the service keeps it."""
    async with service.client() as client:
        while True:
            message_id, begun = new_id(), time.monotonic()
            message = {"id": message_id, "role": "user", "content": "until the end"}
            try:
                answer = await client.post(path, json=message)
            except httpx.TransportError as error:
                seen.broken_off.append((begun, repr(error)))
                return
            seen.statuses.add(answer.status_code)
            if answer.status_code == 201:
                seen.acknowledged.add(message_id)
                seen.by_path[path] += 1


async def test_what_was_begun_is_answered_within_the_time_and_all_of_it_is_kept(
    service: Service,
) -> None:
    """Twelve writers at work, and one whose row somebody holds for longer than there is time."""
    seen = Seen()
    async with service.client() as ann:
        paths = []
        for _ in range(WRITERS):
            made = (await ann.post("/api/sessions/", json={})).json()
            paths.append(f"/api/sessions/{made['id']}/messages")
        held = (await ann.post("/api/sessions/", json={"name": "held"})).json()
        holder = await asyncpg.connect(service.database_url)
        await holder.execute("BEGIN")
        await holder.execute("SELECT FROM user_sessions WHERE name = 'held' FOR UPDATE")
        late = asyncio.create_task(_rename(service, held["id"]))
        await until_waited_for(holder)
        writers = [asyncio.create_task(write_until_refused(service, path, seen)) for path in paths]
        # Each has a connection by then.
        await until(lambda: len(seen.by_path) == WRITERS and min(seen.by_path.values()) >= 5)

        told = time.monotonic()
        for _ in range(10):
            await asyncio.sleep(0)  # what was begun before is on its way by then
        os.kill(service.pid, signal.SIGTERM)
        await asyncio.gather(*writers)
        too_late = await late
        took_seconds = time.monotonic() - told
        holder.terminate()
    assert await asyncio.to_thread(service.wait) == 0

    assert seen.statuses == {201}
    assert [error for begun, error in seen.broken_off if begun < told] == []
    assert (too_late.status_code, too_late.json()["code"]) == (503, "shutting_down")
    assert too_late.headers["Retry-After"]
    assert DRAINS_WITHIN_SECONDS <= took_seconds < DRAINS_WITHIN_SECONDS + GRACE_SECONDS
    assert "Traceback" not in service.output

    service.start()
    stored = {str(row["id"]) for row in await service.query("SELECT id FROM chat_messages")}
    assert seen.acknowledged <= stored
    async with service.client() as ann:
        kept = (await ann.get(f"/api/sessions/{held['id']}")).json()
    assert (kept["name"], kept["version"]) == ("held", held["version"])


async def _rename(service: Service, session_id: str) -> httpx.Response:
    async with service.client() as ann:
        return await ann.patch(f"/api/sessions/{session_id}", json={"name": "too late"})
