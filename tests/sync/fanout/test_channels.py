"""What every fan-out promises, on real servers that go and come back."""

import asyncio
import signal
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, suppress
from typing import Self

import asyncpg
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from benchmarks.ports import free_port
from session_api.settings import Settings
from session_api.sync.fanout import PAYLOAD_BYTES, FanOut
from session_api.sync.fanout.link import Link
from session_api.sync.fanout.postgres_channel import PostgresChannel
from session_api.sync.fanout.redis_channel import RedisChannel
from tests.faults.lines import Line, line_to
from tests.support.redis import redis
from tests.support.waiting import until

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'session-api-listener'"


class Ground(ABC):
    """What a fan-out stands on."""

    @abstractmethod
    def made(self, **options: float) -> FanOut:
        """One of those that hear each other."""

    @abstractmethod
    def freeze(self) -> None:
        """Nothing is answered any longer, and no connection ends."""

    @abstractmethod
    def thaw(self) -> None:
        """What was asked meanwhile is answered."""

    @abstractmethod
    async def hit(self) -> None:
        """Ends every connection, once."""

    @abstractmethod
    async def break_down(self) -> None:
        """Ends every connection, and lets nobody in."""

    @abstractmethod
    async def mend(self) -> None:
        """Lets everybody in."""


class OnPostgres(Ground):
    def __init__(self, line: Line, sql: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._line = line
        self._sql = sql

    def made(self, **options: float) -> FanOut:
        return PostgresChannel(SecretStr(self._line.url), **options)

    def freeze(self) -> None:
        self._line.hold()

    def thaw(self) -> None:
        self._line.release()

    async def hit(self) -> None:
        assert await self._sql.fetch(LISTENERS.replace("pid", "pg_terminate_backend(pid)", 1))

    async def break_down(self) -> None:
        self._line.break_down()

    async def mend(self) -> None:
        self._line.mend()


class OnRedis(Ground):
    def __init__(self) -> None:
        self._port = free_port()
        self._running = ExitStack()

    def start(self) -> Self:
        self._server = self._running.enter_context(redis(self._port))
        return self

    def stop(self) -> None:
        self._running.close()

    def made(self, **options: float) -> FanOut:
        return RedisChannel(SecretStr(f"redis://127.0.0.1:{self._port}/3"), **options)

    def freeze(self) -> None:
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._server.send_signal(signal.SIGCONT)

    async def hit(self) -> None:
        self.stop()
        self.start()

    async def break_down(self) -> None:
        self.stop()

    async def mend(self) -> None:
        self.start()


@pytest.fixture(params=["postgres", "redis"])
async def ground(
    request: pytest.FixtureRequest, settings: Settings, sql: "asyncpg.Connection[asyncpg.Record]"
) -> AsyncIterator[Ground]:
    async with AsyncExitStack() as stack:
        if request.param == "redis":
            server = OnRedis().start()
            stack.callback(server.stop)
            yield server
        else:
            assert settings.database_url is not None
            address = settings.database_url.get_secret_value()
            yield OnPostgres(await stack.enter_async_context(line_to(address)), sql)


class Ear:
    """A process that listens, and what it heard."""

    def __init__(self, fan_out: FanOut) -> None:
        self.fan_out = fan_out
        self.heard: list[str] = []
        self.connected = 0
        self._listening = asyncio.create_task(
            fan_out.listen_for_ever(self.heard.append, self._is_connected)
        )

    def _is_connected(self) -> None:
        self.connected += 1

    async def stop(self) -> None:
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening


@pytest.fixture
async def ears(ground: Ground) -> AsyncIterator[list[Ear]]:
    """Two that hear each other."""
    both = [Ear(ground.made()) for _ in range(2)]
    await until(lambda: all(ear.connected for ear in both))
    yield both
    for ear in both:
        await ear.stop()


async def test_what_one_says_all_hear(ears: list[Ear]) -> None:
    longest = "é" * (PAYLOAD_BYTES // 2)
    said = ["a", *(str(number) for number in range(50)), longest, "\"\\'"]
    await ears[0].fan_out.send(said)
    await ears[1].fan_out.send(["from the other"])
    for ear in ears:
        await until(lambda ear=ear: len(ear.heard) == len(said) + 1)  # type: ignore[misc]
        assert sorted(ear.heard) == sorted([*said, "from the other"])
        assert (ear.connected, ear.fan_out.lost, ear.fan_out.reconnects) == (1, False, 0)


async def test_a_lost_connection_comes_back_by_itself(ground: Ground, ears: list[Ear]) -> None:
    with capture_logs() as logs:
        await ground.hit()
        await until(lambda: all(ear.connected == 2 for ear in ears))
    for ear in ears:
        # Told that it begins anew, since what was said meanwhile is lost.
        assert (ear.fan_out.lost, ear.fan_out.reconnects) == (False, 1)
    told = [line["event"] for line in logs]
    assert (told.count("fan_out_lost"), told.count("fan_out_back")) == (2, 2)
    await ears[0].fan_out.send(["again"])
    await until(lambda: all("again" in ear.heard for ear in ears))


async def test_who_sends_while_connections_die_never_fails(ground: Ground, ears: list[Ear]) -> None:
    over = asyncio.Event()

    async def say_for_ever(ear: Ear) -> None:
        while not over.is_set():
            await ear.fan_out.send(["anything"])
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as saying:
        for ear in ears:
            saying.create_task(say_for_ever(ear))
        for times in (2, 3, 4):
            await ground.hit()
            await until(lambda: all(ear.connected >= times for ear in ears))  # noqa: B023
        over.set()
    await until(lambda: not any(ear.fan_out.lost for ear in ears))
    await ears[0].fan_out.send(["again"])
    await until(lambda: all("again" in ear.heard for ear in ears))


async def test_nobody_to_be_reached_costs_nothing_but_the_hints(
    ground: Ground, ears: list[Ear]
) -> None:
    with capture_logs() as logs:
        await ground.break_down()
        await until(lambda: all(ear.fan_out.lost for ear in ears))
        async with asyncio.timeout(5):
            await ears[0].fan_out.send(["nobody hears that"])
        await asyncio.sleep(0.5)  # and it tries again and again
        assert [line["event"] for line in logs] == ["fan_out_lost"] * 2
        await ground.mend()
        await until(lambda: not any(ear.fan_out.lost for ear in ears))
    await ears[1].fan_out.send(["once more"])
    await until(lambda: all(ear.heard == ["once more"] for ear in ears))


async def test_who_begins_while_nobody_can_be_reached_comes_in_later(ground: Ground) -> None:
    await ground.break_down()
    ear = Ear(ground.made())
    assert not ear.fan_out.lost
    await until(lambda: ear.fan_out.lost)
    await ground.mend()
    await until(lambda: ear.connected == 1)
    await ear.stop()


async def test_a_line_that_went_silent_is_noticed(ground: Ground) -> None:
    ear = Ear(ground.made(quiet_seconds=0.1, answer_seconds=1))
    await until(lambda: ear.connected == 1)
    await asyncio.sleep(0.5)
    assert (ear.connected, ear.heard) == (1, []), "quiet is not silent, and its own words are none"
    ground.freeze()
    await until(lambda: ear.fan_out.lost)
    ground.thaw()
    await until(lambda: not ear.fan_out.lost)
    await ear.fan_out.send(["again"])
    await until(lambda: ear.heard == ["again"])
    await ear.stop()


async def test_it_ends_at_once(ground: Ground, ears: list[Ear]) -> None:
    del ears
    begun = [Ear(ground.made()) for _ in range(3)]
    await until(lambda: begun[0].connected == 1)
    async with asyncio.timeout(1):
        for ear in begun:
            await ear.stop()


async def test_a_connection_that_does_not_last_is_made_less_and_less_often() -> None:
    link = Link("nowhere", (ConnectionError,))
    made = 0

    async def ends_at_once() -> None:
        nonlocal made
        made += 1
        link.is_up()
        raise ConnectionError

    with suppress(TimeoutError):
        async with asyncio.timeout(0.65):
            await link.keep(ends_at_once)
    # At 0, 0.1 and 0.3 seconds.
    assert 1 <= made <= 3
