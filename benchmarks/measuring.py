"""Measuring in turn: rounds of all sides, so that what else the machine does hits all of them."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

from benchmarks import wrk
from benchmarks.load import Reading, Task
from benchmarks.paths import Ask, Path
from benchmarks.processes import BenchFailed, Server

SERVICE: Final = "service"


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
    """The readings of one path, by side; the n-th of all sides were taken after each other."""

    path: Path
    readings: Mapping[str, Sequence[Reading]]

    @property
    def service(self) -> Sequence[Reading]:
        return self.readings[SERVICE]

    def ratios(self, peer: str) -> list[float]:
        """The service's requests per second for each of the peer's, round by round."""
        return [
            service.per_second / other.per_second
            for other, service in zip(self.readings[peer], self.service, strict=True)
        ]

    def ratio(self, peer: str) -> float:
        """The median of the rounds."""
        return median(self.ratios(peer))

    def met(self, peer: str) -> bool | None:
        """Whether the target is reached; None where there is none."""
        target = self.path.targets.get(peer)
        return None if target is None else self.ratio(peer) >= target

    def as_json(self) -> dict[str, Any]:
        peers = [side for side in self.readings if side != SERVICE]
        return {
            "path": self.path.name,
            "targets": dict(self.path.targets),
            "ratio": {peer: self.ratio(peer) for peer in peers},
            "ratios": {peer: self.ratios(peer) for peer in peers},
            "readings": {
                side: [asdict(reading) for reading in readings]
                for side, readings in self.readings.items()
            },
        }


def measure(
    path: Path, servers: Mapping[str, Server], *, effort: Effort, done: Callable[[], None]
) -> Result:
    """All rounds of a path on those servers that it has a question for; calls `done` after each
    round. Raises BenchFailed.
    """
    asks: dict[str, Ask] = {SERVICE: path.service, **path.peers}
    sides = [side for side in asks if side in servers]
    readings: dict[str, list[Reading]] = {side: [] for side in sides}
    for round_number in range(effort.rounds):
        # Whoever went last goes first in the next round: a slow drift then favours nobody.
        for side in sides if round_number % 2 == 0 else reversed(sides):
            readings[side].append(_read(path.name, side, asks[side], servers[side], effort))
        done()
    return Result(path, readings)


def _read(name: str, side: str, ask: Ask, server: Server, effort: Effort) -> Reading:
    task = Task(
        port=server.port,
        requests=list(ask.requests),
        expected_status=ask.status,
        connections=effort.connections,
        warmup=effort.warmup,
        seconds=effort.seconds,
        server_pid=server.pid,
    )
    try:
        reading = wrk.run(task) if effort.use_wrk else _own_generator(task)
    except ConnectionError as error:
        raise BenchFailed(f"{name}, {side}: {error}") from error
    if reading.refused:
        raise BenchFailed(f"{name}, {side}: refused with {reading.first_refused}")
    if not reading.requests:
        raise BenchFailed(f"{name}, {side}: no answer within {effort.seconds} s")
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
