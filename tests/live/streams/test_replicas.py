"""Two replicas on one database: nothing is missed and nothing comes twice, whatever is killed."""

import asyncio
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from websockets.exceptions import WebSocketException

from tests.live.streams.writing import made
from tests.support.people import MovableClock, new_id
from tests.support.processes import Service, data_folder
from tests.support.settings import KEYS, SECRET
from tests.support.sign_ins import token_of
from tests.support.streams import events_of, socket_of

FOLLOWERS = int(os.environ.get("SESSION_API_TEST_FOLLOWERS", "16"))
WRITERS = 4
WRITTEN_BY_EACH = int(os.environ.get("SESSION_API_TEST_CHANGES", "240")) // WRITERS
CONNECTED_SECONDS = (FOLLOWERS / 32, FOLLOWERS / 4)
CHANGES_OF_A_CONNECTION = (10 * FOLLOWERS // 16, 60 * FOLLOWERS // 16)
KILLED_AFTER_SECONDS = WRITTEN_BY_EACH / 60
REVOKED_WITHIN_SECONDS = 1.0


@dataclass
class Replicas:
    """The database is the first one's, so the second one can be killed."""

    services: list[Service]


@pytest.fixture(scope="module")
def both() -> Iterator[Replicas]:
    """As a person runs them, but that cut clients come back so often that no limit would do."""
    settings = {
        "SESSION_API_JWT_SECRET": SECRET,
        "SESSION_API_ENCRYPTION_KEYS": KEYS,
        "SESSION_API_STREAMS_PER_USER": "1000",
    }
    with (
        data_folder() as data,
        data_folder() as elsewhere,
        Service(data, **settings) as one,
        Service(elsewhere, DATABASE_URL=one.database_url, **settings) as two,
    ):
        yield Replicas([one, two])


@dataclass
class Follower:
    """A client that follows a session wherever it can, and applies what it is told."""

    number: int
    services: list[Service]
    session_id: str
    token: str
    chance: random.Random
    position: int = 0
    versions: list[int] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    connected: int = 0
    cut_at: int = 0

    def goes_on(self, done: asyncio.Event, last: list[int]) -> bool:
        """Neither has it all, nor is it time for this connection to be cut."""
        is_over = done.is_set() and self.position >= last[0]
        return not is_over and len(self.versions) < self.cut_at

    async def follow(self, done: asyncio.Event, last: list[int]) -> None:
        """Until it has all, once the writers are done."""
        while not (done.is_set() and self.position >= last[0]):
            service = self.services[(self.number + self.connected) % len(self.services)]
            self.connected += 1
            self.cut_at = len(self.versions) + self.chance.randint(*CHANGES_OF_A_CONNECTION)
            try:
                async with asyncio.timeout(self.chance.uniform(*CONNECTED_SECONDS)):
                    if self.number % 2:
                        await self._by_socket(service, done, last)
                    else:
                        await self._by_events(service, done, last)
            except (TimeoutError, httpx.HTTPError, OSError, WebSocketException):
                await asyncio.sleep(0.02)  # cut, or the replica is gone

    async def _by_events(self, service: Service, done: asyncio.Event, last: list[int]) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            httpx.AsyncClient(base_url=service.url, headers=headers) as client,
            events_of(client, self.session_id, last_event_id=self.position) as events,
        ):
            while self.goes_on(done, last):
                told = await events.next()
                if told is None or told.kind == "end":
                    return
                if told.kind == "hello":
                    assert told.id == self.position
                else:
                    assert told.id == told.data["version"]
                    self.apply(told.data)

    async def _by_socket(self, service: Service, done: asyncio.Event, last: list[int]) -> None:
        query = f"?since={self.position}"
        async with socket_of(service.port, self.session_id, self.token, query=query) as socket:
            while self.goes_on(done, last):
                frame = await socket.next()
                if frame["type"] == "change":
                    self.apply(frame)

    def apply(self, change: dict[str, Any]) -> None:
        assert change["version"] > self.position, (self.number, change)
        self.position = change["version"]
        self.versions.append(self.position)
        data = change["data"]
        if change["kind"] == "message.grown":
            text = self.texts[data["id"]]
            assert data["offset"] <= len(text), "a gap in a growing message"
            self.texts[data["id"]] = text[: data["offset"]] + data["text"]
        elif change["entity"] == "message":
            self.texts[data["id"]] = data["content"]


async def write(services: list[Service], session_id: str, token: str, seed: int) -> int:
    """Appends, grows and renames; on the other replica where one is gone. The last version."""
    chance = random.Random(seed)
    headers = {"Authorization": f"Bearer {token}"}
    version = 0
    growing, text = "", ""
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:
        for number in range(WRITTEN_BY_EACH):
            what = chance.choice(["says", "says", "renames", "grows", "grows", "grows"])
            message = {"id": new_id(), "role": "user", "content": f"{seed} {number}"}
            piece = chance.choice(["abc", "é", "\N{WAVING HAND SIGN}"])
            if what == "grows" and not growing:
                growing, text = new_id(), ""
                message |= {"id": growing, "status": "in_progress", "content": ""}
                what = "says"
            path, body = {
                "says": ("/messages", message),
                "renames": ("", {"name": f"{seed} {number}"}),
                "grows": (f"/messages/{growing}/append", {"offset": len(text), "text": piece}),
            }[what]
            answer = await _surely(client, services, f"/api/sessions/{session_id}{path}", body)
            version = max(version, int(answer["version"]))
            text += piece if what == "grows" else ""
    return version


