"""On what and with what was measured."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("uvicorn", "uvloop", "httptools", "fastapi", "starlette", "sqlalchemy", "asyncpg")


@dataclass(frozen=True)
class Surroundings:
    """Of the moment when it was made. `load_before` is the load average of the last minute."""

    machine: str
    versions: str
    generator: str
    date: str
    load_before: float


def surroundings(*, use_wrk: bool) -> Surroundings:
    """Of now."""
    return Surroundings(
        machine=f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        versions=", ".join(
            [
                f"Python {platform.python_version()}",
                *(f"{name} {version(name)}" for name in _PACKAGES),
            ]
        ),
        generator=("wrk" if use_wrk else "benchmarks.load") + ", its own process, closed loop",
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        load_before=os.getloadavg()[0],
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
