"""Twenty clients on two replicas, under which everything fails in turn; see the package.

`SESSION_API_TEST_HISTORY_SECONDS` says for how long, `SESSION_API_TEST_HISTORY_SEED` with which
seed. It waits far more than it works, so xdist starts it first (`tests/conftest.py`).
"""

import os
import random
from collections.abc import Callable

import pytest

from tests.faults.history.run import run

SECONDS = float(os.environ.get("SESSION_API_TEST_HISTORY_SECONDS", "20"))
LEAST_CALLS_A_SECOND = 5
"""Of a run that shows anything, on a machine that does much else."""


@pytest.mark.waits
async def test_what_clients_see_while_everything_fails_is_as_if_nothing_had(
    record_property: Callable[[str, object], None],
) -> None:
    chosen = os.environ.get("SESSION_API_TEST_HISTORY_SEED")
    seed = random.SystemRandom().randrange(10**6) if chosen is None else int(chosen)
    record_property("says", f"seed {seed}, {SECONDS:g} s")
    report = await run(seconds=SECONDS, seed=seed, pause_seconds=0.25)
    print(report)  # noqa: T201 - which pytest shows where something is wrong
    assert report.wrong == []
    assert report.history.faults
    taken = [call for call in report.history.calls if call.outcome == "ok"]
    assert len(taken) > LEAST_CALLS_A_SECOND * SECONDS
