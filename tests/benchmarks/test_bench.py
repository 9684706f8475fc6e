"""The benchmark runs to its end. How fast anything was is not for a test to say, but for the guard:
a ratio far below its target is no noise.
"""

from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.measuring import SERVICE, Effort, Result
from benchmarks.paths import FLOOR, TUTORIAL
from benchmarks.picture import as_svg
from benchmarks.population import Sizes
from benchmarks.report import as_markdown, shown
from benchmarks.run import PARTS, Findings, Plan, run
from benchmarks.surroundings import surroundings
from benchmarks.targets import targets
from tests.benchmarks.starting import forked

SMALL = Plan(
    effort=Effort(seconds=0.08, rounds=1, connections=4, use_wrk=False),
    sizes=Sizes(chats=4, long_chat=100, sessions=200, visitors=5),
    # Two workers take as long to start as half of the rest; `test_load.py` has them.
    parts=frozenset(PARTS) - {"workers"},
    peers=frozenset((FLOOR, TUTORIAL)),
    only=("",),
    many_sessions=400,
    wait_seconds=0.1,
    soak_seconds=0.3,
    starts=1,
)

# A third of what the issue asks, about: what is below is a mistake, however busy the machine.
GUARDED = {"recovery": 0.35, "light read": 0.2}


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def found(said: list[str]) -> Findings:
    return run(SMALL, said.append, forked, durable=False)


def by_name(found: Findings, name: str) -> Result:
    (result,) = (result for result in found.results if result.path.name.startswith(name))
    return result


def test_every_path_has_a_ratio_to_its_floor(found: Findings) -> None:
    assert len(found.results) == 14
    beside = [FLOOR in result.readings for result in found.results]
    assert sum(beside) == 10
    for result in found.results:
        for readings in result.readings.values():
            assert all(reading.per_second > 0 for reading in readings)


def test_the_peer_is_measured_as_well(found: Findings) -> None:
    recovery = by_name(found, "recovery")
    assert recovery.readings.keys() == {SERVICE, FLOOR, TUTORIAL}
    assert recovery.path.targets == {FLOOR: 0.75, TUTORIAL: 8, "ADK": 20}


@pytest.mark.parametrize("name", GUARDED)
def test_the_service_is_not_far_below_its_target(found: Findings, name: str) -> None:
    result = by_name(found, name)
    busy = {
        side: sum(reading.server_cpu_seconds for reading in readings)
        / sum(reading.requests for reading in readings)
        for side, readings in result.readings.items()
    }
    (alone,) = (costs.sides for costs in found.costs if costs.path == result.path.name)
    # Requests in a second; processor's time for one, under load and alone. Others on the machine
    # may make one of these fall, by chance on one side; a slower service makes all of them fall.
    ratios = (
        result.ratio(FLOOR),
        busy[FLOOR] / busy[SERVICE],
        alone[FLOOR].cpu_us / alone[SERVICE].cpu_us,
    )
    assert max(ratios) >= GUARDED[name], ratios


def test_every_part_has_figures(found: Findings, said: list[str]) -> None:
    assert {costs.path for costs in found.costs} == {result.path.name for result in found.results}
    light = next(costs for costs in found.costs if costs.path.startswith("light read"))
    # One statement; the tutorial's begins a transaction and asks for the user first.
    assert light.sides[FLOOR].statements == 1
    assert light.sides[SERVICE].statements == pytest.approx(1, abs=0.5)
    assert light.sides[TUTORIAL].statements >= 3
    assert light.sides[SERVICE].received_bytes > light.sides[FLOOR].received_bytes > 500
    assert len(found.waits) == 6
    for waits in found.waits:
        for arrived in waits.sides.values():
            assert 0 < arrived.p50_ms <= arrived.p90_ms <= arrived.p99_ms <= arrived.max_ms
    assert [(each.few, each.many) for each in found.growth] == [(50, 100), (200, 400)]
    assert found.soak is not None
    assert found.soak.requests > 0
    assert found.fresh.keys() == found.used.keys() == {SERVICE, FLOOR, TUTORIAL}
    assert found.starts is not None
    assert len(found.starts.service) == len(found.starts.imports) == 1
    assert min(*found.starts.service, *found.starts.imports) > 0
    assert any("Populating" in line for line in said)


def test_the_page_tells_of_every_target(found: Findings) -> None:
    page = as_markdown(found, SMALL, surroundings(use_wrk=False))
    judged = targets(found)
    assert len(judged) == 14
    for target in judged:
        assert f"| {target.what} | {target.wanted} | {target.measured} |" in page
    titles = [str(table.title) for table in shown(found)]
    for title in titles:
        assert f"\n## {title}\n" in page
    assert len(titles) == 7


def test_the_picture_has_a_bar_for_every_ratio(found: Findings) -> None:
    picture = as_svg(found.results)
    bars = sum(len(result.readings) - 1 for result in found.results)
    # Beside the background and the legend's three.
    assert picture.count("<rect ") == bars + 4
    ElementTree.fromstring(picture)


def test_an_unknown_option_is_refused() -> None:
    assert CliRunner().invoke(app, ["--fast"]).exit_code == 2


def test_an_unknown_part_is_refused() -> None:
    refused = CliRunner().invoke(app, ["--parts", "paths,everything"])
    assert refused.exit_code == 2
    assert "everything" in refused.output
