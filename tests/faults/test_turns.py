"""A run that stood still beyond its lease and is woken writes nothing after the next one's first.

Agents are processes that are stopped and woken as a machine does that sleeps; in the second test it
is the service that stands still, in the middle of what an agent asked of it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.faults.consistency import half_done
from tests.faults.lines import Line
from tests.faults.replicas import Replicas, replicas
from tests.faults.writers import made_session
from tests.support.people import new_id
from tests.support.processes import Service
from tests.support.races import until_waited_for
from tests.support.waiting import WAIT_SECONDS, until

ROUNDS = 3
TTL_SECONDS = 2
WRITTEN = 5
ROOT = Path(__file__).parents[2]


class Agent:
    """A run in a process of its own, and what it has said so far."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.process = process
        self.said: list[str] = []

    @property
    def wrote(self) -> list[str]:
        """The ids of the messages that it was told were taken."""
        return [line.partition(" ")[2] for line in self.said if line.startswith("wrote")]

    @property
    def turn(self) -> int:
        (number,) = [int(line.split()[1]) for line in self.said if line.startswith("took")]
        return number

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said.append(line.decode().strip())

    async def has_written(self, count: int = WRITTEN) -> None:
        await until(lambda: len(self.wrote) >= count or self.process.returncode is not None)
        assert len(self.wrote) >= count, self.said

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)


@asynccontextmanager
async def agent(name: str, service: Service, session: str) -> AsyncIterator[Agent]:
    """A run that begins to write once it gets the turn; ended with the block."""
    token = await asyncio.to_thread(service.token, "ann")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.agent"),
        *(service.url, token, session, name, str(TTL_SECONDS)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    made = Agent(name, process)
    listening = asyncio.create_task(made.listen())
    try:
        yield made
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await listening


async def ends_lost(run: Agent) -> None:
    """It was told so, whatever it tried once more."""
    async with asyncio.timeout(WAIT_SECONDS):
        assert await run.process.wait() == 0, run.said
        await until(lambda: run.said[-1] in ("lost", "was let in again"))
    assert run.said[-1] == "lost", run.said


async def nothing_came_late(town: Replicas, loser: Agent, winner: Agent) -> None:
    """All of the loser's messages, their growth and their end were before the winner's first; and
    whatever either was told is there.
    """
    rows = await town.services[0].query(
        "SELECT id::text, seq, version, status, message_metadata ->> 'run' AS run"
        " FROM chat_messages"
    )
    lost = [row for row in rows if row["run"] == loser.name]
    won = [row for row in rows if row["run"] == winner.name]
    assert set(loser.wrote) <= {row["id"] for row in lost}
    assert set(winner.wrote) <= {row["id"] for row in won}
    for column in ("seq", "version"):
        assert max(row[column] for row in lost) < min(row[column] for row in won)
    assert "in_progress" not in {row["status"] for row in lost}
    assert await half_done(town.services[0].query) == []


async def test_not_one_message_of_a_run_that_was_paused_lands_after_the_next_ones_first() -> None:
    async with replicas() as town, town.services[0].client("ann") as ann:
        for number in range(ROUNDS):
            here, there = town.services[number % 2], town.services[1 - number % 2]
            session = await made_session(ann)
            async with agent(f"loser {number}", here, session) as loser:
                await loser.has_written()
                async with agent(f"winner {number}", there, session) as winner:
                    with loser.standing_still():
                        await winner.has_written()
                    await ends_lost(loser)
                    await winner.has_written(2 * WRITTEN)
                assert (loser.turn, winner.turn) == (1, 2)
                await nothing_came_late(town, loser, winner)


# The service stands still


@contextmanager
def standing_still(service: Service) -> Iterator[None]:
    members = service.members
    for pid in members:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in members:
            os.kill(pid, signal.SIGCONT)


class Run:
    """A run in this process, at one replica."""

    def __init__(self, http: httpx.AsyncClient, session: str) -> None:
        self.http = http
        self.session = session
        self.number = 0

    async def takes(self) -> None:
        """Asks until it is its turn; 503 is the answer while somebody holds the session's row."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not self.number:
                body = {"ttl_seconds": TTL_SECONDS}
                answer = await self.http.post(f"{self.session}/turn", json=body)
                assert answer.status_code in (201, 409, 503), answer.text
                self.number = answer.json()["number"] if answer.status_code == 201 else 0

    async def writes(self, message_id: str) -> httpx.Response:
        return await self.http.post(
            f"{self.session}/messages",
            json={"id": message_id, "role": "assistant", "content": "an answer"},
            headers={"Session-Turn": str(self.number)},
        )


async def test_a_write_that_its_replica_slept_through_is_refused_when_it_wakes() -> None:
    patient = {"SESSION_API_STATEMENT_TIMEOUT": "5", "SESSION_API_LOCK_TIMEOUT": "5"}
    async with (
        replicas(2, SESSION_API_JOBS_ENABLED="false", **patient) as town,
        town.services[0].client("ann") as here,
        town.services[1].client("ann") as there,
    ):
        sleeper, line = town.services[0], town.lines[0]
        for asleep in (before_the_lock, under_the_lock):
            session = await made_session(here)
            loser, winner = Run(here, session), Run(there, session)
            late, first = new_id(), new_id()
            await loser.takes()
            async with asleep(town, line, sleeper, loser.writes(late)) as write:
                await winner.takes()
                assert (await winner.writes(first)).status_code == 201
            answer = await write
            # What it was doing may have been given up meanwhile: then it asks again, as is safe.
            assert answer.status_code in (409, 503), answer.text
            again = await loser.writes(late)
            for refused in [answer, again] if answer.status_code == 409 else [again]:
                assert (refused.status_code, refused.json()["code"]) == (409, "turn_lost")
            shown = (await there.get(f"{session}/messages")).json()["items"]
            assert [message["id"] for message in shown] == [first], asleep.__name__
        assert await half_done(sleeper.query) == []


Write = Coroutine[Any, Any, httpx.Response]


@asynccontextmanager
async def before_the_lock(
    _town: Replicas, line: Line, service: Service, write: Write
) -> AsyncIterator["asyncio.Task[httpx.Response]"]:
    """The service sleeps with the write begun and nothing of it done."""
    # Where people come from is written down beside the requests, once.
    while not await service.query("SELECT FROM devices"):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    held = asyncio.create_task(line.hold_at(b"BEGIN"))
    await asyncio.sleep(0)
    task = asyncio.create_task(write)
    await held
    with standing_still(service):
        line.release()
        yield task


@asynccontextmanager
async def under_the_lock(
    town: Replicas, _line: Line, service: Service, write: Write
) -> AsyncIterator["asyncio.Task[httpx.Response]"]:
    """The service sleeps with the session's row locked for the write."""
    sql = await town.connect()
    try:
        await sql.execute("BEGIN; SELECT FROM user_sessions FOR UPDATE")
        task = asyncio.create_task(write)
        await until_waited_for(sql)
        with standing_still(service):
            await sql.execute("COMMIT")
            yield task
    finally:
        await sql.close()
