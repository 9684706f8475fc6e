"""The load generators against a server whose every delay is known."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path as FilePath

import pytest

from benchmarks import wrk
from benchmarks.arrivals import Schedule
from benchmarks.crowd import people_for
from benchmarks.generator import Generator, Visit, running_generator
from benchmarks.ground import Ground
from benchmarks.load import Reading, Task
from benchmarks.measuring import SERVICE, Effort, Measuring, Result
from benchmarks.paths import ADK, FLOOR, Ask, Path
from benchmarks.processes import BenchFailed, Server, started
from benchmarks.report import row
from benchmarks.run import Findings
from benchmarks.targets import Target, targets
from benchmarks.workers import TWO, Doubling, double

REQUEST = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

REFUSAL = ANSWER.replace(b"200 OK", b"503 No")


@contextmanager
def server(answer: bytes = ANSWER, *, stall_at: int = -1, seconds: float = 0.0) -> Iterator[int]:
    """Answers at once, but for nobody at all for so many seconds before the answer `stall_at`."""
    loop = asyncio.new_event_loop()
    answered = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal answered
        with suppress(ConnectionError):  # whoever asked is gone
            while await reader.readline():
                while await reader.readline() not in (b"\r\n", b""):
                    pass
                if answered == stall_at:
                    threading.Event().wait(seconds)  # the whole loop
                answered += 1
                writer.write(answer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    listening = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listening.close()
        while asyncio.all_tasks(loop):  # until they have heard that whoever asked is gone
            loop.run_until_complete(asyncio.sleep(0.001))
        loop.close()


@pytest.fixture(scope="module")
def generator() -> Iterator[Generator]:
    with running_generator() as running:
        yield running


def closed(port: int, *, seconds: float, expected_status: int = 200) -> Task:
    return Task(port, [REQUEST], expected_status, 2, 0.0, seconds, os.getpid())


def arriving(port: int, *, per_second: float, seconds: float) -> Schedule:
    return Schedule(port, [REQUEST], 200, 2, per_second, 0.0, seconds)


def test_a_stall_counts_for_everybody_who_was_due_in_it(generator: Generator) -> None:
    with server(stall_at=20, seconds=0.3) as port:
        found = generator.arrive(arriving(port, per_second=200, seconds=0.5))
    assert found.requests == 100
    assert found.refused == 0
    # Sixty were due in the stall, though two connections could ask for two only.
    assert found.p50_ms > 20
    assert found.max_ms > 250


def test_a_closed_loop_hides_the_stall(generator: Generator) -> None:
    with server(stall_at=20, seconds=0.3) as port:
        found = generator.load(closed(port, seconds=0.5))
    assert found.requests > 100
    assert found.p50_ms < 20


def test_bytes_of_both_ways_are_counted(generator: Generator) -> None:
    with server() as port:
        sizes = generator.visit(Visit(port, [REQUEST] * 3, 200))
    assert (sizes.sent, sizes.received) == (3 * len(REQUEST), 3 * len(ANSWER))


def test_an_answer_of_another_status_is_refused(generator: Generator) -> None:
    with server(REFUSAL) as port:
        found = generator.load(closed(port, seconds=0.05))
        # Those of the warm-up count as well.
        assert found.refused >= found.requests > 0
        assert "503 No" in found.first_refused
        with pytest.raises(ConnectionError, match="503 No"):
            generator.visit(Visit(port, [REQUEST], 200))


def test_an_answer_without_a_length_ends_the_run(generator: Generator) -> None:
    with (
        server(b"HTTP/1.1 200 OK\r\n\r\n") as port,
        pytest.raises(ConnectionError, match="ended a connection"),
    ):
        generator.load(closed(port, seconds=0.05))


def measured(generator: Generator, side: str) -> Result:
    """The service, which answers, beside a side that refuses."""
    path = Path("light read", Ask([REQUEST]), {side: Ask([REQUEST])}, {side: 2})
    measuring = Measuring(generator, Effort(0.05, 1, 1, use_wrk=False))
    with server() as ours, server(REFUSAL) as theirs:
        servers = {SERVICE: Server(ours, os.getpid()), side: Server(theirs, os.getpid())}
        return measuring.measure(path, servers)


def test_a_peer_that_fails_is_a_finding(generator: Generator) -> None:
    result = measured(generator, ADK)
    assert result.readings.keys() == {SERVICE}
    assert "503 No" in result.failures[ADK]
    assert row(result)[-1] == "fails"
    assert targets(Findings(results=[result])) == []


def test_a_floor_that_fails_ends_the_run(generator: Generator) -> None:
    with pytest.raises(BenchFailed, match="light read, floor: refused"):
        measured(generator, FLOOR)


class _Standing(Ground):
    """Has servers in the place of services; `workers` are those that were asked for."""

    @contextmanager
    def replica(self, name: str, *, workers: int = 1, **settings: str) -> Iterator[Server]:
        self.environment |= {name: str(workers), **settings}
        with server() as port:
            yield Server(port, os.getpid())


def test_two_workers_are_measured_beside_one(generator: Generator, tmp_path: FilePath) -> None:
    here = _Standing(tmp_path, "", {}, "", started)
    measuring = Measuring(generator, Effort(0.05, 2, 2, use_wrk=False))
    (doubling,) = double(measuring, here, [Path("light read", Ask([REQUEST]), {})])
    assert here.environment == {"one": "1", "two": "2"}
    one, two = (doubling.result.readings[side] for side in (SERVICE, TWO))
    assert doubling.gains == pytest.approx(
        [second.per_second / first.per_second for first, second in zip(one, two, strict=True)]
    )
    assert 0 < doubling.busy <= 1 <= doubling.most


def test_a_second_worker_without_a_core_is_no_failure() -> None:
    path = Path("light read", Ask([REQUEST]), {})
    readings = {
        side: [Reading(rate, 1.0, 1.0, 1.0, 0.5, 0, "")]
        for side, rate in ((SERVICE, 1000), (TWO, 1050))
    }

    def judged(busy: float) -> Target:
        (target,) = targets(Findings(doublings=[Doubling(Result(path, readings), busy)]))
        return target

    assert judged(0.9).met is None
    assert "90% of all cores are busy, so they allow 1.11 at most" in judged(0.9).measured
    assert judged(0.25).met is False


def test_wrk_is_read_as_our_own_generator() -> None:
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not installed")
    with server() as port:
        found = wrk.run(closed(port, seconds=0.5))
    assert found.requests > 100
    assert found.seconds > 0.9
    assert 0 < found.p50_ms <= found.p99_ms
    assert found.refused == 0


@pytest.mark.parametrize("sessions", [1, 10, 1000])
def test_people_have_at_least_so_many_sessions_by_zipfs_law(sessions: int) -> None:
    people = people_for(sessions)

    def theirs(number: int) -> int:
        return sum(-(-number // n) for n in range(1, number + 1))

    assert theirs(people) >= sessions > theirs(people - 1)
