"""Waiting for what other processes and tasks do; never for ever."""

import asyncio
import time
from collections.abc import Callable

WAIT_SECONDS = 60.0
"""Far longer than anything takes that a test waits for, on a machine that does much else."""


def eventually(condition: Callable[[], bool], *, seconds: float = WAIT_SECONDS) -> bool:
    """Asks until it is true, or the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True


async def until(condition: Callable[[], bool], *, seconds: float = WAIT_SECONDS) -> None:
    """Lets other tasks run until it is true. Fails when the time is over."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - it watches what knows of no event
            await asyncio.sleep(0.005)
