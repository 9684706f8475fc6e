"""The benchmark runs to its end. How fast anything was is not for a test to say."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SMALL = ["--seconds", "0.2", "--rounds", "1", "--connections", "4", "--chats", "4"]


def bench(tmp_path: Path, *arguments: str) -> tuple[list[dict[str, Any]], str]:
    """The results, and what was printed."""
    found = tmp_path / "found.json"
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", *SMALL, *arguments, "--json", str(found)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(found.read_text())["results"], ran.stdout


def test_every_path_has_a_ratio_to_its_floor(tmp_path: Path) -> None:
    results, printed = bench(tmp_path, "--own", "--peers", "floor", "--long-chat", "100")
    assert len(results) == 12
    for result in results:
        for peer, ratio in result["ratio"].items():
            assert peer == "floor"
            assert ratio > 0
            assert f"{ratio:.2f} (" in printed
    assert sum("floor" in result["ratio"] for result in results) == 9


def test_wrk_measures_the_peer_as_well(tmp_path: Path) -> None:
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not installed")
    sizes = ["--long-chat", "100", "--only", "recovery"]
    (result,), _ = bench(tmp_path, "--peers", "floor,tutorial", *sizes)
    assert result["ratio"].keys() == {"floor", "tutorial"}
    assert result["targets"] == {"floor": 0.75, "tutorial": 8, "ADK": 20}


def test_an_unknown_option_is_refused() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--fast"], cwd=ROOT, capture_output=True, check=False
    )
    assert ran.returncode == 2
