"""Whose turn it is to use one of a few connections: first come, first served, and not for ever."""

import asyncio
from collections import deque


class Turns:
    """As asyncio's semaphore inside of `asyncio.timeout`, at a fifth of what these two cost each
    time that somebody has to wait, which under load is every other request. For one event loop.

    Nor has it their race: a turn is handed to whoever waits longest, so nobody who comes at that
    moment can take it from them.
    """

    def __init__(self, count: int, *, patience_seconds: float) -> None:
        """Up to `count` have a turn at once; others wait so long at most."""
        self._free = count
        self._patience_seconds = patience_seconds
        self._queue: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(not turn.done() for _, turn in self._queue)

    def take(self) -> bool:
        """Whether there is a turn at once. Whoever has one gives it back."""
        if self._free:
            self._free -= 1
            return True
        return False

    async def wait(self) -> None:
        """For a turn, where there is none at once. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._queue.append((loop.time() + self._patience_seconds, turn))
        if self._timer is None:
            self._timer = loop.call_at(self._queue[0][0], self._look, loop)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back()  # it was handed over just before
            raise

    def give_back(self) -> None:
        """To whoever waits longest."""
        while self._queue:
            _, turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        # One timer for all who wait: all have the same patience, so it ends in their order.
        now = loop.time()
        while self._queue and (self._queue[0][0] <= now or self._queue[0][1].done()):
            _, turn = self._queue.popleft()
            if not turn.done():
                turn.set_exception(TimeoutError())
        self._timer = loop.call_at(self._queue[0][0], self._look, loop) if self._queue else None
