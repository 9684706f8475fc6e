"""Figures that the parts of the service keep of themselves: plain numbers, read when asked for.

Counting is on the way of every request, so a count is one addition, and a duration two additions
and a search among a dozen bounds; what they are called and how they are written is known only to
`session_api.telemetry`. For one event loop: nothing here is locked.
"""

import asyncio
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

ticks = time.perf_counter
"""Seconds since some moment, for how long something took; nothing is decided by it."""

REQUEST_BOUNDS: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
    *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
"""Seconds. From a light read to the limit on a request."""


class Durations:
    """How often something took up to so many seconds. `counts` is one longer than the bounds."""

    __slots__ = ("bounds", "counts", "total_seconds")

    def __init__(self, bounds: Sequence[float] = REQUEST_BOUNDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total_seconds = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total_seconds += seconds


class Calls:
    """Calls to something outside of us, each by a name from the code: how long, how many failed."""

    def __init__(self) -> None:
        self.durations: dict[str, Durations] = {}
        self.failures: Counter[str] = Counter()

    def add(self, name: str, seconds: float, *, failed: bool) -> None:
        """One more."""
        if (durations := self.durations.get(name)) is None:
            durations = self.durations[name] = Durations()
        durations.add(seconds)
        self.failures[name] += failed


class Answered:
    """Requests of one route, method and status."""

    __slots__ = ("count", "durations")

    def __init__(self, durations: Durations) -> None:
        self.durations = durations
        self.count = 0


class Requests:
    """What the service answered. Routes are templates, never paths: those hold ids."""

    def __init__(self) -> None:
        self.under_way = 0
        self.by_status: dict[tuple[str, str, int], Answered] = {}
        self.durations: dict[tuple[str, str], Durations] = {}
        self.problems: Counter[str] = Counter()
        self.limited: Counter[str] = Counter()

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """One more."""
        answered = self.by_status.get((method, route, status))
        if answered is None:
            durations = self.durations.setdefault((method, route), Durations())
            answered = self.by_status[method, route, status] = Answered(durations)
        answered.count += 1
        answered.durations.add(seconds)

    async def over(self, *, seconds: float) -> None:
        """Waits until none is under way, or for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.under_way:  # noqa: ASYNC110 - once in a process, when it ends
                    await asyncio.sleep(0.01)


class Jobs:
    """What became of the background jobs of this process."""

    def __init__(self) -> None:
        self.durations: dict[str, Durations] = {}
        self.failures: Counter[str] = Counter()
        self.moved: Counter[str] = Counter()
        self.succeeded_at: dict[str, float] = {}

    def succeeded(self, job: str, *, moved: int, seconds: float, at: float) -> None:
        """A turn came to its end. `at` is a Unix time."""
        self._took(job, seconds)
        self.moved[job] += moved
        self.succeeded_at[job] = at

    def failed(self, job: str, *, seconds: float) -> None:
        """A turn was broken off by an error."""
        self._took(job, seconds)
        self.failures[job] += 1

    def _took(self, job: str, seconds: float) -> None:
        self.durations.setdefault(job, Durations(JOB_BOUNDS)).add(seconds)
        self.failures.setdefault(job, 0)


JOB_BOUNDS: Final = (0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 30.0, 60.0, 300.0, 1800.0)
"""Seconds. From a look that finds nothing to a walk through a large store."""
