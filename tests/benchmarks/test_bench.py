"""The benchmark runs to its end. How fast anything was is not for a test to say."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATHS = ("recovery", "light read", "activity", "append")


@pytest.mark.parametrize(("generator", "paths"), [("--own", PATHS), ("--only=recovery", PATHS[:1])])
def test_it_prints_a_ratio_for_every_path(
    tmp_path: Path, generator: str, paths: tuple[str, ...]
) -> None:
    if generator != "--own" and shutil.which("wrk") is None:
        pytest.skip("wrk is not installed")
    found = tmp_path / "found.json"
    sizes = ["--seconds", "0.2", "--rounds", "1", "--connections", "4", "--chats", "4", generator]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", *sizes, "--json", str(found)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    results = json.loads(found.read_text())["results"]
    assert [result["path"].partition(":")[0] for result in results] == list(paths)
    for result in results:
        assert result["ratio"] > 0
        assert f"{result['ratio']:.2f} (" in ran.stdout


def test_an_unknown_option_is_refused() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--fast"], cwd=ROOT, capture_output=True, check=False
    )
    assert ran.returncode == 2
