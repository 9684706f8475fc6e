"""The load generator: keep-alive connections that each send the next request upon an answer.

A process of its own (`python -m benchmarks.load`), told what to do in JSON on standard input, that
answers in JSON on standard output. It reads of HTTP only what it must: the status, the length and
where an answer ends.
"""

import asyncio
import json
import sys
import time
from array import array
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import cast

import uvloop

from benchmarks.processes import cpu_seconds

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Task:
    """`requests` are whole HTTP/1.1 requests, sent one after the other, round and round.

    Answers count from `warmup` seconds on, for `seconds`. `server_pid` is whose CPU time is read.
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
    """What all connections of a run count together."""

    def __init__(self, requests: list[bytes], status: int) -> None:
        self.next_request: Iterator[bytes] = cycle(requests)
        self.wanted = f"HTTP/1.1 {status} ".encode()
        self.latencies = array("d")
        self.refused = 0
        self.first_refused = ""
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class _Connection(asyncio.Protocol):
    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._head = b""
        self._missing = -1  # bytes of the body still to come; -1 while in the head
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes, though they do the same.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._ask()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._tally.lost.done():
            self._tally.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            head = self._head + data
            end = head.find(_HEAD_END)
            if end < 0:
                self._head = head
                return
            self._head = b""
            self._missing = _length(head[:end].lower())
            if not head.startswith(self._tally.wanted):
                self._tally.refused += 1
                self._tally.first_refused = self._tally.first_refused or repr(head[:500])
            received = len(head) - end - len(_HEAD_END)
        else:
            received = len(data)
        self._missing -= received
        if self._missing == 0:
            self._missing = -1
            self._tally.latencies.append(time.perf_counter() - self._sent_at)
            self._ask()

    def _ask(self) -> None:
        assert self._transport is not None
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._tally.next_request))


def _length(head: bytes) -> int:
    """The declared length of a body; 0 for an answer that has none."""
    at = head.find(_LENGTH)
    if at < 0:
        return 0
    return int(head[at + len(_LENGTH) : head.find(b"\r", at) if b"\r" in head[at:] else None])


async def run(task: Task) -> Reading:
    """Raises ConnectionError where the server ends a connection before its time."""
    loop = asyncio.get_running_loop()
    tally = _Tally([text.encode() for text in task.requests], task.expected_status)
    opened = [
        await loop.create_connection(lambda: _Connection(tally), "127.0.0.1", task.port)
        for _ in range(task.connections)
    ]
    await _unless_lost(tally, task.warmup)
    del tally.latencies[:]
    cpu_before, started = cpu_seconds(task.server_pid), time.perf_counter()
    await _unless_lost(tally, task.seconds)
    cpu, seconds = cpu_seconds(task.server_pid) - cpu_before, time.perf_counter() - started
    latencies = sorted(tally.latencies)
    for transport, _ in opened:
        transport.abort()
    return Reading(
        requests=len(latencies),
        seconds=seconds,
        p50_ms=_percentile(latencies, 0.50),
        p99_ms=_percentile(latencies, 0.99),
        server_cpu_seconds=cpu,
        refused=tally.refused,
        first_refused=tally.first_refused,
    )


async def _unless_lost(tally: _Tally, seconds: float) -> None:
    lost, _ = await asyncio.wait({tally.lost}, timeout=seconds)
    if lost:
        raise ConnectionError("the server ended a connection")


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[int(len(ordered) * share)] * 1000 if ordered else 0.0


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(run(Task(**json.load(sys.stdin)))))))
