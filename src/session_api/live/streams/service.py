"""All streams of one process: opened, run, looked after, ended."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from starlette.requests import ClientDisconnect

from session_api.database.engine import Database, TransactionConflict
from session_api.live.changes import ChangeFeed, ChangePage
from session_api.live.streams.attendance import Attendance
from session_api.live.streams.ends import ENDS, SESSION_DELETED, SHUTDOWN, UNAVAILABLE, end_of
from session_api.live.streams.events import Event
from session_api.live.streams.keeper import Keeper
from session_api.live.streams.limits import StreamLimits
from session_api.live.streams.lines import Line
from session_api.live.streams.reads import present_version
from session_api.live.streams.room import Room, tells_of_shares
from session_api.live.streams.stream import KINDS, WRITTEN_AT_ONCE, Kind, Stream
from session_api.ports import Clock, Ids
from session_api.problems import DatabaseUnavailable, Problem, SessionNotFound
from session_api.security.caller import Caller
from session_api.security.revocations import RevocationList
from session_api.sharing import ShareReader
from session_api.stream_problems import TooManyStreams
from session_api.sync.fanout import Asides, SessionKey, Watch

CAUGHT_UP_AT_ONCE: Final = 200
CAUGHT_UP_BYTES: Final = 256 * 1024
"""Changes that a stream reads of the log at a time, and about their bytes."""

NEW_STREAM_WAITS: Final = 5
"""Seconds after which whoever has too many streams may try again."""

Write = Callable[[Sequence[Event]], Awaitable[None]]
"""Writes events to a connection, or a heartbeat where there are none; returns when it can take
more."""


@dataclass(slots=True)
class Opened:
    """A stream that nobody writes yet, and what it begins with."""

    stream: Stream
    page: ChangePage | None

    def take_page(self) -> ChangePage:
        """Once: a page can be large, and a stream long."""
        page, self.page = self.page, None
        assert page is not None  # noqa: S101 - a stream is run once
        return page


class LiveStreams:
    """Called by the routers, once they know who asks."""

    def __init__(
        self,
        database: Database,
        feed: ChangeFeed,
        own_feed: ChangeFeed,
        shares: ShareReader,
        watch: Watch,
        asides: Asides,
        revocations: RevocationList,
        clock: Clock,
        ids: Ids,
        limits: StreamLimits,
    ) -> None:
        """`feed` is the rooms', `own_feed` that of streams which catch up."""
        self.limits = limits
        self.ended: Counter[str] = Counter(
            dict.fromkeys(("left", *(end.reason for end in ENDS)), 0)
        )
        self._database = database
        self._feed = feed
        self._own_feed = own_feed
        self._shares = shares
        self._watch = watch
        self._revocations = revocations
        self._ids = ids
        self.attendance = Attendance(asides, process=ids().hex)
        self._readers = asyncio.Semaphore(limits.readers)
        self._counts: Counter[UUID] = Counter()
        self._rooms: dict[SessionKey, Room] = {}
        self._leaving = False
        self._keeper = Keeper(
            revocations,
            clock,
            shortest_seconds=min(limits.longest_seconds, limits.heartbeat_seconds),
            look_too=self.attendance.look,
        )

    @property
    def open_streams(self) -> Collection[Stream]:
        """All that are not over."""
        return self._keeper.streams

    def by_kind(self) -> Mapping[str, int]:
        """How many streams are open."""
        counts = Counter(stream.kind for stream in self.open_streams)
        return {kind: counts[kind] for kind in KINDS}

    # Opening

    async def open(
        self,
        kind: Kind,
        caller: Caller,
        devices: tuple[UUID, ...],
        session_id: UUID,
        since: int | None,
        line: Line | None = None,
    ) -> Opened:
        """A stream of what comes after `since`, or after the present version. To be run soon.

        Raises SessionNotFound, ChangesGone, ValidationFailed for a version never reached,
        TooManyStreams, and ClientDisconnect where the line was lost before it was its turn.
        """
        person = caller.principal.owner_id
        if self._counts[person] >= self.limits.per_user:
            raise TooManyStreams(
                f"One user may have {self.limits.per_user} at once.", retry_after=NEW_STREAM_WAITS
            )
        self._counts[person] += 1
        try:
            page = await self._first_page((caller.owner_id, session_id), since, line)
        except BaseException:
            self._release(person)
            raise
        now = asyncio.get_running_loop().time()
        stream = Stream(
            kind,
            caller,
            devices,
            session_id,
            id_=self._ids(),
            position=page.version if since is None else since,
            limit_bytes=self.limits.buffer_bytes,
            opened_at=now,
            renew_at=now + self.limits.longest_seconds,
        )
        # Not all at once, when many came at once.
        stream.renew_at -= self.limits.longest_seconds * stream.chance / 10
        stream.beat_at = now + self.limits.heartbeat_seconds
        self._keeper.keep(stream)
        if self._leaving:
            stream.end(SHUTDOWN)
        if caller.access is not None:
            # Once more, after the first look at the log: what ends a share later is in the log.
            stream.admit(caller.access)
            try:
                await self._check_access(stream.key, [stream])
            except BaseException:
                self.close(stream)
                raise
        return Opened(stream, page)

    async def _first_page(
        self, key: SessionKey, since: int | None, line: Line | None
    ) -> ChangePage:
        if since is None:
            version = await present_version(self._database, *key)
            return ChangePage([], version, has_more=False)
        async with self._readers:
            if line is not None and line.is_lost:
                raise ClientDisconnect
            return await self._read_alone(key, since)

    def close(self, stream: Stream) -> None:
        """The stream is over, however it came to that. Safe to repeat."""
        if stream not in self.open_streams:
            return
        self._keeper.streams.remove(stream)
        self._release(stream.person)
        self.ended["left" if stream.ended is None else stream.ended.reason] += 1
        room = self._rooms.get(stream.key)
        if room is not None:
            room.streams.discard(stream)
            if not room.streams:
                room.close()
                del self._rooms[stream.key]

    def _release(self, person: UUID) -> None:
        self._counts[person] -= 1
        if not self._counts[person]:
            del self._counts[person]

    # Running

    async def run(self, opened: Opened, write: Write) -> None:
        """Writes all that the session tells, until the stream is over. Never the last event, which
        says why: `stream.ended`.
        """
        stream = opened.stream
        try:
            await self._tell(opened, write)
        except SessionNotFound:
            stream.end(SESSION_DELETED)
        except Problem as problem:
            stream.end(end_of(problem))
        except (TransactionConflict, TimeoutError):
            stream.end(UNAVAILABLE)
        finally:
            self.close(stream)

    async def _tell(self, opened: Opened, write: Write) -> None:
        stream = opened.stream
        has_more = await self._bring(stream, opened.take_page(), write)
        was_attached = False
        while not stream.is_over:
            # Whoever was attached before the last page was read has in the queue what came since.
            if not has_more and ((was_attached and stream.attached) or self._attach(stream)):
                await self._follow(stream, write)
            was_attached = stream.attached
            async with self._readers:
                page = await self._next_page(stream)
            if page is None:
                return
            has_more = await self._bring(stream, page, write)
            del page  # it must not wait for what comes next

    async def _bring(self, stream: Stream, page: ChangePage, write: Write) -> bool:
        """Writes a page of the log. Whether there is more."""
        for events in _portions(stream.caught_up_with(page)):
            await self._write(stream, write, events)
        return page.has_more

    async def _next_page(self, stream: Stream) -> ChangePage | None:
        """Whoever is over by the time it is their turn reads nothing."""
        if stream.is_over:
            return None
        page = await self._read_alone(stream.key, stream.position)
        if tells_of_shares(page):
            await self._check_access(stream.key, [stream])
        return page

    async def _follow(self, stream: Stream, write: Write) -> None:
        """Writes what the room hears, until the stream is over or has to catch up again."""
        stream.is_live = True
        while not stream.is_over and not stream.is_behind:
            events = stream.take()
            if events or stream.is_quiet:
                stream.is_quiet = False
                await self._write(stream, write, events)
            else:
                await stream.wait()
        stream.is_live = False

    async def _write(self, stream: Stream, write: Write, events: Sequence[Event]) -> None:
        if stream.is_over:
            return
        loop = asyncio.get_running_loop()
        stream.begin_writing(loop.time(), sum(event.size for event in events))
        if stream.role != "owner":
            events = [event.seen_by(stream.role) for event in events]
        try:
            await write(events)
        finally:
            stream.writing = None
            stream.beat_at = loop.time() + self.limits.heartbeat_seconds

    def _attach(self, stream: Stream) -> bool:
        """From here on the room keeps what it hears. Whether the stream has all before that."""
        room = self._rooms.get(stream.key)
        if room is None or room.is_over:
            room = self._rooms[stream.key] = Room(
                stream.key,
                self._read,
                self._check_access,
                self._watch,
                position=stream.position,
                grown=stream.known_lengths,
            )
            room.open()
        room.streams.add(stream)
        return room.attach(stream)

    async def _read(
        self, key: SessionKey, since: int, limit: int, grown: Mapping[UUID, int]
    ) -> ChangePage:
        """For a room."""
        self._require_news_of_revocations()
        return await self._feed.read(*key, since, limit=limit, grown=grown)

    async def _read_alone(self, key: SessionKey, since: int) -> ChangePage:
        """For one stream: little, since all of it is kept until its reader has it."""
        self._require_news_of_revocations()
        return await self._own_feed.read(*key, since, limit=CAUGHT_UP_AT_ONCE)

    def _require_news_of_revocations(self) -> None:
        if self._revocations.stale:
            # A token that was revoked meanwhile must not be read for.
            raise DatabaseUnavailable("Whether tokens were revoked can't be told just now.")

    async def _check_access(self, key: SessionKey, streams: Collection[Stream]) -> None:
        """Lets those who are not the owner have what they may now, or ends theirs."""
        if any(stream.role != "owner" for stream in streams):
            reach = await self._shares.of_session(*key)
            for stream in list(streams):
                if stream.role != "owner":
                    stream.admit(reach.get(stream.person))

    # Ending

    def leave_all(self) -> None:
        """The service stops: every stream ends, and none begins."""
        self._leaving = True
        for stream in list(self.open_streams):
            stream.end(SHUTDOWN)


def _portions(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """As many as are written at once; none where there are none."""
    portion: list[Event] = []
    size = 0
    for event in events:
        portion.append(event)
        size += event.size
        if size >= WRITTEN_AT_ONCE:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
