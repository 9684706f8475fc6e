"""Measuring in turn: rounds of all sides, so that what else the machine does hits all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Final

from benchmarks import wrk
from benchmarks.generator import Generator
from benchmarks.load import Reading, Task
from benchmarks.paths import ADK, TUTORIAL, Ask, Path
from benchmarks.processes import BenchFailed, Server

SERVICE: Final = "service"
MAY_FAIL: Final = (TUTORIAL, ADK)
"""Sides whose failure is a finding and not the end of the run."""


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
    """The readings of one path, by side; the n-th of all sides were taken after each other. A peer
    that failed has none, and what it said is in `failures`.
    """

    path: Path
    readings: Mapping[str, Sequence[Reading]]
    failures: Mapping[str, str] = field(default_factory=dict)

    @property
    def service(self) -> Sequence[Reading]:
        return self.readings[SERVICE]

    def rate(self, side: str) -> float:
        """Requests per second, the median of the rounds."""
        return median(reading.per_second for reading in self.readings[side])

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
            "failures": dict(self.failures),
            "readings": {
                side: [asdict(reading) for reading in readings]
                for side, readings in self.readings.items()
            },
        }


def sides_of(path: Path, servers: Mapping[str, Server]) -> dict[str, Ask]:
    """What a path asks of each of those servers that it has a question for."""
    asks: dict[str, Ask] = {SERVICE: path.service, **path.peers}
    return {side: ask for side, ask in asks.items() if side in servers}


class Measuring:
    """Takes readings in turn, with one generator and one effort."""

    def __init__(self, generator: Generator, effort: Effort) -> None:
        self.generator = generator
        self.effort = effort

    def measure(self, path: Path, servers: Mapping[str, Server]) -> Result:
        """All rounds of a path. Raises BenchFailed where the service or its floor fails; others
        that fail are left out from then on.
        """
        asks = sides_of(path, servers)
        readings: dict[str, list[Reading]] = {side: [] for side in asks}
        failures: dict[str, str] = {}
        for round_number in range(self.effort.rounds):
            # Whoever went last goes first in the next round: a slow drift then favours nobody.
            for side in asks if round_number % 2 == 0 else reversed(asks):
                if side in failures:
                    continue
                try:
                    reading = self.read(f"{path.name}, {side}", asks[side], servers[side])
                except BenchFailed as failure:
                    if side not in MAY_FAIL:
                        raise
                    failures[side] = str(failure)
                else:
                    readings[side].append(reading)
        return Result(
            path,
            {side: taken for side, taken in readings.items() if side not in failures},
            failures,
        )

    def read(self, name: str, ask: Ask, server: Server) -> Reading:
        """One reading. Raises BenchFailed, which tells the name."""
        task = Task(
            port=server.port,
            requests=list(ask.requests),
            expected_status=ask.status,
            connections=self.effort.connections,
            warmup=self.effort.warmup,
            seconds=self.effort.seconds,
            server_pid=server.pid,
        )
        try:
            reading = wrk.run(task) if self.effort.use_wrk else self.generator.load(task)
        except ConnectionError as error:
            raise BenchFailed(f"{name}: {error}") from error
        if reading.refused:
            raise BenchFailed(f"{name}: refused with {reading.first_refused}")
        if not reading.requests:
            raise BenchFailed(f"{name}: no answer in time")
        return reading
