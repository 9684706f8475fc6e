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

COLUMNS = (
    "path",
    "floor req/s",
    "service req/s",
    "ratio (spread)",
    "target",
    "floor p50/p99 ms",
    "service p50/p99 ms",
    "floor/service CPU µs",
)

_PACKAGES = ("uvicorn", "uvloop", "httptools", "fastapi", "starlette", "sqlalchemy", "asyncpg")


@dataclass(frozen=True)
class Surroundings:
    """On what and with what was measured."""

    machine: str
    versions: str
    postgresql: str
    generator: str
    date: str


def surroundings(postgresql: str, *, use_wrk: bool) -> Surroundings:
    return Surroundings(
        machine=f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        versions=", ".join(
            [
                f"Python {platform.python_version()}",
                *(f"{name} {version(name)}" for name in _PACKAGES),
            ]
        ),
        postgresql=postgresql,
        generator=("wrk" if use_wrk else "benchmarks.load") + ", its own process, closed loop",
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def table(results: Sequence[Result]) -> Table:
    """For the terminal; a ratio below its target is red."""
    shown = Table(title="The service against its floor")
    for place, name in enumerate(COLUMNS):
        shown.add_column(name, justify="right" if place else "left")
    for result in results:
        path, *cells = row(result)
        cells[2] = f"[{'green' if result.met else 'red'}]{cells[2]}[/]"
        shown.add_row(path, *cells)
    return shown


def row(result: Result) -> list[str]:
    """The cells of one path, in the order of the columns: medians over the rounds."""
    floor, service = result.floor, result.service
    low, high = min(result.ratios), max(result.ratios)
    return [
        result.path.name,
        f"{_median(floor, lambda reading: reading.per_second):,.0f}",
        f"{_median(service, lambda reading: reading.per_second):,.0f}",
        f"{result.ratio:.2f} ({low:.2f}–{high:.2f})",
        f"≥ {result.path.target:.2f}",
        _latency(floor),
        _latency(service),
        _cpu(floor, service),
    ]


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


def _cpu(floor: Sequence[Reading], service: Sequence[Reading]) -> str:
    both = (_median(readings, lambda reading: reading.cpu_us) for readings in (floor, service))
    return " / ".join(f"{microseconds:,.0f}" for microseconds in both)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
