"""The one timer for all requests: who is cancelled, when, and as what they are told."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from session_api.http.deadlines import Deadline, Deadlines

T = TypeVar("T")


class Overdue(Exception):
    """What the work is told here."""


async def kept(deadline: Deadline, work: Coroutine[Any, Any, T]) -> T:
    """As the docstring of `begin` says it is to be used, and as requests do."""
    try:
        return await work
    except asyncio.CancelledError:
        if deadline.has_cancelled():
            raise Overdue from None
        raise
    finally:
        deadline.end()


async def sleeps(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"


async def test_work_that_is_done_in_time_is_not_touched() -> None:
    deadlines = Deadlines()
    assert await kept(deadlines.begin(5), sleeps(0.3)) == "done"
    await asyncio.sleep(0.3)  # and nothing of it comes later


async def test_work_that_is_overdue_is_cancelled_and_its_task_goes_on() -> None:
    deadlines = Deadlines()
    for _ in range(2):
        with pytest.raises(Overdue):
            await kept(deadlines.begin(0.01), sleeps(30))
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_deadline_can_be_moved() -> None:
    deadlines = Deadlines()
    deadline = deadlines.begin(0.01)
    deadline.at += 30
    assert await kept(deadline, sleeps(0.3)) == "done"


async def test_one_that_is_late_takes_nobody_along() -> None:
    deadlines = Deadlines()

    async def work(allowed: float, needed: float) -> str:
        try:
            return await kept(deadlines.begin(allowed), sleeps(needed))
        except Overdue:
            return "overdue"

    found = await asyncio.gather(work(30, 0.4), work(0.1, 30), work(30, 0.2), work(0.2, 30))
    assert list(found) == ["done", "overdue", "done", "overdue"]


async def test_who_is_cancelled_by_somebody_else_is_cancelled() -> None:
    deadlines = Deadlines()

    async def work() -> None:
        await kept(deadlines.begin(30), sleeps(30))

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_work_raises_comes_through() -> None:
    async def fails() -> None:
        raise KeyError("x")

    deadlines = Deadlines()
    with pytest.raises(KeyError):
        await kept(deadlines.begin(30), fails())