async def _surely(
    client: httpx.AsyncClient, services: list[Service], path: str, body: Any
) -> dict[str, Any]:
    """Repeated until somebody answers: each of these is safe to repeat."""
    method = "PATCH" if "name" in body else "POST"
    while True:
        for service in services:
            try:
                answer = await client.request(method, service.url + path, json=body)
            except httpx.HTTPError:
                continue
            assert answer.status_code in (200, 201, 503), answer.text
            if answer.status_code != 503:
                found: dict[str, Any] = answer.json()
                return found
        await asyncio.sleep(0.02)


async def _revokes(at: httpx.AsyncClient, way: str, name: str) -> httpx.Response:
    match way:
        case "device":
            return await at.delete(f"/api/devices/{name}")
        case "everywhere":
            return await at.post("/api/auth/sign-out-everywhere")
        case _:
            return await at.post("/api/auth/revoke", json={"jti": name} if way == "jti" else {})


async def _whole(client: httpx.AsyncClient, session: str) -> tuple[set[int], dict[str, str]]:
    """The versions that the log holds, and the text of each message."""
    logged: set[int] = set()
    contents: dict[str, str] = {}
    since, after, more = 0, 0, True
    while more:
        page = (await client.get(f"{session}/changes", params={"since": since})).json()
        logged |= {change["version"] for change in page["changes"]}
        since, more = max(logged), page["has_more"]
    more = True
    while more:
        query = {"after": after, "limit": 200}
        messages = (await client.get(f"{session}/messages", params=query)).json()
        contents |= {each["id"]: each["content"] for each in messages["items"]}
        after, more = messages["next_after"], messages["has_more"]
    return logged, contents


async def test_what_is_revoked_on_one_replica_ends_streams_on_the_other(both: Replicas) -> None:
    one, two = both.services
    took: list[float] = []
    for way in ("token", "everywhere", "device", "jti"):
        name = new_id()
        token = token_of(f"ann {way}", MovableClock(), jti=name)
        headers = {"Authorization": f"Bearer {token}", "X-Device-ID": name}
        async with (
            httpx.AsyncClient(base_url=one.url, headers=headers) as here,
            httpx.AsyncClient(base_url=two.url, headers=headers) as there,
        ):
            session_id = await made(here)
            async with (
                events_of(there, session_id) as events,
                socket_of(two.port, session_id, token, headers={"X-Device-ID": name}) as socket,
            ):
                await events.until("hello")
                await socket.until("hello")
                answer = await _revokes(here, way, name)
                assert answer.status_code == 204, answer.text
                began = time.monotonic()
                end = (await events.until("end"))[-1]
                assert end.data["reason"] == "token_revoked", way
                assert await socket.closes() == 4401
                assert socket.heard[-1]["reason"] == "token_revoked"
                took.append(time.monotonic() - began)
    # A machine that does much else may be late once.
    assert sorted(took)[1] <= REVOKED_WITHIN_SECONDS, took
    assert max(took) <= 3 * REVOKED_WITHIN_SECONDS, took


async def test_presence_reaches_the_other_replica(both: Replicas) -> None:
    one, two = both.services
    token = token_of("ann", MovableClock())
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=one.url, headers=headers) as ann:
        session_id = await made(ann)
    async with socket_of(one.port, session_id, token) as here:
        first = (await here.until("hello"))["connection_id"]
        await here.say(type="presence", state={"on": "one"})
        await here.say(type="ping")
        await here.until("pong")
        async with socket_of(two.port, session_id, token) as there:
            second = (await there.until("hello"))["connection_id"]
            # Asked for when the first of a process comes.
            seen = await there.until("presence")
            assert (seen["event"], seen["member"]["connection_id"]) == ("joined", first)
            while seen["member"]["state"] != {"on": "one"}:  # what was said before may come first
                seen = await there.until("presence")
                assert (seen["event"], seen["member"]["connection_id"]) == ("changed", first)
            joined = await here.until("presence")
            assert joined["member"]["connection_id"] == second
            await there.say(type="typing")
            assert (await here.until("typing"))["connection_id"] == second
        left = await here.until("presence")
        assert (left["event"], left["member"]["connection_id"]) == ("left", second)


async def test_each_follower_sees_each_version_once_and_in_order_though_a_replica_is_killed(
    both: Replicas, record_property: Any
) -> None:
    seed = random.randrange(2**32)
    record_property("says", f"seed {seed}")
    token = token_of("ann", MovableClock())
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=both.services[0].url, headers=headers) as ann:
        session_id = await made(ann)
    done, last = asyncio.Event(), [0]
    followers = [
        Follower(number, both.services, session_id, token, random.Random(seed + number))
        for number in range(FOLLOWERS)
    ]
    async with asyncio.timeout(90 * KILLED_AFTER_SECONDS), asyncio.TaskGroup() as group:
        for follower in followers:
            group.create_task(follower.follow(done, last))
        orders = (both.services, both.services[::-1])
        writers = [
            group.create_task(write(orders[number % 2], session_id, token, number))
            for number in range(WRITERS)
        ]
        await asyncio.sleep(KILLED_AFTER_SECONDS)
        await asyncio.to_thread(both.services[1].kill)
        last[0] = max(await asyncio.gather(*writers))
        done.set()
    async with httpx.AsyncClient(base_url=both.services[0].url, headers=headers) as ann:
        logged, contents = await _whole(ann, f"/api/sessions/{session_id}")
    assert max(logged) == last[0]
    for follower in followers:
        # Growth may come together; whatever stands in the log at the end came to everybody.
        assert logged <= set(follower.versions), (follower.number, logged - set(follower.versions))
        assert {id_: follower.texts[id_] for id_ in contents} == contents
    assert sum(follower.connected for follower in followers) > 2 * FOLLOWERS
    await asyncio.to_thread(both.services[1].start)
