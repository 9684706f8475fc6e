"""What waits to be told to other processes."""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from session_api.database.commits import Moved, SessionKey, keep_newest
from session_api.sync.fanout.payloads import Aside, Payload, pack

MANY: Final = 400
"""Of more sessions than that at once nobody is told which: everybody looks at all they watch."""

ASIDES_WAITING: Final = 1_000
"""Of more asides, the oldest are dropped."""


class Outbox:
    """What this process has to tell. A session is told once, at its newest version, however often
    it moved. Its memory is bounded, whether or not anybody takes from it.
    """

    def __init__(self, *, closed: bool = False) -> None:
        """What is put into a closed one is dropped."""
        self._closed = closed
        self._moved: dict[SessionKey, int] = {}
        self._all_moved = False
        self._asides: deque[Aside] = deque(maxlen=ASIDES_WAITING)
        self.waiting = asyncio.Event()
        """Set while there is something."""

    def put_moved(self, moved: Moved) -> None:
        """Sessions that this process moved."""
        if self._closed:
            return
        if not self._all_moved:
            for key, version in moved.items():
                keep_newest(self._moved, key, version)
            if len(self._moved) > MANY:
                self._moved.clear()
                self._all_moved = True
        self.waiting.set()

    def put_aside(self, key: SessionKey, message: Mapping[str, Any]) -> None:
        """What was said beside a session."""
        if not self._closed:
            self._asides.append((key, message))
            self.waiting.set()

    def take(self) -> list[str]:
        """Texts that hold all that waits; nothing waits afterwards."""
        texts = list(pack(Payload(self._all_moved, self._moved, self._asides)))
        self._all_moved = False
        self._moved.clear()
        self._asides.clear()
        self.waiting.clear()
        return texts
