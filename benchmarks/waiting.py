"""How long people wait for an answer who arrive at a fixed rate: service and floor at the same."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.arrivals import Arrived, Schedule
from benchmarks.measuring import SERVICE, Measuring, Result
from benchmarks.paths import FLOOR, Path
from benchmarks.processes import BenchFailed, Server

SHARES: Final = (0.25, 0.5)
"""Of what the service answers in a closed loop. Beyond, the generator, the server and PostgreSQL
get into each other's way on a machine of two cores.
"""

PATHS: Final = ("recovery", "light read", "append: one")
"""How the names of the paths begin that people are made to wait on."""


@dataclass(frozen=True)
class Waits:
    """At so many requests a second, by side."""

    path: str
    per_second: float
    sides: Mapping[str, Arrived]


def wait(
    measuring: Measuring,
    paths: Sequence[Path],
    servers: Mapping[str, Server],
    results: Sequence[Result],
    seconds: float,
) -> list[Waits]:
    """`results` tell what the service answers at most; where they don't, it is measured first.

    Raises BenchFailed, also where a side can't keep up.
    """
    rates = {result.path.name: result.rate(SERVICE) for result in results}
    found = []
    for path in paths:
        if not path.name.startswith(PATHS):
            continue
        most = (
            rates.get(path.name)
            or measuring.read(path.name, path.service, servers[SERVICE]).per_second
        )
        asks = {SERVICE: path.service, FLOOR: path.peers[FLOOR]}
        sides = [side for side in asks if side in servers]
        for turn, share in enumerate(SHARES):
            per_second = _round(most * share)
            arrived = {}
            for side in sides if turn % 2 == 0 else reversed(sides):
                schedule = Schedule(
                    port=servers[side].port,
                    requests=list(asks[side].requests),
                    expected_status=asks[side].status,
                    connections=4 * measuring.effort.connections,
                    per_second=per_second,
                    warmup=min(1.0, seconds / 4),
                    seconds=seconds,
                )
                arrived[side] = _arrived(measuring, f"{path.name}, {side}", schedule)
            found.append(Waits(path.name, per_second, {side: arrived[side] for side in sides}))
    return found


def _arrived(measuring: Measuring, name: str, schedule: Schedule) -> Arrived:
    try:
        arrived = measuring.generator.arrive(schedule)
    except ConnectionError as error:
        raise BenchFailed(f"{name}: {error}") from error
    if arrived.refused:
        raise BenchFailed(f"{name}: refused with {arrived.first_refused}")
    return arrived


def _round(rate: float) -> float:
    """To two digits that mean something: 1234 a second become 1200."""
    unit = 10.0 ** (math.floor(math.log10(max(rate, 1.0))) - 1)
    return max(1.0, round(rate / unit) * unit)
