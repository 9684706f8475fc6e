"""A limit on how long work may take, for work that nearly never takes so long.

`asyncio.timeout` sets and cancels a timer for each request, which is 2 % of a light read. Here one
timer looks ten times a second at all that is under way, and rests when nothing is.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

LOOKS_EVERY_SECONDS: Final = 0.1


class Overdue(Exception):
    """Work took longer than it may, and was cancelled where it stood."""


class Deadline:
    """When one piece of work must be done, in the loop's time. It may be moved."""

    __slots__ = ("at", "cancelled", "requests_before", "task")

    def __init__(self, task: "asyncio.Task[Any]", at: float) -> None:
        self.task = task
        self.at = at
        self.requests_before = task.cancelling()
        self.cancelled = False


class Deadlines:
    """Those of all work of an app."""

    def __init__(self) -> None:
        self._under_way: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float) -> Deadline:
        """For work of the task that asks. Whatever happens to it, `keep` it to its end."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101 - a request is one
        deadline = Deadline(task, loop.time() + seconds)
        self._under_way.add(deadline)
        if self._timer is None:
            self._timer = loop.call_later(LOOKS_EVERY_SECONDS, self._look, loop)
        return deadline

    async def keep(self, deadline: Deadline, work: Coroutine[Any, Any, T]) -> T:
        """What the work gives. Raises Overdue, and what it raises."""
        try:
            return await work
        except asyncio.CancelledError:
            # Somebody else may want the task to end as well; then it ends.
            if deadline.cancelled and deadline.task.uncancel() <= deadline.requests_before:
                raise Overdue from None
            raise
        finally:
            self._under_way.discard(deadline)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for deadline in self._under_way:
            if now >= deadline.at and not deadline.cancelled:
                deadline.cancelled = True
                deadline.task.cancel()
        self._timer = (
            loop.call_later(LOOKS_EVERY_SECONDS, self._look, loop) if self._under_way else None
        )
