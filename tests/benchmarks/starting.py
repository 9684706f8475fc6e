"""Services for the benchmarks' own tests, without the second that each start's imports take."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.processes import Process
from tests.support.forked import start_forked


def forked(command: Sequence[str], output: int, environment: Mapping[str, str]) -> Process:
    """As `benchmarks.processes.started`, by a fork of what has imported the service."""
    with Path(os.devnull).open() as nothing:
        return start_forked(
            command, environment, stdin=nothing.fileno(), stdout=output, stderr=output
        )
