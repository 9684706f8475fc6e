"""The process that load comes from, so that it shares no interpreter with whoever drives the run.

`python -m benchmarks.generator` takes a line of JSON for each thing to do and answers with a line.
"""

import asyncio
import json
import selectors
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

from benchmarks import arrivals, load
from benchmarks.connections import is_expected, opened, status_of


@dataclass(frozen=True)
class Visit:
    """Requests that are sent one by one, each once its predecessor was answered."""

    port: int
    requests: list[str]
    expected_status: int


@dataclass(frozen=True)
class Sizes:
    """Bytes of HTTP, heads and bodies together, of all requests and of all answers."""

    sent: int
    received: int


class Generator:
    """A handle on the process. Every call raises ConnectionError where the server lets it down."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def load(self, task: load.Task) -> load.Reading:
        return load.Reading(**self._told("load", asdict(task)))

    def arrive(self, schedule: arrivals.Schedule) -> arrivals.Arrived:
        return arrivals.Arrived(**self._told("arrive", asdict(schedule)))

    def visit(self, visit: Visit) -> Sizes:
        return Sizes(**self._told("visit", asdict(visit)))

    def _told(self, what: str, task: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"what": what, "task": task}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ConnectionError("the load generator ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ConnectionError(answer["error"])
        return answer


@contextmanager
def running_generator() -> Iterator[Generator]:
    """One for a whole run: starting Python takes longer than a short reading."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.generator"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Generator(process)
        finally:
            process.kill()


async def _visit(visit: Visit) -> Sizes:
    told: list[asyncio.Future[tuple[bytes, int]]] = []
    (connection,), lost = await opened(
        visit.port, 1, lambda _connection, head, size: told[-1].set_result((head, size))
    )
    received = 0
    try:
        for text in visit.requests:
            told.append(asyncio.get_running_loop().create_future())
            connection.ask(text.encode())
            waiting: tuple[asyncio.Future[Any], ...] = (told[-1], lost)
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if lost.done():
                raise ConnectionError("the server ended a connection")
            head, size = told[-1].result()
            if not is_expected(status_of(head), visit.expected_status):
                raise ConnectionError(f"refused with {head[:500]!r}")
            received += size
    finally:
        connection.close()
    return Sizes(sum(len(text.encode()) for text in visit.requests), received)


def _precise_loop() -> asyncio.AbstractEventLoop:
    """epoll, and uvloop with it, wakes on whole milliseconds: too late for what is due between."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def _done(what: str, task: dict[str, Any]) -> Any:
    if what == "load":
        return uvloop.run(load.run(load.Task(**task)))
    if what == "arrive":
        with asyncio.Runner(loop_factory=_precise_loop) as runner:
            return runner.run(arrivals.run(arrivals.Schedule(**task)))
    return uvloop.run(_visit(Visit(**task)))


def _serve() -> None:
    for line in sys.stdin:
        told = json.loads(line)
        try:
            answer = asdict(_done(told["what"], told["task"]))
        except OSError as error:
            answer = {"error": str(error) or type(error).__name__}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _serve()
