"""Running the jobs on their interval, in one replica at a time, until told to stop."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import structlog

from session_api.lifecycle.jobs import BATCH, Job
from session_api.lifecycle.leases import Leases
from session_api.ports import Clock
from session_api.problems import Problem

log = structlog.get_logger(__name__)

LEASE_LASTS = timedelta(seconds=60)
"""Longer than any batch takes; a dead holder's job waits so long at most."""

GIVING_BACK_TAKES = timedelta(seconds=3)
"""At most: less than a shutdown may take, so that a silent database does not hold it up."""


async def run_to_the_end(job: Job, leases: Leases, clock: Clock) -> int | None:
    """Runs a job batch by batch until nothing is left, and gives its lease back.

    Returns how many sessions it moved; None where another process holds the lease.
    """
    if not await leases.take(job.name, now=clock(), lasts=LEASE_LASTS):
        return None
    moved = 0
    try:
        while True:
            count = await job.run(clock(), BATCH)
            moved += count
            # A lease that was lost, to a clock far ahead of ours, leaves the rest to its holder.
            if count < BATCH or not await leases.take(job.name, now=clock(), lasts=LEASE_LASTS):
                return moved
    finally:
        # Also when cancelled. A lease that can't be given back runs out.
        with suppress(Problem, TimeoutError):
            async with asyncio.timeout(GIVING_BACK_TAKES.total_seconds()):
                await leases.give_back(job.name)


class JobRunner:
    """The jobs of one process, as a task for the app's lifespan."""

    def __init__(
        self, jobs: Sequence[Job], leases: Leases, clock: Clock, *, interval: timedelta
    ) -> None:
        self._jobs = jobs
        self._leases = leases
        self._clock = clock
        self._interval_seconds = interval.total_seconds()

    async def run_for_ever(self) -> None:
        """Until cancelled. A failure is logged and tried again at the next interval."""
        while True:
            for job in self._jobs:
                try:
                    moved = await run_to_the_end(job, self._leases, self._clock)
                except Problem as problem:
                    log.warning("job_failed", job=job.name, code=problem.code)
                except Exception as error:  # the loop must outlive any one failure
                    log.error("job_failed", job=job.name, exc_info=error)
                else:
                    if moved:
                        log.info("job_done", job=job.name, sessions=moved)
            await asyncio.sleep(self._interval_seconds)
