"""A limit on how long work may take, for work that nearly never takes so long.

`asyncio.timeout` sets and cancels a timer for each request, which is 2 % of a light read. Here one
timer looks ten times a second at all that is under way, and rests when nothing is.
"""

import asyncio
from typing import Any, Final

LOOKS_EVERY_SECONDS: Final = 0.1


class Deadline:
    """When one piece of work must be done, in the loop's time. It may be moved."""

    __slots__ = ("_others", "at", "is_over", "requests_before", "task")

    def __init__(self, task: "asyncio.Task[Any]", at: float, others: "set[Deadline]") -> None:
        self.task = task
        self.at = at
        self.requests_before = task.cancelling()
        self.is_over = False
        self._others = others
        others.add(self)

    def has_cancelled(self) -> bool:
        """Whether it was this, and nobody else, that cancelled the work, which is then forgotten:
        the task goes on. To be asked once.
        """
        return self.is_over and self.task.uncancel() <= self.requests_before

    def end(self) -> None:
        """The work is done, or given up."""
        self._others.discard(self)


class Deadlines:
    """Those of all work of an app."""

    def __init__(self) -> None:
        self._under_way: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float) -> Deadline:
        """For what the present task does from now on, which then is cancelled where it stands.

        ::

            deadline = deadlines.begin(30)
            try:
                await work
            except asyncio.CancelledError:
                if deadline.has_cancelled():
                    raise TooLate from None
                raise
            finally:
                deadline.end()
        """
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101 - a request is one
        deadline = Deadline(task, loop.time() + seconds, self._under_way)
        if self._timer is None:
            self._timer = loop.call_later(LOOKS_EVERY_SECONDS, self._look, loop)
        return deadline

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for deadline in self._under_way:
            if now >= deadline.at and not deadline.is_over:
                deadline.is_over = True
                deadline.task.cancel()
        self._timer = (
            loop.call_later(LOOKS_EVERY_SECONDS, self._look, loop) if self._under_way else None
        )
