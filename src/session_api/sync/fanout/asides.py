"""What is said beside a session and never stored: who is here, who is typing."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

from session_api.database.commits import SessionKey
from session_api.json_text import encode_json
from session_api.sync.fanout.outbox import Outbox

ASIDE_BYTES: Final = 2_048
"""The longest aside, as JSON in UTF-8."""

WAITING: Final = 100
"""Asides that wait for one hearer; of more, the oldest are dropped."""


class AsideTooLong(ValueError):
    """An aside of more than ASIDE_BYTES."""


class Hearing:
    """One who hears what is said beside a session, while its `with` block lasts."""

    # As with who watches: many lie idle.
    __slots__ = ("_hearings", "_key", "_waiter", "_waiting")

    def __init__(
        self, key: SessionKey, hearings: "dict[SessionKey, list[Hearing | Listening]]"
    ) -> None:
        self._key = key
        self._hearings = hearings
        self._waiting: list[Mapping[str, Any]] = []
        self._waiter: asyncio.Future[None] | None = None

    def __enter__(self) -> Self:
        self._hearings.setdefault(self._key, []).append(self)
        return self

    def __exit__(self, *_: object) -> None:
        others = self._hearings[self._key]
        others.remove(self)
        if not others:
            del self._hearings[self._key]

    async def next(self) -> Mapping[str, Any]:
        """The next aside, in the order of their arrival. For one task at a time."""
        while not self._waiting:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._waiting.pop(0)

    def put(self, message: Mapping[str, Any]) -> None:
        """One more; where too many wait, instead of the oldest."""
        if len(self._waiting) == WAITING:
            del self._waiting[0]
        self._waiting.append(message)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Listening:
    """One who is told at once, and needs no task for it. `put` returns soon and raises nothing."""

    __slots__ = ("put",)

    def __init__(self, heard: Callable[[Mapping[str, Any]], None]) -> None:
        self.put = heard


class Asides:
    """What is said beside the sessions that somebody in this process hears.

    Asides are not the truth: any may be dropped, and none is kept for who comes later. They reach
    hearers in this process at once, and those in others where processes can tell each other; by
    polling alone they stay in the process.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._hearings: dict[SessionKey, list[Hearing | Listening]] = {}

    def say(self, key: SessionKey, message: Mapping[str, Any]) -> None:
        """Tells all who hear, the speaker included; nobody may change the message afterwards.
        Raises AsideTooLong, and ValueError for what is no JSON.
        """
        if len(encode_json(message).encode()) > ASIDE_BYTES:
            raise AsideTooLong
        self.told(key, message)
        self._outbox.put_aside(key, message)

    def hear(self, key: SessionKey) -> Hearing:
        """For a `with` block, in which is heard what is said beside a session."""
        return Hearing(key, self._hearings)

    def listen(self, key: SessionKey, heard: Callable[[Mapping[str, Any]], None]) -> Listening:
        """Calls `heard` with all that is said beside a session, until `forget`."""
        listening = Listening(heard)
        self._hearings.setdefault(key, []).append(listening)
        return listening

    def forget(self, key: SessionKey, listening: Listening) -> None:
        """They hear no longer."""
        others = self._hearings[key]
        others.remove(listening)
        if not others:
            del self._hearings[key]

    def told(self, key: SessionKey, message: Mapping[str, Any]) -> None:
        """Tells those who hear in this process."""
        for hearing in tuple(self._hearings.get(key, ())):
            hearing.put(message)
