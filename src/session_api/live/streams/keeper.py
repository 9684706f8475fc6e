"""Looks after all open streams of a process, a few times a second, with one timer for them all."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from session_api.live.streams.ends import (
    ACCESS_ENDED,
    RENEW,
    TOKEN_EXPIRED,
    TOO_SLOW,
    End,
    end_of,
)
from session_api.live.streams.stream import Stream
from session_api.ports import Clock
from session_api.problems import DatabaseUnavailable, Problem
from session_api.security.revocations import RevocationList

LOOKS_EVERY_SECONDS: Final = 0.25
"""What is revoked elsewhere is known here half a second later at most; both together stay below a
second."""

PATIENCE_SECONDS: Final = 30.0
"""A connection that takes nothing for so long has a reader that is too slow, or gone."""

BEHIND_SECONDS: Final = 5.0
"""The same, where more waited than may: it has been slow for longer."""

SLOWEST_LINE: Final = 32 * 1024
"""Bytes a second. What is written takes so long on top of that."""

LAST_WORD_SECONDS: Final = 2.0
"""So long may the last event take; then the connection is cut."""


class Keeper:
    """Ends streams whose time has come, and lets idle ones beat. Rests while there are none."""

    def __init__(
        self,
        revocations: RevocationList,
        clock: Clock,
        *,
        shortest_seconds: float,
        look_too: Callable[[], None],
    ) -> None:
        """Looks as often as something can happen that lasts no longer than `shortest_seconds`."""
        self.streams: set[Stream] = set()
        self._revocations = revocations
        self._clock = clock
        self._pause_seconds = min(LOOKS_EVERY_SECONDS, shortest_seconds)
        self._look_too = look_too
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, stream: Stream) -> None:
        """Looks after the stream from now on."""
        self.streams.add(stream)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._pause_seconds, self._look_again, loop)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if self.streams:
            self._timer = loop.call_later(self._pause_seconds, self._look_again, loop)
            self.look(loop.time())

    def look(self, ticks: float) -> None:
        """Once at each. `ticks` is the loop's time."""
        now = self._clock()
        for stream in list(self.streams):
            if stream.ended is not None:
                if stream.abort is not None and ticks - stream.ended_at > LAST_WORD_SECONDS:
                    stream.abort()
            elif (end := self._why_end(stream, now, ticks)) is not None:
                stream.end(end)
            elif ticks >= stream.beat_at and stream.writing is None:
                stream.beat()
        self._look_too()

    def _why_end(self, stream: Stream, now: datetime, ticks: float) -> End | None:
        principal = stream.principal
        if now >= principal.expires_at:
            return TOKEN_EXPIRED
        if stream.access_until is not None and now >= stream.access_until:
            return ACCESS_ENDED
        if _is_too_slow(stream, ticks):
            return TOO_SLOW
        try:
            self._revocations.check(principal, stream.devices, now)
        except DatabaseUnavailable:
            pass  # nothing is read for the stream until that is known again
        except Problem as problem:
            return end_of(problem)
        return RENEW if ticks >= stream.renew_at else None


def _is_too_slow(stream: Stream, ticks: float) -> bool:
    """Whether its connection takes less than any line would bring."""
    if stream.writing is None:
        return False
    patience = BEHIND_SECONDS if stream.is_behind else PATIENCE_SECONDS
    return ticks - stream.writing.since > patience + stream.writing.size / SLOWEST_LINE
