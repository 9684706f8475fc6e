"""What runs beside the requests: started with the service, ended in order when it stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from session_api.http import connections
from session_api.lifecycle.runner import JobRunner
from session_api.settings import Settings

ANSWERS_TAKE_SECONDS = 2.0
"""At most: requests that were cancelled because the time to finish is over still say so."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
    """The app's. What it yields is in the state of every connection."""
    settings: Settings = app.state.settings
    runner = JobRunner(
        app.state.jobs.all,
        app.state.leases,
        app.state.clock,
        interval=settings.job_interval,
        figures=app.state.job_figures,
    )
    await app.state.telemetry.open()
    await app.state.object_store.open()
    await app.state.follower.start()
    tasks = [
        asyncio.create_task(app.state.fanning_out.run_for_ever()),
        asyncio.create_task(app.state.identity.run_for_ever()),
        asyncio.create_task(app.state.refusals.write_for_ever()),
        asyncio.create_task(app.state.follower.run_for_ever(settings.revocation_interval)),
        asyncio.create_task(app.state.device_writer.run_for_ever(settings.revocation_interval)),
    ]
    if settings.jobs_enabled:
        tasks.append(asyncio.create_task(runner.run_for_ever()))
    limits = connections.ConnectionLimits(
        head_bytes=settings.max_head_bytes, head_seconds=settings.head_timeout.total_seconds()
    )
    yield {connections.STATE: limits}
    app.state.streams.leave_all()  # each was told by its connection already, where that is ours
    await app.state.requests.over(seconds=ANSWERS_TAKE_SECONDS)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await app.state.refusals.write_the_last()
    await app.state.identity.close()
    await app.state.object_store.close()
    await app.state.rate_counters.close()
    await app.state.telemetry.close()
    if app.state.tracing is not None:
        await app.state.tracing.close()
    await app.state.database.close()
