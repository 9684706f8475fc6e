"""Google ADK in a virtual environment of its own, made at the first run and kept."""

import subprocess
import sys
from pathlib import Path

from benchmarks.processes import BenchFailed

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "adk.lock"
ENVIRONMENT = ROOT / ".venv-adk"


def installed() -> Path:
    """The program `adk`, of the versions that the lock names. Raises BenchFailed."""
    program = ENVIRONMENT / "bin" / "adk"
    stamp = ENVIRONMENT / ".lock"
    wanted = LOCK.read_text()
    if stamp.is_file() and stamp.read_text() == wanted:
        return program
    _run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT))
    pip = str(ENVIRONMENT / "bin" / "pip")
    _run(pip, "install", "-q", "--no-deps", "--require-hashes", "-r", str(LOCK))
    stamp.write_text(wanted)
    return program


def version() -> str:
    """What was measured."""
    ran = _run(str(ENVIRONMENT / "bin" / "pip"), "show", "google-adk")
    return next(
        (line.partition(": ")[2] for line in ran.splitlines() if line.startswith("Version:")), "?"
    )


def _run(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise BenchFailed(f"ADK can't be installed: {ran.stderr.strip()[-1000:]}")
    return ran.stdout
