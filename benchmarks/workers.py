"""The service's processes: how soon they answer, what they hold, and what a second one brings."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from statistics import median

from benchmarks.ground import SECRETS, Ground
from benchmarks.kernel import machine_seconds, proportional_bytes, resident_bytes
from benchmarks.measuring import SERVICE, Measuring, Result
from benchmarks.paths import Ask, Path
from benchmarks.processes import (
    Server,
    first_answer_seconds,
    seconds_of,
)

TWO = "two workers"
_SAMPLES = 40
_TURNS = 64

# Not those that make things: a session's files are limited, and a person's list would grow.
_ENDLESS = (
    *("recovery", "active", "light read", "conditional", "list", "page", "changes"),
    *("activity", "append: one", "autosave"),
)


@dataclass(frozen=True)
class Memory:
    """Of a process, in bytes: what it has touched, and its part of what processes share."""

    resident: int
    proportional: int


def memory_of(server: Server) -> Memory:
    """Now."""
    return Memory(resident_bytes(server.pid), proportional_bytes(server.pid))


@dataclass(frozen=True)
class Doubling:
    """Two workers beside one. `busy` is the share of all cores that were at work, the load
    generator's and PostgreSQL's work included, while one worker answered.
    """

    result: Result
    busy: float

    @property
    def gain(self) -> float:
        """What two workers answer for what one does."""
        return 1 / self.result.ratio(TWO)

    @property
    def gains(self) -> list[float]:
        return [1 / ratio for ratio in self.result.ratios(TWO)]

    @property
    def most(self) -> float:
        """What the cores allow: all of them at work, for the same work on each request."""
        return 1 / self.busy if self.busy else float("inf")


def double(measuring: Measuring, here: Ground, paths: Sequence[Path]) -> list[Doubling]:
    """One worker and two, on the same database and in turn."""
    found = []
    with here.replica("one") as one, here.replica("two", workers=2) as two:
        for path in paths:
            alone = Path(path.name, path.service, {TWO: path.service})
            result = measuring.measure(alone, {SERVICE: one, TWO: two})
            busy_before, all_before = machine_seconds()
            measuring.read(path.name, path.service, one)
            busy, everything = machine_seconds()
            share = min(1.0, (busy - busy_before) / max(everything - all_before, 1e-9))
            found.append(Doubling(result, share))
    return found


@dataclass(frozen=True)
class Starts:
    """Seconds from calling `session-api serve` to its first answer; and, in turn with that, those
    of a process that imports FastAPI, SQLModel, asyncpg and uvicorn and does nothing.
    """

    service: list[float]
    imports: list[float]


_IMPORTS = "import asyncpg, fastapi, sqlalchemy.ext.asyncio, sqlmodel, uvicorn"


def starts(here: Ground, rounds: int) -> Starts:
    """With the data folder of a ground that is closed. The first answer is a person's most recent
    session. Another start goes before.
    """
    data, token = here.folder / "data", here.token("demo")
    # Its own database, and the secrets under which that was filled.
    own = {name: here.environment[name] for name in SECRETS}
    found = Starts([], [])
    for _ in range(1 + rounds):
        found.service.append(first_answer_seconds(data, token, own, here.start))
        found.imports.append(seconds_of([sys.executable, "-c", _IMPORTS]))
    return Starts(found.service[1:], found.imports[1:])


@dataclass(frozen=True)
class Soak:
    """A fresh worker under load. `samples` are pairs of seconds and resident bytes, the first from
    before the load.
    """

    seconds: float
    requests: int
    samples: list[tuple[float, int]]

    @property
    def settled(self) -> float:
        """The median of the second quarter: what is loaded and cached once is there by then."""
        return median(self._quarter(1))

    @property
    def end(self) -> float:
        """The median of the last quarter."""
        return median(self._quarter(3))

    @property
    def most(self) -> int:
        return max(size for _, size in self.samples)

    def _quarter(self, number: int) -> list[int]:
        sizes = [size for _, size in self.samples[1:]]
        return sizes[len(sizes) * number // 4 : len(sizes) * (number + 1) // 4] or sizes


def soak(measuring: Measuring, here: Ground, paths: Sequence[Path], seconds: float) -> Soak:
    """Those of the paths that can be asked for ever, in turn, for so many seconds in all."""
    mixed = _mixed([path.service for path in paths if path.name.startswith(_ENDLESS)])
    each = max(min(1.0, measuring.effort.seconds), seconds / _SAMPLES)
    short = Measuring(measuring.generator, replace(measuring.effort, seconds=each))
    with here.replica("soak") as server:
        begun = time.monotonic()
        samples = [(0.0, resident_bytes(server.pid))]
        requests = 0
        while len(samples) < 5 or samples[-1][0] < seconds:
            requests += short.read("soak", mixed, server).requests
            samples.append((time.monotonic() - begun, resident_bytes(server.pid)))
    return Soak(samples[-1][0], requests, samples)


def _mixed(asks: Sequence[Ask]) -> Ask:
    """One request of each, and again; of who asks many things in turn, the first ones."""
    turns = min(_TURNS, max(len(ask.requests) for ask in asks))
    rings = [cycle(ask.requests) for ask in asks]
    return Ask([next(ring) for _ in range(turns) for ring in rings], status=0)
