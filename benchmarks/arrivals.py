"""Arrivals at a fixed rate: how long people wait who do not wait for each other.

Each request is due at a time that was set in advance, and its latency counts from then, also while
it waits in line because the server is behind. A closed loop would send less as soon as the server
slows down, and so never see what the slow moment costs (coordinated omission).
"""

import asyncio
import math
from collections import deque
from dataclasses import dataclass
from itertools import cycle, islice

from benchmarks.connections import Connection, is_expected, opened, percentile, status_of

_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Schedule:
    """`per_second` requests, evenly apart, over at most so many connections; those that are due
    within `warmup` seconds do not count. `requests` as in `load.Task`.
    """

    port: int
    requests: list[str]
    expected_status: int
    connections: int
    per_second: float
    warmup: float
    seconds: float


@dataclass(frozen=True)
class Arrived:
    """Milliseconds from when requests were due until they were answered. `late_p99_ms` is how long
    after its time a request was sent for which a connection was free: the generator's own delay,
    which the latencies contain.
    """

    requests: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    late_p99_ms: float
    refused: int
    first_refused: str


class _Desk:
    """Who waits, who is served, and how long it took."""

    def __init__(self, requests: list[str], status: int, warm_at: float) -> None:
        self._requests = cycle([text.encode() for text in requests])
        self._status = status
        self._warm_at = warm_at
        self._clock = asyncio.get_running_loop().time
        self._waiting: deque[float] = deque()
        self._due: dict[Connection, float] = {}
        self.free: deque[Connection] = deque()
        self.latencies: list[float] = []
        self.lateness: list[float] = []
        self.refused = 0
        self.first_refused = ""

    @property
    def busy(self) -> bool:
        return bool(self._due or self._waiting)

    def arrive(self, due_at: float) -> None:
        if not self.free:
            self._waiting.append(due_at)
            return
        if due_at >= self._warm_at:
            self.lateness.append(self._clock() - due_at)
        self._ask(self.free.popleft(), due_at)

    def answered(self, connection: Connection, head: bytes, _size: int) -> None:
        due_at = self._due.pop(connection)
        if due_at >= self._warm_at:
            self.latencies.append(self._clock() - due_at)
        if not is_expected(status_of(head), self._status):
            self.refused += 1
            self.first_refused = self.first_refused or repr(head[:500])
        if self._waiting:
            self._ask(connection, self._waiting.popleft())
        else:
            self.free.append(connection)

    def _ask(self, connection: Connection, due_at: float) -> None:
        self._due[connection] = due_at
        connection.ask(next(self._requests))


async def run(schedule: Schedule) -> Arrived:
    """Raises ConnectionError where the server ends a connection, or is not done long after."""
    loop = asyncio.get_running_loop()
    begun = loop.time() + 0.05  # until then the connections are open
    desk = _Desk(schedule.requests, schedule.expected_status, begun + schedule.warmup)
    connections, lost = await opened(schedule.port, schedule.connections, desk.answered)
    desk.free.extend(connections)
    # However slow the server was found to be: one request counts at least.
    warm = math.ceil(schedule.per_second * schedule.warmup)
    count = max(int(schedule.per_second * (schedule.warmup + schedule.seconds)), warm + 1)
    for place in range(count):
        due_at = begun + place / schedule.per_second
        await asyncio.sleep(max(0.0, due_at - loop.time()))  # 0 as well: answers come in meanwhile
        desk.arrive(due_at)
        if lost.done():
            raise ConnectionError("the server ended a connection")
    for _ in islice(iter(lambda: desk.busy, False), int(_PATIENCE_SECONDS / 0.01)):
        await asyncio.sleep(0.01)
    if desk.busy or lost.done():
        raise ConnectionError(f"not all of {schedule.per_second:g} requests a second were answered")
    for connection in connections:
        connection.close()
    latencies, lateness = sorted(desk.latencies), sorted(desk.lateness)
    return Arrived(
        requests=len(latencies),
        p50_ms=percentile(latencies, 0.50),
        p90_ms=percentile(latencies, 0.90),
        p99_ms=percentile(latencies, 0.99),
        max_ms=percentile(latencies, 1.0),
        late_p99_ms=percentile(lateness, 0.99),
        refused=desk.refused,
        first_refused=desk.first_refused,
    )
