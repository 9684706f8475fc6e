"""The benchmark of live sync runs to its end. How fast anything was is not for a test to say."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SMALL = {
    "seconds": 0.2,
    "rounds": 1,
    "writers": 2,
    "listeners": 10,
    "settle": 0.2,
    "streams": 6,
    "changes": 10,
    "rate": 100,
    "idle": 20,
}


def test_every_figure_comes_out(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    options = [text for name, size in SMALL.items() for text in (f"--{name}", str(size))]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.live", *options, "--json", str(found)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(found.read_text())
    assert len(figures) == 9
    for figure in figures:
        assert figure["measured"] in ran.stdout
    # Each stream of both replicas had each change, or the run would have failed.
    assert figures[-1]["met"] is True
