"""Two replicas: what one commits wakes who watches in the other, whatever carries the hint."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from benchmarks.ports import free_port
from session_api.app import create_app
from session_api.settings import Settings
from session_api.sync.fanout import ASIDE_BYTES, Asides, AsideTooLong, SessionKey, Watch, Watched
from session_api.sync.fanout.asides import WAITING
from session_api.sync.fanout.listening_repository import CHANNEL
from session_api.sync.fanout.telling import PAUSE_SECONDS
from tests.support.people import MovableClock, Person
from tests.support.redis import redis
from tests.support.settings import test_settings
from tests.support.statements import statements_of
from tests.support.waiting import until
from tests.support.workspace import Sql

NEVER = 60.0
"""Seconds between polls, as long as a setting may be: what wakes then was no poll."""

KILL_LISTENERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'session-api-listener' AND datname = current_database()"
)


@asynccontextmanager
async def _replica(settings: Settings, clock: MovableClock) -> AsyncIterator[FastAPI]:
    """An app whose fan-out runs."""
    app = create_app(settings, clock=clock)
    await app.state.object_store.open()
    running = asyncio.create_task(app.state.fanning_out.run_for_ever())
    yield app
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await app.state.object_store.close()
    await app.state.rate_counters.close()
    await app.state.database.close()


class Pair:
    """Two replicas, and Ann, who writes to the first."""

    def __init__(self, one: FastAPI, other: FastAPI, ann: Person) -> None:
        self.one, self.other, self.ann = one, other, ann
        self.watch: Watch = other.state.watch

    async def has_session(self) -> SessionKey:
        made = await self.ann.has_session()
        return self.ann.owner_id, UUID(made["id"])

    async def changes(self, key: SessionKey) -> None:
        await self.ann.says(str(key[1]))

    @property
    def lost(self) -> list[bool]:
        return [app.state.fanning_out.fan_out.lost for app in (self.one, self.other)]

    @property
    def reconnects(self) -> list[int]:
        return [app.state.fanning_out.fan_out.reconnects for app in (self.one, self.other)]

    async def hear_each_other(self) -> None:
        """Returns once they do."""
        for speaker, hearer in ((self.one, self.other), (self.other, self.one)):
            somewhere = (uuid4(), uuid4())
            with hearer.state.asides.hear(somewhere) as hearing:
                async with asyncio.timeout(20), asyncio.TaskGroup() as group:
                    asking = group.create_task(_ask(speaker.state.asides, somewhere))
                    await hearing.next()
                    asking.cancel()


async def _ask(asides: Asides, key: SessionKey) -> None:
    while True:
        asides.say(key, {})
        await asyncio.sleep(0.01)


async def _wakes(watched: Watched) -> None:
    async with asyncio.timeout(20):
        await watched.changed()


@asynccontextmanager
async def _pair(
    url: str, clock: MovableClock, interval: float = NEVER, **changes: Any
) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        settings = [test_settings(url, live_poll_interval=interval, **changes) for _ in range(2)]
        one, other = [await stack.enter_async_context(_replica(each, clock)) for each in settings]
        transport = httpx.ASGITransport(one, raise_app_exceptions=False)
        ann = await stack.enter_async_context(Person("ann", transport, settings[0], clock))
        yield Pair(one, other, ann)


@pytest.fixture
async def pair(database_url: str, clock: MovableClock) -> AsyncIterator[Pair]:
    """Two that tell each other by LISTEN and NOTIFY."""
    async with _pair(database_url, clock) as made:
        await made.hear_each_other()
        yield made


@asynccontextmanager
async def _pair_on_redis(url: str, clock: MovableClock, port: int) -> AsyncIterator[Pair]:
    async with _pair(url, clock, redis_url=f"redis://127.0.0.1:{port}/0") as made:
        await made.hear_each_other()
        yield made


async def test_postgresql_wakes_the_other_one(pair: Pair) -> None:
    key = await pair.has_session()
    with pair.watch.watch(key, 1) as watched:
        for version in range(2, 5):
            await pair.changes(key)
            await _wakes(watched)
            watched.seen = version
        await pair.ann.delete(f"/api/sessions/{key[1]}")
        await _wakes(watched)
    assert pair.watch.wakes == {"own": 0, "poll": 0, "notify": 4, "redis": 0}
    # Who wrote hears its own words as well, and takes no notice.
    assert pair.one.state.watch.wakes.total() == 0


async def test_redis_wakes_the_other_one(database_url: str, clock: MovableClock) -> None:
    port = free_port()
    with redis(port):
        async with _pair_on_redis(database_url, clock, port) as pair:
            key = await pair.has_session()
            with pair.watch.watch(key, 1) as watched:
                await pair.changes(key)
                await _wakes(watched)
            assert pair.watch.wakes == {"own": 0, "poll": 0, "notify": 0, "redis": 1}


async def test_polling_alone_wakes_the_other_one(database_url: str, clock: MovableClock) -> None:
    async with _pair(database_url, clock, interval=0.05, fanout="poll") as pair:
        key = await pair.has_session()
        with pair.watch.watch(key, 1) as watched:
            await pair.changes(key)
            await _wakes(watched)
        assert pair.watch.wakes["poll"] >= 1
        assert pair.lost == [False, False]
        # What is said stays in the process.
        with pair.other.state.asides.hear(key) as there, pair.one.state.asides.hear(key) as here:
            pair.one.state.asides.say(key, {"typing": True})
            assert await here.next() == {"typing": True}
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await there.next()


async def test_a_listener_that_is_killed_comes_back_and_misses_nothing(
    pair: Pair, sql: Sql
) -> None:
    key = await pair.has_session()
    with pair.watch.watch(key, 1) as watched:
        for version in range(2, 5):
            killed = await sql.fetch(KILL_LISTENERS)
            assert len(killed) >= 2  # one that was killed before may be on its way out
            await pair.changes(key)  # of which no hint may come
            await _wakes(watched)
            watched.seen = version
            await until(lambda: pair.reconnects == [version - 1] * 2)  # noqa: B023
        await pair.hear_each_other()
        await pair.changes(key)
        await _wakes(watched)
    assert pair.watch.wakes["notify"] >= 1


async def test_a_redis_that_is_killed_and_started_again_is_missed_by_nobody(
    database_url: str, clock: MovableClock
) -> None:
    port = free_port()
    with redis(port) as server:
        stack = AsyncExitStack()
        pair = await stack.enter_async_context(_pair_on_redis(database_url, clock, port))
        server.kill()
        server.wait()
    async with stack:
        key = await pair.has_session()
        with pair.watch.watch(key, 1) as watched:
            await until(lambda: pair.lost == [True, True])
            await pair.changes(key)
            ready = await pair.ann.get("/readyz")
            assert ready.status_code == 200
            assert ready.json()["checks"]["fan_out"].startswith("degraded: ")
            with redis(port):
                await _wakes(watched)
                watched.seen = 2
                await until(lambda: pair.lost == [False, False])
                assert "fan_out" not in (await pair.ann.get("/readyz")).json()["checks"]
                await pair.changes(key)
                await _wakes(watched)
            assert pair.watch.wakes == {"own": 0, "poll": 1, "notify": 0, "redis": 1}


async def test_a_burst_is_few_notifications_and_none_in_a_writing_transaction(
    pair: Pair, sql: Sql
) -> None:
    heard: list[str] = []
    await sql.add_listener(CHANNEL, lambda *told: heard.append(told[-1]))
    telling, watch = pair.one.state.fanning_out.telling, pair.watch
    keys = [(uuid4(), uuid4()) for _ in range(20)]
    loop = asyncio.get_running_loop()
    began = loop.time()
    with watch.watch(keys[-1], 499) as watched:
        for version in range(1, 501):
            for key in keys:
                telling.committed({key: version})
            await asyncio.sleep(0)
        # At most one each pause, and the last of them holds the newest.
        await _wakes(watched)
    await until(lambda: bool(heard))  # by a connection of its own
    took = loop.time() - began
    assert len(heard) <= took / PAUSE_SECONDS + 2
    with statements_of(pair.one.state.database) as asked:
        key = await pair.has_session()
        await pair.changes(key)
    assert asked
    assert not [statement for statement in asked if "notify" in statement.lower()]


async def test_ten_thousand_sessions_at_once_have_everything_polled(pair: Pair) -> None:
    key = await pair.has_session()
    with pair.watch.watch(key, 7) as watched:  # at which it is not, as only a poll finds out
        pair.one.state.fanning_out.telling.committed({(uuid4(), uuid4()): 2 for _ in range(10_000)})
        await _wakes(watched)
    assert pair.watch.wakes["poll"] == 1


async def test_what_others_say_on_the_channel_wakes_nobody(pair: Pair, sql: Sql) -> None:
    key = await pair.has_session()
    heard: list[str] = []
    await sql.add_listener(CHANNEL, lambda *told: heard.append(told[-1]))
    with (
        pair.watch.watch(key, 1) as watched,
        pair.other.state.asides.hear(key) as hearing,
    ):
        pair.one.state.asides.say(key, {"who": "a name that nobody else reads"})
        assert await hearing.next() == {"who": "a name that nobody else reads"}
        await pair.changes(key)
        await _wakes(watched)
        watched.seen = 1
        await until(lambda: bool(heard))
        assert not [text for text in heard if "name" in text or str(key[1]) in text]
        made_up = f'[["moved","{key[0].hex}","{key[1].hex}",99]]'
        for text in ("", "nonsense", "[" * 7000, '[["all"]]', made_up, *heard):
            await sql.execute("SELECT pg_notify($1, $2)", CHANNEL, text)
        # What comes after all that is heard, and before it nothing was.
        await pair.hear_each_other()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await watched.changed()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await hearing.next()
        await pair.changes(key)
        await _wakes(watched)


# Asides


async def test_what_is_said_reaches_the_hearers_of_that_session_everywhere(pair: Pair) -> None:
    key, another = await pair.has_session(), await pair.has_session()
    one, other = pair.one.state.asides, pair.other.state.asides
    with one.hear(key) as here, other.hear(key) as there, other.hear(another) as elsewhere:
        for number in range(30):
            one.say(key, {"number": number, "who": "Änn\u0000"})
        one.say(another, {})
        for hearing in (here, there):
            async with asyncio.timeout(20):
                heard = [await hearing.next() for _ in range(30)]
            assert heard == [{"number": number, "who": "Änn\u0000"} for number in range(30)]
        async with asyncio.timeout(20):
            assert await elsewhere.next() == {}
        with pytest.raises(TimeoutError):  # nobody hears anything twice
            async with asyncio.timeout(0.1):
                await here.next()


async def test_asides_are_short_and_wait_for_nobody_for_ever(app: FastAPI) -> None:
    asides: Asides = app.state.asides
    key = (uuid4(), uuid4())
    with asides.hear(key) as slow:
        asides.say(key, {"x": "y" * (ASIDE_BYTES - 8)})
        for too_long in ({"x": "y" * (ASIDE_BYTES - 7)}, {"x": "é" * (ASIDE_BYTES // 2)}):
            with pytest.raises(AsideTooLong):
                asides.say(key, too_long)
        for number in range(WAITING + 50):
            asides.say(key, {"number": number})
        heard = [(await slow.next())["number"] for _ in range(WAITING)]
        assert heard == list(range(50, WAITING + 50))


async def test_a_stop_takes_no_longer_than_a_moment(database_url: str, clock: MovableClock) -> None:
    settings = test_settings(database_url, redis_url="redis://127.0.0.1:1/0")
    for chosen in ("postgres", "redis", "poll"):
        async with asyncio.timeout(5):
            async with _replica(settings.model_copy(update={"fanout": chosen}), clock) as app:
                await asyncio.sleep(0.05)
                app.state.asides.say((uuid4(), uuid4()), {})


def test_redis_must_be_named_to_be_used(database_url: str) -> None:
    with pytest.raises(ValueError, match="SESSION_API_REDIS_URL is not set"):
        create_app(test_settings(database_url, fanout="redis"))
