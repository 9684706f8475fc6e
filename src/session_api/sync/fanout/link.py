"""Keeping one connection to others, for as long as the process lives."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


class Link:
    """Whether the others are reached, and how often they had to be reached again."""

    def __init__(self, way: str, expected: tuple[type[Exception], ...]) -> None:
        """`expected` are the errors of a connection that is lost; any other is logged whole."""
        self._way = way
        self._expected = expected
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self.lost = False
        self.reconnects = 0

    def is_up(self) -> None:
        """The others are reached from now on."""
        if self.lost:
            self.lost = False
            self.reconnects += 1
            log.info("fan_out_back", way=self._way)

    def is_lost(self, error: Exception) -> None:
        """They are not, from now on. Logged once for each time."""
        if self.lost:
            return
        self.lost = True
        expected = isinstance(error, self._expected)
        log.log(
            logging.WARNING if expected else logging.ERROR,
            "fan_out_lost",
            way=self._way,
            reason=type(error).__name__,
            exc_info=None if expected else error,
        )

    async def keep(self, connection: Callable[[], Awaitable[None]]) -> None:
        """Makes the connection, which lasts until it raises, again and again, until cancelled;
        with pauses that grow while it can't be made, or does not last.
        """
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await connection()
            except Exception as error:  # it must outlive any failure
                self.is_lost(error)
            if loop.time() - began > LONGEST_PAUSE_SECONDS:
                self._pause_seconds = FIRST_PAUSE_SECONDS
            await asyncio.sleep(self._pause_seconds)
            self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)
