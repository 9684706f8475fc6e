"""A schedule of faults: each in turn, in an order and for a time that chance chooses."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

from tests.faults.crowds import every_place_taken
from tests.faults.history.records import Fault, History
from tests.faults.replicas import Replicas
from tests.support.waiting import WAIT_SECONDS

Works = Callable[[int], Awaitable[bool]]
"""Whether a replica takes a write."""

_LOSE = """
    CREATE OR REPLACE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF random() < 0.5 THEN
            RAISE EXCEPTION 'lost' USING ERRCODE = CASE WHEN random() < 0.5 THEN '40001'
                                                        ELSE '40P01' END;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER lose BEFORE UPDATE ON user_sessions FOR EACH ROW EXECUTE FUNCTION lose();
"""


class Schedule:
    """Does one fault after the other, and notes how long the service took to get over it."""

    def __init__(
        self, town: Replicas, history: History, chance: random.Random, works: Works
    ) -> None:
        self._town = town
        self._history = history
        self._chance = chance
        self._works = works
        self._faults: list[Callable[[], Awaitable[None]]] = [
            self._postgres_is_killed,
            self._postgres_is_restarted,
            self._postgres_stands_still,
            self._postgres_is_full,
            self._connections_are_ended,
            self._a_replica_is_killed,
            self._a_replica_is_restarted,
            self._a_line_is_cut_at_commits,
            self._a_line_is_down,
            self._a_line_is_silent,
            self._rows_are_held,
            self._races_are_lost,
        ]

    async def run_until(self, over: asyncio.Event, *, times: int | None = None) -> None:
        """All of them, in another order each time round; `times` at most, for a short run."""
        done = 0
        while not over.is_set():
            for fault in self._chance.sample(self._faults, len(self._faults)):
                await asyncio.sleep(self._chance.uniform(0.2, 0.6))
                if over.is_set() or done == times:
                    return
                await self._have(fault)
                done += 1

    async def _have(self, fault: Callable[[], Awaitable[None]]) -> None:
        start = time.monotonic()
        await fault()
        end = time.monotonic()
        replicas = range(len(self._town.services))
        back = await asyncio.gather(*(self._back(replica, end) for replica in replicas))
        name = getattr(fault, "__name__", "").strip("_").replace("_", " ")
        self._history.faults.append(Fault(name, start, end, tuple(back)))

    async def _back(self, replica: int, since: float) -> float:
        while not await self._works(replica):
            if time.monotonic() - since > WAIT_SECONDS:
                break
            await asyncio.sleep(0.05)
        return time.monotonic() - since

    def _seconds(self, least: float, most: float) -> float:
        return self._chance.uniform(least, most)

    @property
    def _replica(self) -> int:
        return self._chance.randrange(len(self._town.services))

    # Of PostgreSQL

    async def _postgres_is_killed(self) -> None:
        self._town.end_postgres(signal.SIGKILL)

    async def _postgres_is_restarted(self) -> None:
        self._town.end_postgres(signal.SIGINT)

    async def _postgres_stands_still(self) -> None:
        """For less than the timeouts, or longer."""
        with self._town.frozen_postgres():
            await asyncio.sleep(self._chance.choice((0.5, 3.5)))

    async def _postgres_is_full(self) -> None:
        async with every_place_taken(self._town.postgres.url):
            await asyncio.sleep(self._seconds(0.3, 1))

    async def _connections_are_ended(self) -> None:
        sql = await self._town.connect()
        for _ in range(3):
            await sql.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'session-api' AND random() < 0.7"
            )
            await asyncio.sleep(self._seconds(0, 0.2))
        await sql.close()

    async def _rows_are_held(self) -> None:
        """Every session's, for less than the lock timeout, or longer."""
        sql = await self._town.connect()
        async with sql.transaction():
            await sql.execute("SELECT FROM user_sessions ORDER BY id FOR UPDATE")
            await asyncio.sleep(self._seconds(0.2, 1.5))
        await sql.close()

    async def _races_are_lost(self) -> None:
        sql = await self._town.connect()
        await sql.execute("SET lock_timeout = '2s'")
        with suppress(asyncpg.LockNotAvailableError):
            await sql.execute(_LOSE)
            await asyncio.sleep(self._seconds(0.3, 1))
            await sql.execute("SET lock_timeout = 0; DROP TRIGGER lose ON user_sessions")
        await sql.close()

    # Of a replica

    async def _a_replica_is_killed(self) -> None:
        await asyncio.to_thread(self._town.services[replica := self._replica].kill)
        await asyncio.to_thread(self._town.services[replica].start)

    async def _a_replica_is_restarted(self) -> None:
        await asyncio.to_thread(self._town.services[replica := self._replica].stop)
        await asyncio.to_thread(self._town.services[replica].start)

    # Of the line between the two

    async def _a_line_is_cut_at_commits(self) -> None:
        line = self._town.lines[self._replica]
        for _ in range(3):
            try:
                async with asyncio.timeout(1):
                    await line.hold_at(b"COMMIT")
            except TimeoutError:  # nobody writes just now
                line.hold()
            await asyncio.sleep(0.05)
            line.cut()
            line.release()

    async def _a_line_is_down(self) -> None:
        line = self._town.lines[self._replica]
        line.break_down()
        await asyncio.sleep(self._seconds(0.3, 2))
        line.mend()

    async def _a_line_is_silent(self) -> None:
        """Statements arrive and are carried out, and nobody hears of it."""
        line = self._town.lines[self._replica]
        line.hold()
        await asyncio.sleep(self._chance.choice((0.5, 4)))
        line.release()
