"""Waiting for sessions to change, whoever changes them, on whichever replica."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Final, Literal, Self, TypeAlias

import structlog

from session_api.database.commits import GONE, Moved, SessionKey
from session_api.database.engine import Database, TransactionConflict
from session_api.problems import Problem
from session_api.sync.fanout.repository import Seen, versions_unlike

Source: TypeAlias = Literal["own", "poll", "notify", "redis"]
"""What woke somebody: a commit of this process, polling, or a hint of another process."""

SOURCES: Final[tuple[Source, ...]] = ("own", "poll", "notify", "redis")

POLLED_AT_ONCE: Final = 5_000
ANSWER_SECONDS: Final = 3.0
"""A database that does not answer is asked again on another connection."""

_NOTHING: Final = -1
_ASK_ALWAYS: Final = -1  # a version that no session has, so that its own always comes back

log = structlog.get_logger(__name__)


class Watched:
    """One who watches a session while its `with` block lasts. `seen` is the version they have, and
    theirs to move on.
    """

    # Thousands of these lie idle in a process: no event, whose queue of waiters takes 600 bytes.
    __slots__ = ("_hint", "_key", "_waiter", "_watched", "seen")

    def __init__(
        self, key: SessionKey, seen: int, watched: "dict[SessionKey, list[Watched]]"
    ) -> None:
        self.seen = seen
        self._key = key
        self._watched = watched
        self._hint = _NOTHING
        self._waiter: asyncio.Future[None] | None = None

    def __enter__(self) -> Self:
        self._watched.setdefault(self._key, []).append(self)
        return self

    def __exit__(self, *_: object) -> None:
        others = self._watched[self._key]
        others.remove(self)
        if not others:
            del self._watched[self._key]

    async def changed(self) -> None:
        """Returns once the session may be at another version than `seen`, or may be gone.

        "May": who is woken looks for themselves, and moves `seen` to what they found. What happens
        while they look is not lost: the next call returns at once. For one task at a time.
        """
        while True:
            hint, self._hint = self._hint, _NOTHING
            if hint == GONE or hint > self.seen:
                return
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def stir(self, version: int) -> bool:
        """Wakes the watcher, unless they have seen that version. Whether it did."""
        if version != GONE and version <= max(self.seen, self._hint):
            return False
        if self._hint != GONE:
            self._hint = version
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        return True


class Watch:
    """The sessions that somebody in this process watches.

    Polling is the truth: versions show in the database only once they are committed, and one
    statement asks for all that are watched, every `interval`. Hints, of this process's own commits
    or from others, only wake sooner; a hint that is lost costs at most an interval, one that is
    wrong costs a look. Any number of watchers of one session cost one look into the primary key.
    """

    def __init__(
        self, database: Database, *, interval: timedelta, polled_at_once: int = POLLED_AT_ONCE
    ) -> None:
        self._database = database
        self._polled_at_once = polled_at_once
        self._interval_seconds = interval.total_seconds()
        self._watched: dict[SessionKey, list[Watched]] = {}
        self._at_once = asyncio.Event()
        self._failing = False
        self.wakes: Counter[str] = Counter(dict.fromkeys(SOURCES, 0))

    @property
    def sessions(self) -> int:
        """How many sessions are watched."""
        return len(self._watched)

    @property
    def watchers(self) -> int:
        """How many watch them."""
        return sum(map(len, self._watched.values()))

    def watch(self, key: SessionKey, version: int) -> Watched:
        """For a `with` block, in which a session is watched of which the caller has seen `version`.

        Who watches first and reads then misses nothing; in the other order, what happens between
        is found by the next poll.
        """
        return Watched(key, version, self._watched)

    def told(self, moved: Moved, source: Source) -> None:
        """Wakes those who watch one of these sessions and have not seen that version of it."""
        for key, version in moved.items():
            for watched in self._watched.get(key, ()):
                self.wakes[source] += watched.stir(version)

    def look_soon(self) -> None:
        """Has everything polled at once: hints may have been lost."""
        self._at_once.set()

    async def run_for_ever(self) -> None:
        """Polls until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_seconds):
                    await self._at_once.wait()
            self._at_once.clear()
            if self._watched:
                await self._try_to_look()

    async def look(self) -> None:
        """Polls once. Raises DatabaseUnavailable."""
        seen: list[Seen] = [
            (key, _seen_by_all(watchers)) for key, watchers in self._watched.items()
        ]
        for start in range(0, len(seen), self._polled_at_once):
            piece = seen[start : start + self._polled_at_once]
            async with asyncio.timeout(ANSWER_SECONDS):
                found = await versions_unlike(self._database, piece)
            for key, version in found:
                for watched in self._watched.get(key, ()):
                    if version == GONE or version != watched.seen:
                        # One that went back, as when a back-up was restored, is a change as well.
                        news = version if version > watched.seen else GONE
                        self.wakes["poll"] += watched.stir(news)

    async def _try_to_look(self) -> None:
        """Logs when it begins to fail, and when it works again, not all the time between."""
        try:
            await self.look()
        except Exception as error:  # the loop must outlive any failure
            if not self._failing:
                expected = isinstance(error, Problem | TransactionConflict | TimeoutError)
                log.log(
                    logging.WARNING if expected else logging.ERROR,
                    "sessions_unpolled",
                    reason=type(error).__name__,
                    exc_info=None if expected else error,
                )
            self._failing = True
        else:
            if self._failing:
                log.info("sessions_polled_again")
            self._failing = False


def _seen_by_all(watchers: list[Watched]) -> int:
    """The version that all of them have seen, or one that makes the session's own come back."""
    versions = {watched.seen for watched in watchers}
    return versions.pop() if len(versions) == 1 else _ASK_ALWAYS
