"""One stream: what waits to be written to it, and up to which version it has come."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from session_api.live.changes import ChangePage
from session_api.live.streams.ends import ACCESS_ENDED, End
from session_api.live.streams.events import ChangeEvent, Event
from session_api.security import Principal
from session_api.security.caller import Access, Caller, Role
from session_api.sync.fanout import SessionKey

WRITTEN_AT_ONCE: Final = 64 * 1024
"""Bytes, about: what goes to the connection before it is asked whether it can take more."""


Kind = Literal["sse", "websocket"]
KINDS: Final[tuple[Kind, ...]] = ("sse", "websocket")


class Writing(NamedTuple):
    """What a connection is being given: since when, in the loop's time, and about how much."""

    since: float
    size: int


class Stream:
    """A reader of one session. For one event loop.

    `position` is the version up to which everything was handed to the connection. What its room
    hears of while it is `attached` waits in its queue, in order; `take` passes over what it has by
    then, so that catching up from the log and what comes live may overlap but never leave a gap.
    """

    __slots__ = (
        *("_bytes", "_have", "_limit_bytes", "_queue", "_waiter"),
        *("abort", "access_until", "attached", "beat_at", "devices", "ended", "ended_at"),
        *("gone", "id", "is_behind", "is_live", "is_quiet", "key", "kind", "opened_at"),
        *("position", "principal", "renew_at", "role", "writing"),
    )

    def __init__(
        self,
        kind: Kind,
        caller: Caller,
        devices: tuple[UUID, ...],
        session_id: UUID,
        *,
        id_: UUID,
        position: int,
        limit_bytes: int,
        opened_at: float,
        renew_at: float,
    ) -> None:
        """`devices` are those that the token was seen with, this one first. `opened_at` and
        `renew_at` are the loop's time.
        """
        self.kind = kind
        self.id = id_
        self.principal = caller.principal
        self.key: SessionKey = (caller.owner_id, session_id)
        self.devices = devices
        self.position = position
        self.opened_at = opened_at
        self.renew_at = renew_at
        self.beat_at = opened_at
        self.role: Role = "owner"
        self.access_until: datetime | None = None
        self.attached = False
        self.is_live = False
        self.is_behind = False
        self.is_quiet = False
        self.gone = False
        self.ended: End | None = None
        self.ended_at = 0.0
        self.abort: Callable[[], None] | None = None
        self.writing: Writing | None = None
        self._limit_bytes = limit_bytes
        self._queue: deque[Event] = deque()
        self._bytes = 0
        self._have: dict[UUID, int] | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def known_lengths(self) -> Mapping[UUID, int]:
        """Of the messages that grow, the length of the text that its reader has."""
        return self._have or {}

    @property
    def chance(self) -> float:
        """From 0 to 1, another for each stream: so that they do not all do the same at once."""
        return self.id.int % 1024 / 1024

    @property
    def person(self) -> UUID:
        """Who listens, in whosever workspace."""
        return self.principal.owner_id

    @property
    def is_over(self) -> bool:
        return self.gone or self.ended is not None

    # What others do to it

    def offer(self, event: Event) -> None:
        """Lets an event wait. Where too much waits, the stream falls back to the log, which it
        reads at the pace of its reader; the keeper ends it where that is none.
        """
        if self.is_over:
            return
        self._queue.append(event)
        self._bytes += event.size
        if self._bytes > self._limit_bytes:
            self.fall_back()
        self.wake()

    def fall_back(self) -> None:
        """Forgets the changes that wait: they are to be read from the log again."""
        kept = [event for event in self._queue if not isinstance(event, ChangeEvent)]
        self._queue.clear()
        self._queue.extend(kept[-100:])
        self._bytes = sum(event.size for event in self._queue)
        self.attached = self.is_live = False
        self.is_behind = True

    def end(self, end: End) -> None:
        """The first reason counts. What waits is not written any more: whoever resumes gets it."""
        if self.ended is None:
            self.ended = end
            self.ended_at = asyncio.get_running_loop().time()
            self._queue.clear()
            self._bytes = 0
        self.wake()

    def lose(self) -> None:
        """Nobody reads any longer."""
        self.gone = True
        self._queue.clear()
        self.wake()

    def beat(self) -> None:
        """Writes a heartbeat, if nothing else is to be written."""
        self.is_quiet = True
        self.wake()

    def admit(self, access: Access | None) -> None:
        """Lets the reader, who is not the owner, have what they may now; None ends it."""
        if access is None:
            self.end(ACCESS_ENDED)
        else:
            self.role, self.access_until = access.role, access.expires_at

    def renew(self, principal: Principal, devices: tuple[UUID, ...]) -> None:
        """The person has shown a newer token."""
        self.principal, self.devices = principal, devices

    def wake(self) -> None:
        """Lets `wait` return."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What its own task does

    async def wait(self) -> None:
        """Until there is something to take, a heartbeat is due, or it is over."""
        if self._queue or self.is_over or self.is_quiet or self.is_behind:
            return
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def begin_writing(self, ticks: float, size: int) -> None:
        """Until `writing` is None again, its connection takes no more."""
        self.writing = Writing(ticks, size)

    def caught_up_with(self, page: ChangePage) -> list[ChangeEvent]:
        """What a page of the log brings; the stream stands behind it then."""
        events = []
        for change in page.changes:
            event = ChangeEvent(change, offset=None)
            events.append(event)
            self._remember(event)
        if not page.has_more:
            self.position = max(self.position, page.version)
        return events

    def take(self) -> list[Event]:
        """What is to be written next, about `WRITTEN_AT_ONCE`; nothing where there is none.

        A growing message whose beginning this reader may lack makes it fall back to the log.
        """
        taken: list[Event] = []
        size = 0
        while self._queue and size < WRITTEN_AT_ONCE:
            event = self._queue.popleft()
            self._bytes -= event.size
            if isinstance(event, ChangeEvent):
                if event.version <= self.position:
                    continue
                if event.offset is not None and event.offset > self._length(event.entity_id):
                    self.fall_back()
                    return taken
                self._remember(event)
            taken.append(event)
            size += event.size
        return taken

    def _length(self, message_id: UUID) -> int:
        return -1 if self._have is None else self._have.get(message_id, -1)

    def _remember(self, event: ChangeEvent) -> None:
        self.position = event.version
        if event.length is not None:
            if self._have is None:
                self._have = {}
            self._have[event.entity_id] = event.length
        elif self._have:
            self._have.pop(event.entity_id, None)
