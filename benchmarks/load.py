"""The load generator: keep-alive connections that each send the next request upon an answer."""

import asyncio
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from benchmarks.connections import Connection, is_expected, opened, percentile, status_of
from benchmarks.kernel import cpu_seconds

PATIENCE_SECONDS = 10.0
"""For the first answer that counts; a short reading may have none in its time."""


@dataclass(frozen=True)
class Task:
    """`requests` are whole HTTP/1.1 requests, sent one after the other, round and round.

    Answers count from `warmup` seconds on, for `seconds`, or longer until there is one.
    `server_pid` is whose CPU time is read. `expected_status` 0 stands for any below 400.
    """

    port: int
    requests: list[str]
    expected_status: int
    connections: int
    warmup: float
    seconds: float
    server_pid: int


@dataclass(frozen=True)
class Reading:
    """What came of it. Latencies are milliseconds, from the last byte sent to the last received.

    `refused` are answers of another status than the expected one, `first_refused` the first.
    """

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    server_cpu_seconds: float
    refused: int
    first_refused: str

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU time of the server's process for one request; 0 where the system does not tell."""
        return self.server_cpu_seconds / max(self.requests, 1) * 1e6


class _Tally:
    """What all connections of a run count together. A connection asks again when answered."""

    def __init__(self, requests: list[bytes], status: int) -> None:
        self._next_request: Iterator[bytes] = cycle(requests)
        self._status = status
        self._sent_at: dict[Connection, float] = {}
        self.latencies = array("d")
        self.refused = 0
        self.first_refused = ""

    def ask(self, connection: Connection) -> None:
        self._sent_at[connection] = time.perf_counter()
        connection.ask(next(self._next_request))

    def answered(self, connection: Connection, head: bytes, _size: int) -> None:
        self.latencies.append(time.perf_counter() - self._sent_at[connection])
        if not is_expected(status_of(head), self._status):
            self.refused += 1
            self.first_refused = self.first_refused or repr(head[:500])
        self.ask(connection)


async def run(task: Task) -> Reading:
    """Raises ConnectionError where the server ends a connection before its time."""
    tally = _Tally([text.encode() for text in task.requests], task.expected_status)
    connections, lost = await opened(task.port, task.connections, tally.answered)
    for connection in connections:
        tally.ask(connection)
    await _unless_lost(lost, task.warmup)
    del tally.latencies[:]
    cpu_before, started = cpu_seconds(task.server_pid), time.perf_counter()
    await _unless_lost(lost, task.seconds)
    while not tally.latencies and time.perf_counter() - started < PATIENCE_SECONDS:
        await _unless_lost(lost, task.seconds)
    cpu, seconds = cpu_seconds(task.server_pid) - cpu_before, time.perf_counter() - started
    latencies = sorted(tally.latencies)
    for connection in connections:
        connection.close()
    return Reading(
        requests=len(latencies),
        seconds=seconds,
        p50_ms=percentile(latencies, 0.50),
        p99_ms=percentile(latencies, 0.99),
        server_cpu_seconds=cpu,
        refused=tally.refused,
        first_refused=tally.first_refused,
    )


async def _unless_lost(lost: "asyncio.Future[None]", seconds: float) -> None:
    done, _ = await asyncio.wait({lost}, timeout=seconds)
    if done:
        raise ConnectionError("the server ended a connection")
