"""A merge under fire on a service that is killed in its middle, and repeated until it is done."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from session_api.guests.merge_repository import COPIED, MOVED
from session_api.security.principal import GUEST_ISSUER, owner_id_of
from tests.support.busy import Busy, busy, lacks
from tests.support.processes import Service, data_folder
from tests.support.races import Holder
from tests.support.waiting import WAIT_SECONDS

ROUNDS = 3
HELD = {
    "at its beginning": "SELECT FROM user_sessions WHERE owner_id = $1 FOR UPDATE",
    "in its middle": "SELECT FROM assets WHERE owner_id = $1 FOR UPDATE",
    "at its end": "SELECT FROM devices WHERE owner_id = $1 FOR UPDATE",
}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with data_folder() as data, Service(data) as running:
        yield running


@asynccontextmanager
async def guest_lines(service: Service, count: int = 2) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Lines of a new guest's."""
    async with httpx.AsyncClient(base_url=service.url, timeout=30) as nobody:
        made = await nobody.post("/api/auth/guest")
    assert made.status_code == 201, made.text
    lines = [
        httpx.AsyncClient(
            base_url=service.url,
            timeout=30,
            headers={"Authorization": f"Bearer {made.json()['token']}"},
        )
        for _ in range(count)
    ]
    try:
        yield lines
    finally:
        for line in lines:
            await line.aclose()


def token_of(line: httpx.AsyncClient) -> str:
    return line.headers["Authorization"].removeprefix("Bearer ")


async def merged(ann: httpx.AsyncClient, token: str) -> httpx.Response:
    """Asks again and again, until somebody answers."""
    while True:
        try:
            answer = await ann.post("/api/sessions/merge", json={"guest_token": token})
        except httpx.TransportError:
            await asyncio.sleep(0.05)
            continue
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.05)


async def left(service: Service, owner_id: object) -> dict[str, int]:
    found = {}
    for table in (*COPIED, *MOVED):
        (row,) = await service.query(f"SELECT count(*) FROM {table} WHERE owner_id = $1", owner_id)
        found[table] = row["count"]
    return found


async def nobody_is_connected(service: Service) -> None:
    """Returns once the database has given up what the killed service had begun."""
    there = "SELECT FROM pg_stat_activity WHERE application_name = 'session-api'"
    async with asyncio.timeout(WAIT_SECONDS):
        while await service.query(there):  # noqa: ASYNC110 - another process, without an event
            await asyncio.sleep(0.02)


async def test_killed_in_the_middle_under_fire_and_repeated_it_is_whole(service: Service) -> None:
    chance = random.Random(8)
    killed_before = 0
    for round_number in range(ROUNDS):
        async with (
            guest_lines(service) as lines,
            service.client(f"ann {round_number}") as ann,
            busy(lines) as writing,
        ):
            merging = asyncio.create_task(merged(ann, token_of(lines[0])))
            await asyncio.sleep(chance.uniform(0, 0.08))
            killed_before += not merging.done()
            service.kill()
            await asyncio.to_thread(service.start)
            answer = await merging
            assert answer.status_code == 200, answer.text
        async with service.client(f"ann {round_number}") as ann:
            assert set(writing.sessions) <= set(answer.json()["sessions"])
            assert await lacks(ann, writing) == []
            repeated = await merged(ann, token_of(lines[0]))
            assert repeated.json() == answer.json()
        assert set((await left(service, await guest_of(service, writing))).values()) == {0}
    assert killed_before > 0
    assert '"unexpected_error"' not in service.output


async def guest_of(service: Service, writing: Busy) -> object:
    """Who made what is there now."""
    rows = await service.query(
        "SELECT DISTINCT u.owner_id FROM session_changes c JOIN users u ON u.subject = c.actor"
        " WHERE c.session_id = ANY ($1::uuid[]) AND u.issuer = $2",
        list(writing.sessions),
        GUEST_ISSUER,
    )
    ((owner_id,),) = rows
    return owner_id


@pytest.mark.parametrize("where", HELD)
async def test_killed_at_any_point_nothing_or_all_has_moved(service: Service, where: str) -> None:
    name = f"bob {where}"
    async with guest_lines(service) as (line, _), service.client(name) as bob:
        subject = (await line.get("/api/audit")).json()["items"][0]["actor"]
        owner_id = owner_id_of(GUEST_ISSUER, "default", subject)
        session = (await line.post("/api/sessions/", json={"name": "kept"})).json()["id"]
        uploading = {"file": ("a.txt", b"kept", "text/plain")}
        path = f"/api/sessions/{session}"
        assert (await line.post(f"{path}/assets/upload", files=uploading)).status_code == 201
        before = (await line.get(path)).json()
        assert (await line.get("/api/devices")).status_code == 200  # it writes down where they are
        rows = await left(service, owner_id)

        async with Holder(service.database_url) as holder:
            await holder.does(HELD[where], owner_id)
            merging = await holder.held_up(merged(bob, token_of(line)))
            assert not merging.done()
            service.kill()
        await nobody_is_connected(service)
        assert await left(service, owner_id) == rows
        account = await left(service, owner_id_of("session-api", "default", name))
        assert set(account.values()) == {0}

        await asyncio.to_thread(service.start)
        answer = await merging
        assert answer.json()["sessions"] == [session]
        after = (await bob.get(path)).json()
        assert after["user_id"] == name
        assert after | {"user_id": ""} == before | {"user_id": ""}
        assert (await bob.get(f"{path}/assets/{after['assets'][0]['id']}/content")).is_redirect
        assert set((await left(service, owner_id)).values()) == {0}
        assert sum(rows.values()) > 4
