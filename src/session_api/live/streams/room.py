"""All streams of one session in one process: the feed is read once for them all."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final
from uuid import UUID

import structlog

from session_api.database.engine import TransactionConflict
from session_api.live.changes import ChangePage
from session_api.live.streams.ends import SESSION_DELETED, UNAVAILABLE, End, end_of
from session_api.live.streams.events import ChangeEvent
from session_api.live.streams.stream import Stream
from session_api.problems import Problem, SessionNotFound, ValidationFailed
from session_api.sync.fanout import SessionKey, Watch, Watched
from session_api.sync_problems import ChangesGone

PAGE: Final = 500
BREATH_SECONDS: Final = 0.02
"""Between two reads: what a busy session does meanwhile, such as an answer that grows, is read
together. The first change after a quiet time is not kept waiting."""

PORTION_BYTES: Final = 256 * 1024
"""After so much the streams get a moment to hand on what they were offered."""

RETRY_SECONDS: Final = 0.25

Read = Callable[[SessionKey, int, int, Mapping[UUID, int]], Awaitable[ChangePage]]
"""Reads the feed: session, version, limit, and what is known of growing messages."""

CheckAccess = Callable[[SessionKey, Collection[Stream]], Awaitable[None]]
"""Ends the streams of those who may no longer read the session."""

log = structlog.get_logger(__name__)


class Room:
    """Made with a session's first stream and gone with its last.

    `position` is the version up to which every attached stream was offered everything. A room never
    waits for a stream, so that a slow reader holds up nobody.
    """

    def __init__(
        self,
        key: SessionKey,
        read: Read,
        check_access: CheckAccess,
        watch: Watch,
        *,
        position: int,
        grown: Mapping[UUID, int],
    ) -> None:
        """`grown` has how long the texts of growing messages are that its first stream has."""
        self.key = key
        self.position = position
        self.streams: set[Stream] = set()
        self._read = read
        self._check_access = check_access
        self._watch = watch
        self._grown = dict(grown)
        self._task: asyncio.Task[None] | None = None
        self._is_reading = self._is_closed = False

    def open(self) -> None:
        """Begins to follow the session, from `position` on."""
        self._task = asyncio.create_task(self._follow())

    @property
    def is_over(self) -> bool:
        """It follows no longer: whoever comes now needs another one."""
        return self._task is None or self._task.done()

    def close(self) -> None:
        """Nobody is here any longer."""
        self._is_closed = True
        # A read that is cancelled costs its connection to the database; it ends by itself.
        if self._task is not None and not self._is_reading:
            self._task.cancel()

    def attach(self, stream: Stream) -> bool:
        """From now on the stream is offered what the room reads. False where something between the
        stream's position and the room's is still to be read; then it must read once more, after
        which it has all.
        """
        stream.attached = True
        stream.is_behind = False
        return self.position <= stream.position

    async def _follow(self) -> None:
        with self._watch.watch(self.key, self.position) as watched:
            while True:
                await watched.changed()
                self._is_reading = True
                try:
                    await self._read_on(watched)
                except SessionNotFound:
                    return self._end_all(SESSION_DELETED)
                except ValidationFailed as problem:
                    # The version went back, as when a back-up is restored.
                    return self._end_all(end_of(problem))
                except ChangesGone as gone:
                    # Only after a long outage. Each stream finds out for itself, or has had it.
                    self._skip_to(int(gone.members["version"]), watched)
                except (Problem, TransactionConflict, TimeoutError):
                    await self._pause_and_retry(watched)
                except Exception as error:
                    log.error("room_failed", exc_info=error)
                    return self._end_all(UNAVAILABLE)
                finally:
                    self._is_reading = False
                if self._is_closed:
                    return None
                await asyncio.sleep(BREATH_SECONDS)

    async def _read_on(self, watched: Watched) -> None:
        has_more = True
        while has_more and not self._is_closed:
            page = await self._read(self.key, self.position, PAGE, self._grown)
            if tells_of_shares(page):
                # First: whoever reads no longer must not have what came after that either.
                await self._check_access(self.key, self.streams)
            await self._hand_out(page)
            has_more = page.has_more
            if not has_more:
                self.position = page.version
            watched.seen = self.position

    async def _hand_out(self, page: ChangePage) -> None:
        """Offers the changes to all attached, in portions that a quick reader keeps up with.

        Behind a page that has more may be an edit of before: of what grows, only the lengths that
        this page told are good from then on (`ChangeFeed.read`).
        """
        size = 0
        for change in page.changes:
            known = self._grown.get(change.entity_id)
            event = ChangeEvent(change, offset=known if change.kind == "message.grown" else None)
            if change.length is not None:
                self._grown[change.entity_id] = change.length
            elif known is not None:
                del self._grown[change.entity_id]
            for stream in self.streams:
                if stream.attached:
                    stream.offer(event)
            self.position = change.version
            size += event.size
            if size > PORTION_BYTES:
                size = 0
                await asyncio.sleep(BREATH_SECONDS)
        if page.has_more:
            told = {change.entity_id for change in page.changes}
            self._grown = {each: length for each, length in self._grown.items() if each in told}

    def _end_all(self, end: End) -> None:
        for stream in self.streams:
            stream.end(end)

    def _skip_to(self, version: int, watched: Watched) -> None:
        self._grown.clear()
        self.position = watched.seen = version
        for stream in self.streams:
            stream.fall_back()
            stream.wake()

    async def _pause_and_retry(self, watched: Watched) -> None:
        """The database is away: it is asked again until it answers, or nobody is here."""
        await asyncio.sleep(RETRY_SECONDS)
        watched.stir(self.position + 1)


def tells_of_shares(page: ChangePage) -> bool:
    """Whether somebody was let in, put out, or given another role."""
    return any(change.kind.startswith("share.") for change in page.changes)
