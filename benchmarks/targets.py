"""The targets that the service is held to, and whether a run met them. Computed, never typed."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks.costs import Updates
from benchmarks.growth import Growth
from benchmarks.measuring import SERVICE, Result
from benchmarks.run import Findings
from benchmarks.workers import Doubling, Soak, Starts

GROWTH: Final = 1.2
WORKER_MB: Final = 120
FLAT: Final = 1.03
"""Of what a worker held in the second quarter of the load, at the end of it."""

TWO_WORKERS: Final = 1.7
START_SECONDS: Final = 2.0
HOT_SHARE: Final = 0.95


@dataclass(frozen=True)
class Target:
    """`met` is None where the machine does not allow to tell; `measured` says why."""

    what: str
    wanted: str
    measured: str
    met: bool | None


def targets(found: Findings) -> list[Target]:
    """Of all that was measured."""
    return [
        *(target for result in found.results for target in _of_ratios(result)),
        *map(_of_growth, found.growth),
        *_of_memory(found),
        *([] if found.soak is None else [_of_soak(found.soak)]),
        *map(_of_doubling, found.doublings),
        *([_of_starts(found.starts)] if found.starts is not None else []),
        *([_of_updates(found.updates)] if found.updates.all else []),
    ]


def _of_ratios(result: Result) -> Iterator[Target]:
    for peer, wanted in result.path.targets.items():
        if peer in result.readings:
            ratio = result.ratio(peer)
            name = f"{result.path.name}, × {peer}"
            yield Target(name, f"≥ {wanted:g}", f"{ratio:.2f}", ratio >= wanted)


def _of_growth(growth: Growth) -> Target:
    return Target(
        f"Cost of a recovery with {growth.many:,} {growth.of}, for that with {growth.few:,}",
        f"≤ {GROWTH:g}",
        f"{growth.cost:.2f}",
        growth.cost <= GROWTH,
    )


def _of_memory(found: Findings) -> Iterator[Target]:
    memory = found.fresh.get(SERVICE)
    if memory is not None and memory.resident:
        size = memory.resident / 1e6
        yield Target(
            "Memory of a worker after its start",
            f"≤ {WORKER_MB} MB",
            f"{size:.0f} MB",
            size <= WORKER_MB,
        )


def _of_soak(soak: Soak) -> Target:
    growth = soak.end / soak.settled if soak.settled else 1.0
    return Target(
        f"Memory of a worker at the end of {soak.seconds:,.0f} s of load, for that when it had "
        "settled",
        f"≤ {FLAT:g}",
        f"{growth:.2f}",
        growth <= FLAT,
    )


def _of_doubling(doubling: Doubling) -> Target:
    allowed = doubling.most >= TWO_WORKERS
    measured = f"{doubling.gain:.2f}"
    if not allowed and doubling.gain < TWO_WORKERS:
        measured += (
            f"; beside one worker {doubling.busy:.0%} of all cores are busy, "
            f"so they allow {doubling.most:.2f} at most"
        )
    return Target(
        f"Two workers, for one: {doubling.result.path.name}",
        f"≥ {TWO_WORKERS:g} where cores allow",
        measured,
        True if doubling.gain >= TWO_WORKERS else False if allowed else None,
    )


def _of_starts(starts: Starts) -> Target:
    took = median(starts.service)
    return Target(
        "`session-api serve` on a prepared folder, to its first answer",
        f"≤ {START_SECONDS:g} s",
        f"{took:.2f} s",
        took <= START_SECONDS,
    )


def _of_updates(updates: Updates) -> Target:
    share = updates.hot / updates.all
    return Target(
        f"HOT updates, of {updates.all:,} updates of sessions",
        f"≥ {HOT_SHARE:.0%}",
        f"{share:.1%}",
        share >= HOT_SHARE,
    )
