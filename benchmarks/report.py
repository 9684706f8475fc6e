"""What a run found, for the terminal and for RESULTS.md. Every figure comes from the run."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from rich.table import Table

from benchmarks.load import Reading
from benchmarks.measuring import Effort, Result
from benchmarks.paths import PEERS

COLUMNS = ("path", "service req/s", "p50/p99 ms", "CPU µs", *(f"× {peer}" for peer in PEERS))
"""A cell of a peer has the ratio with its spread, the target, and the peer's own rate."""

_PACKAGES = ("uvicorn", "uvloop", "httptools", "fastapi", "starlette", "sqlalchemy", "asyncpg")


@dataclass(frozen=True)
class Surroundings:
    """On what and with what was measured."""

    machine: str
    versions: str
    postgresql: str
    adk: str
    generator: str
    date: str


def surroundings(postgresql: str, *, use_wrk: bool, adk: str = "") -> Surroundings:
    return Surroundings(
        machine=f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        versions=", ".join(
            [
                f"Python {platform.python_version()}",
                *(f"{name} {version(name)}" for name in _PACKAGES),
            ]
        ),
        postgresql=postgresql,
        adk=adk,
        generator=("wrk" if use_wrk else "benchmarks.load") + ", its own process, closed loop",
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def table(results: Sequence[Result]) -> Table:
    """For the terminal; a ratio below its target is red."""
    shown = Table(title="The service beside its floor and its peers")
    for place, name in enumerate(COLUMNS):
        shown.add_column(name, justify="right" if place else "left")
    for result in results:
        *cells, floor, tutorial, adk = row(result)
        shown.add_row(
            *cells,
            *(
                _coloured(cell, result.met(peer) if peer in result.readings else None)
                for peer, cell in zip(PEERS, (floor, tutorial, adk), strict=True)
            ),
        )
    return shown


def row(result: Result) -> list[str]:
    """The cells of one path, in the order of the columns: medians over the rounds."""
    service = result.service
    return [
        result.path.name,
        f"{_median(service, lambda reading: reading.per_second):,.0f}",
        _latency(service),
        f"{_median(service, lambda reading: reading.cpu_us):,.0f}",
        *(_beside(result, peer) for peer in PEERS),
    ]


def _beside(result: Result, peer: str) -> str:
    if peer not in result.readings:
        return ""
    ratios = result.ratios(peer)
    target = result.path.targets.get(peer)
    rate = _median(result.readings[peer], lambda reading: reading.per_second)
    return (
        f"{result.ratio(peer):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        f"{'' if target is None else f', ≥ {target:g}'}; {rate:,.0f}/s"
    )


def _coloured(cell: str, met: bool | None) -> str:
    return cell if met is None else f"[{'green' if met else 'red'}]{cell}[/]"


def as_markdown(results: Sequence[Result], effort: Effort, found: Surroundings) -> str:
    """The whole of RESULTS.md."""
    rows = [list(COLUMNS), ["---", *["---:"] * (len(COLUMNS) - 1)], *map(row, results)]
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join(
        [
            "# Results",
            "",
            "Written by `make bench ARGS=--write`. [README.md](README.md) tells what was measured.",
            "",
            f"- Date: {found.date}",
            f"- Machine: {found.machine}; the load generator, the server and PostgreSQL share it",
            f"- {found.postgresql}",
            f"- {found.versions}",
            *([f"- {found.adk}"] if found.adk else []),
            f"- Load: {found.generator}",
            f"- {effort.connections} connections, {effort.rounds} rounds of {effort.seconds:g} s",
            "",
            *lines,
            "",
        ]
    )


def _median(readings: Sequence[Reading], value: Callable[[Reading], float]) -> float:
    return median(map(value, readings))


def _latency(readings: Sequence[Reading]) -> str:
    p50 = _median(readings, lambda reading: reading.p50_ms)
    p99 = _median(readings, lambda reading: reading.p99_ms)
    return f"{p50:.1f} / {p99:.1f}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
