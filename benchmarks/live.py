"""What open streams cost, and how soon they hear of a commit: `python -m benchmarks.live`.

README.md tells how each figure comes about.
"""

import asyncio
import json
import os
import resource
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.following import LiveGround, follow, live_ground, loaded
from benchmarks.ground import temporary_folder
from benchmarks.kernel import resident_bytes
from benchmarks.load import Reading
from benchmarks.processes import BenchFailed, Start, started
from benchmarks.streams import Arrivals, Following, Kind
from benchmarks.surroundings import surroundings
from session_api.database.engine import Database
from session_api.sync.fanout import Watch

RESULTS = Path(__file__).with_name("LIVE.md")

RATIO = 0.9
"""Of the writers' throughput, that must be left beside idle listeners."""

STREAM_KB = 40.0
_POLLS = 20


@dataclass(frozen=True)
class Figure:
    """A line of the results. `met` is None where there is no target."""

    name: str
    measured: str
    target: str = ""
    met: bool | None = None


def live(
    seconds: Annotated[float, typer.Option(min=0.2, help="Of one reading of writers.")] = 5.0,
    rounds: Annotated[int, typer.Option(min=1, help="Readings of each side, in turn.")] = 5,
    writers: Annotated[int, typer.Option(min=1, help="Connections that append.")] = 16,
    listeners: Annotated[int, typer.Option(min=1, help="Idle streams beside writers.")] = 500,
    streams: Annotated[int, typer.Option(min=1, help="On one session, over two replicas.")] = 200,
    changes: Annotated[int, typer.Option(min=2, help="That those streams hear of.")] = 1000,
    rate: Annotated[float, typer.Option(min=1, help="Changes in a second.")] = 20,
    idle: Annotated[int, typer.Option(min=10, help="Idle streams on one worker.")] = 2000,
    settle: Annotated[
        float, typer.Option(min=0, help="Seconds between opening streams and measuring.")
    ] = 3.0,
    only: Annotated[str, typer.Option(help="Only `writers`, `arrival`, `memory` or `poll`.")] = "",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write every figure to this file.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write benchmarks/LIVE.md.")] = False,
) -> None:
    """Measure live sync on one machine, services, database and clients together."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # what we start inherits it
    about = _about()
    sizes = Sizes(
        *(seconds, rounds, writers, listeners, streams, changes, rate, idle, settle, only)
    )
    try:
        figures, postgresql = figures_of(sizes)
    except BenchFailed as failure:
        typer.echo(f"live: {failure}", err=True)
        raise typer.Exit(1) from None
    text = as_markdown(figures, [*about, postgresql])
    Console(width=None if Console().is_terminal else 160).print(text)
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(figure) for figure in figures], indent=2))
    if write:
        RESULTS.write_text(text)


@dataclass(frozen=True)
class Sizes:
    """The options of `live` that say how much and how long."""

    seconds: float
    rounds: int
    writers: int
    listeners: int
    streams: int
    changes: int
    rate: float
    idle: int
    settle: float
    only: str = ""


def figures_of(
    sizes: Sizes, start: Start = started, *, durable: bool = True
) -> tuple[list[Figure], str]:
    """What was measured, and on which PostgreSQL; the rest as for `ground`. Raises BenchFailed."""
    figures: list[Figure] = []
    idle = max(sizes.idle, sizes.listeners)
    with (
        temporary_folder() as folder,
        live_ground(folder, idle=idle, start=start, durable=durable) as here,
    ):
        if sizes.only in ("", "poll"):
            figures += asyncio.run(_poll(here, here.idle[: sizes.idle]))
        if sizes.only in ("", "writers"):
            figures += _writers(here, sizes)
        if sizes.only in ("", "memory"):
            for kind in ("sse", "ws"):
                figures.append(_memory(here, kind, sizes.idle, sizes.settle))
        if sizes.only in ("", "arrival"):
            figures += _arrival(here, sizes)
        return figures, f"{asyncio.run(here.postgresql())}, embedded"


def _about() -> list[str]:
    found = surroundings(use_wrk=False)
    return [
        f"Date: {found.date}",
        f"Machine: {found.machine}; the services, PostgreSQL and the clients share it",
        f"Load average before: {found.load_before:.1f} of {os.cpu_count()} cores",
        found.versions,
    ]


# Figures


def _writers(here: LiveGround, sizes: Sizes) -> list[Figure]:
    """Appends by closed-loop writers, with and without others who listen to something else."""
    seconds, writers, listeners = sizes.seconds, sizes.writers, sizes.listeners
    alone: list[Reading] = []
    beside: list[Reading] = []
    targets = here.idle[:listeners]
    with here.replica("writers") as server:
        for number in range(sizes.rounds):
            # Whoever went second goes first in the next round: a slow drift then favours neither.
            for is_alone in (True, False) if number % 2 == 0 else (False, True):
                if is_alone:
                    time.sleep(sizes.settle)
                    alone.append(loaded(here, server, writers, seconds))
                    continue
                idle = Following("sse", [server.port], targets, listeners)
                with follow(idle):
                    time.sleep(sizes.settle)
                    beside.append(loaded(here, server, writers, seconds))
    ratios = [
        with_.per_second / without.per_second for without, with_ in zip(alone, beside, strict=True)
    ]
    ratio = median(ratios)
    return [
        Figure(
            f"Appends beside {listeners} idle streams, of those beside none",
            f"{ratio:.2f} ({min(ratios):.2f}–{max(ratios):.2f})",
            f"≥ {RATIO}",
            ratio >= RATIO,
        ),
        Figure(
            "Appends per second, beside none and beside them",
            f"{_rate(alone)} and {_rate(beside)}, by {writers} writers",
        ),
        Figure(
            "CPU for one append, beside none and beside them",
            f"{_cpu(alone)} and {_cpu(beside)} µs of the service's process",
        ),
    ]


def _memory(here: LiveGround, kind: Kind, count: int, settle: float) -> Figure:
    """What a worker's memory grows by, for each stream that is open on a session of its own."""
    targets = here.idle[:count]
    with here.replica(f"memory-{kind}") as server:
        # What is loaded and allocated once does not belong to the streams.
        with follow(Following(kind, [server.port], targets, max(1, count // 20))):
            time.sleep(settle)
        before = resident_bytes(server.pid)
        with follow(Following(kind, [server.port], targets, count)):
            time.sleep(settle)
            after = resident_bytes(server.pid)
    each = (after - before) / count / 1000
    return Figure(
        f"Memory of an idle stream, {'SSE' if kind == 'sse' else 'WebSocket'}, of {count:,}",
        f"{each:.1f} kB (the worker: {before / 1e6:.0f} MB, then {after / 1e6:.0f} MB)",
        f"< {STREAM_KB:.0f} kB",
        each < STREAM_KB,
    )


def _arrival(here: LiveGround, sizes: Sizes) -> list[Figure]:
    """How long a change takes to all streams of its session, over two replicas."""
    streams, changes, rate = sizes.streams, sizes.changes, sizes.rate
    ((session_id, token),) = here.busy
    with here.replica("one") as one, here.replica("other") as other:
        everybody = Following("sse", [one.port, other.port], [(session_id, token)], streams)
        with follow(everybody) as following:
            sent = here.write(session_id, token, [one.port, other.port], changes, rate)
            following.until = max(sent)
            time.sleep(sizes.settle)  # what comes twice is seen
        arrivals = following.arrivals
    _require_all(arrivals, list(sent), streams)
    since_asked, since_known = [], []
    for version, (asked_at, answered_at) in sent.items():
        since_asked += [at - asked_at for at in arrivals.times[version]]
        since_known += [max(0.0, at - answered_at) for at in arrivals.times[version]]
    told = f"{streams} streams over two replicas, {changes:,} changes, {rate:g} a second"
    return [
        Figure(f"From the request to arrival, p50 / p99: {told}", _percentiles(since_asked)),
        Figure(
            "From the answer that acknowledges it to arrival, p50 / p99", _percentiles(since_known)
        ),
        Figure("Streams that missed a version, had one twice or out of order", "0", "0", True),
    ]


def _require_all(arrivals: Arrivals, versions: Sequence[int], streams: int) -> None:
    """Raises BenchFailed unless each stream had each version, once and in order."""
    missed = [version for version in versions if len(arrivals.times.get(version, ())) != streams]
    if missed or arrivals.disorder or arrivals.ended:
        raise BenchFailed(
            f"{len(missed)} versions did not come to each stream once, {arrivals.disorder} came "
            f"out of order, {arrivals.ended} streams ended"
        )


async def _poll(here: LiveGround, targets: Sequence[tuple[str, str]]) -> list[Figure]:
    """How long one look at all followed sessions takes when nothing has changed."""
    database = Database(here.settings)
    watch = Watch(database, interval=here.settings.live_poll_interval)
    keys = await here.keys(session_id for session_id, _ in targets)
    entered = [watch.watch(key, version) for key, version in keys]
    for each in entered:
        each.__enter__()
    took = []
    for _ in range(_POLLS):
        started = time.perf_counter()
        await watch.look()
        took.append(time.perf_counter() - started)
    woken = watch.wakes["poll"]
    await database.close()
    if woken:
        raise BenchFailed(f"{woken} sessions that nobody changes were told to have changed")
    return [
        Figure(
            f"One poll of {len(keys):,} idle sessions",
            f"{median(took) * 1000:.1f} ms (at most {max(took) * 1000:.1f}), once a second",
        )
    ]


# Words


def _rate(readings: Sequence[Reading]) -> str:
    return f"{median(reading.per_second for reading in readings):,.0f}"


def _cpu(readings: Sequence[Reading]) -> str:
    return f"{median(reading.cpu_us for reading in readings):,.0f}"


def _percentiles(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99))
    return f"{p50:.1f} / {p99:.1f} ms"


def as_markdown(figures: Sequence[Figure], about: Sequence[str]) -> str:
    """As LIVE.md has it."""
    met = {None: "", True: "yes", False: "no"}
    return "\n".join(
        [
            "# Live sync",
            "",
            "Written by `python -m benchmarks.live --write`; explained in [README.md](README.md).",
            "",
            *(f"- {line}" for line in about),
            "",
            "| figure | measured | target | met |",
            "| --- | --- | --- | --- |",
            *(
                f"| {figure.name} | {figure.measured} | {figure.target} | {met[figure.met]} |"
                for figure in figures
            ),
            "",
        ]
    )


if __name__ == "__main__":
    typer.run(live)
