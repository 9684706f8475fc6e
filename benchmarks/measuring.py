"""Measuring in turn: rounds of floor and service, so that what else the machine does hits both."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks import wrk
from benchmarks.load import Reading, Task
from benchmarks.paths import Path
from benchmarks.processes import BenchFailed, Server


@dataclass(frozen=True)
class Effort:
    """How long and how often is measured. `seconds` are those of one reading."""

    seconds: float
    rounds: int
    connections: int
    use_wrk: bool

    @property
    def warmup(self) -> float:
        return min(1.0, self.seconds / 4)


@dataclass(frozen=True)
class Result:
    """The readings of one path; the n-th of both sides were taken right after each other."""

    path: Path
    floor: Sequence[Reading]
    service: Sequence[Reading]

    @property
    def ratios(self) -> list[float]:
        """The service's requests per second for each of the floor's, round by round."""
        return [
            service.per_second / floor.per_second
            for floor, service in zip(self.floor, self.service, strict=True)
        ]

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def met(self) -> bool:
        return self.ratio >= self.path.target

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path.name,
            "target": self.path.target,
            "ratio": self.ratio,
            "ratios": self.ratios,
            "floor": [asdict(reading) for reading in self.floor],
            "service": [asdict(reading) for reading in self.service],
        }


def measure(
    path: Path, *, floor: Server, service: Server, effort: Effort, done: Callable[[], None]
) -> Result:
    """All rounds of a path; calls `done` after each reading. Raises BenchFailed."""
    readings: dict[str, list[Reading]] = {"floor": [], "service": []}
    for round_number in range(effort.rounds):
        sides = ["floor", "service"]
        # Whoever went second goes first in the next round: a slow drift then favours neither.
        for side in sides if round_number % 2 == 0 else reversed(sides):
            readings[side].append(_read(path, side, floor, service, effort))
            done()
    return Result(path, readings["floor"], readings["service"])


def _read(path: Path, side: str, floor: Server, service: Server, effort: Effort) -> Reading:
    server = floor if side == "floor" else service
    task = Task(
        port=server.port,
        requests=list(path.floor if side == "floor" else path.service),
        expected_status=path.floor_status if side == "floor" else path.service_status,
        connections=effort.connections,
        warmup=effort.warmup,
        seconds=effort.seconds,
        server_pid=server.pid,
    )
    try:
        reading = wrk.run(task) if effort.use_wrk else _own_generator(task)
    except ConnectionError as error:
        raise BenchFailed(f"{path.name}, {side}: {error}") from error
    if reading.refused:
        raise BenchFailed(f"{path.name}, {side}: refused with {reading.first_refused}")
    if not reading.requests:
        raise BenchFailed(f"{path.name}, {side}: no answer within {effort.seconds} s")
    return reading


def _own_generator(task: Task) -> Reading:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(asdict(task)),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise ConnectionError(ran.stderr.strip()[-2000:])
    return Reading(**json.loads(ran.stdout))
