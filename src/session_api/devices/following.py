"""Following the table of revocations, so that what one replica revokes ends on all."""

import asyncio
import logging
from datetime import timedelta
from typing import Final

import structlog

from session_api.database.engine import Database, TransactionConflict
from session_api.devices.revocations_repository import all_revocations, news
from session_api.ports import Clock
from session_api.problems import Problem
from session_api.security.revocations import RevocationList

ANSWER_SECONDS: Final = 3.0
"""A database that does not answer is asked again on another connection."""

log = structlog.get_logger(__name__)


class Follower:
    """Keeps a list of revocations up to date, from the moment it is started."""

    def __init__(
        self,
        database: Database,
        revocations: RevocationList,
        clock: Clock,
        *,
        stale_after: timedelta,
    ) -> None:
        """After `stale_after` without a successful look, the list lets nobody in."""
        self._database = database
        self._revocations = revocations
        self._clock = clock
        self._stale_after_seconds = stale_after.total_seconds()
        self._watermark: int | None = None
        self._failing = False

    async def start(self) -> None:
        """Reads the whole table, before the first request. Where that fails, nobody is let in
        until a later look succeeds.
        """
        self._revocations.expect_news()
        await self._try_to_look()

    async def run_for_ever(self, interval: timedelta) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(interval.total_seconds())
            await self._try_to_look()

    async def _try_to_look(self) -> None:
        """Logs when it begins to fail, and when it works again, not all the time between."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self.look()
        except Exception as error:  # the loop must outlive any failure
            # What answers next may be another server, whose numbers tell nothing about ours.
            self._watermark = None
            if not self._failing:
                expected = isinstance(error, Problem | TransactionConflict | TimeoutError)
                log.log(
                    logging.WARNING if expected else logging.ERROR,
                    "revocations_unread",
                    reason=type(error).__name__,
                    exc_info=None if expected else error,
                )
            self._failing = True
        else:
            if self._failing:
                log.info("revocations_read_again")
            self._failing = False

    async def look(self) -> None:
        """Reads what is new; all, the first time, after a failure, and where the numbers of
        transactions went back. Raises DatabaseUnavailable.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        if self._watermark is None:
            below, found = await all_revocations(self._database, self._clock())
        else:
            below, found = await news(self._database, self._watermark)
            if below < self._watermark:
                below, found = await all_revocations(self._database, self._clock())
        now = self._clock()
        for revocation in found:
            self._revocations.add(revocation, now)
        self._watermark = below
        # What was committed after the look began may be missing from it.
        self._revocations.good_for(self._stale_after_seconds - (loop.time() - began))
