"""Running the jobs on their interval, in one replica at a time, until told to stop."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog

from session_api.figures import Jobs, ticks
from session_api.lifecycle.jobs import BATCH, Job
from session_api.lifecycle.leases import Leases
from session_api.ports import Clock
from session_api.problems import Problem

log = structlog.get_logger(__name__)

LEASE_LASTS = timedelta(seconds=60)
"""A dead holder's job waits so long at most."""

RENEWED_AFTER = LEASE_LASTS / 3

TURN_TAKES = timedelta(seconds=30)
"""At most: what then is left of a job waits for its next turn, so that no other waits for it."""

GIVING_BACK_TAKES = timedelta(seconds=3)
"""At most: less than a shutdown may take, so that a silent database does not hold it up."""


async def run_to_the_end(
    job: Job, leases: Leases, clock: Clock, *, at_most: timedelta | None = None
) -> int | None:
    """Runs a job batch by batch until nothing is left, or for `at_most`; gives its lease back.

    Returns how many rows or objects it moved; None where another process holds the lease.
    """
    started_at = clock()
    if not await leases.take(job.name, now=started_at, lasts=LEASE_LASTS):
        return None
    moved = 0
    try:
        while True:
            async with _renewed(job, leases, clock):
                count = await job.run(clock(), BATCH)
            moved += count
            if job.every is not None or count < BATCH:
                return moved
            if at_most is not None and clock() - started_at > at_most:
                return moved
            # A lease that was lost, to a clock far ahead of ours, leaves the rest to its holder.
            if not await leases.take(job.name, now=clock(), lasts=LEASE_LASTS):
                return moved
    finally:
        # Also when cancelled. A lease that can't be given back runs out.
        with suppress(Problem, TimeoutError):
            async with asyncio.timeout(GIVING_BACK_TAKES.total_seconds()):
                await leases.give_back(job.name)


@asynccontextmanager
async def _renewed(job: Job, leases: Leases, clock: Clock) -> AsyncIterator[None]:
    """Keeps the lease for as long as the block lasts; where that fails, the lease runs out."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEWED_AFTER.total_seconds())
            with suppress(Problem):
                await leases.take(job.name, now=clock(), lasts=LEASE_LASTS)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


class JobRunner:
    """The jobs of one process, as a task for the app's lifespan."""

    def __init__(
        self,
        jobs: Sequence[Job],
        leases: Leases,
        clock: Clock,
        *,
        interval: timedelta,
        figures: Jobs | None = None,
    ) -> None:
        self._jobs = jobs
        self._leases = leases
        self._clock = clock
        self._interval_seconds = interval.total_seconds()
        self._figures = figures or Jobs()

    async def run_for_ever(self) -> None:
        """Until cancelled."""
        while True:
            await self.run_once()
            await asyncio.sleep(self._interval_seconds)

    async def run_once(self) -> None:
        """Gives each job its turn. A failure is logged and tried again at the next interval."""
        for job in self._jobs:
            started = ticks()
            try:
                moved = await self._turn(job)
            except Problem as problem:
                self._figures.failed(job.name, seconds=ticks() - started)
                log.warning("job_failed", job=job.name, code=problem.code)
            except Exception as error:  # the loop must outlive any one failure
                self._figures.failed(job.name, seconds=ticks() - started)
                log.error("job_failed", job=job.name, exc_info=error)
            else:
                if moved is not None:
                    self._figures.succeeded(
                        job.name,
                        moved=moved,
                        seconds=ticks() - started,
                        at=self._clock().timestamp(),
                    )
                if moved:
                    log.info("job_done", job=job.name, count=moved)

    async def _turn(self, job: Job) -> int | None:
        if job.every is None:
            return await run_to_the_end(job, self._leases, self._clock, at_most=TURN_TAKES)
        turn = f"{job.name}.turn"
        if not await self._leases.take(turn, now=self._clock(), lasts=job.every, renew=False):
            return None
        try:
            return await run_to_the_end(job, self._leases, self._clock)
        except Exception:
            # It was none: the next may be at once.
            with suppress(Problem):
                await self._leases.give_back(turn)
            raise
