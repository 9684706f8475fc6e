"""Streams as frames of a WebSocket, with what its client says: typing, presence, a newer token."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from starlette.types import Message, Receive, Send

from session_api.json_text import rfc3339
from session_api.live.streams.ends import (
    BAD_MESSAGE,
    SHUTDOWN,
    TOO_MANY_MESSAGES,
    End,
    end_of,
)
from session_api.live.streams.events import Event, end_event, hello_event
from session_api.live.streams.lines import Line
from session_api.live.streams.messages import Auth, Ping, Present, Said, Typing
from session_api.live.streams.presence import Member, Presence
from session_api.live.streams.service import LiveStreams, Opened
from session_api.live.streams.stream import Stream
from session_api.problems import Problem, TokenInvalid
from session_api.security.caller import Caller

MESSAGES_PER_SECOND: Final = 10
MESSAGES_AT_ONCE: Final = 40
"""A client that sends more has lost its way."""

Identify = Callable[[Auth], Awaitable[tuple[Caller, tuple[UUID, ...]]]]
"""Who a token speaks for, and the devices that it was seen with. Raises Problem."""

Parse = Callable[[Message], Said]
"""What a frame says. Raises ValueError."""


class Allowance:
    """So many messages at once, and so many a second after that."""

    __slots__ = ("_at", "_left")

    def __init__(self, now: float) -> None:
        self._at = now
        self._left = float(MESSAGES_AT_ONCE)

    def takes(self, now: float) -> bool:
        """Counts one. Whether it was still within."""
        gained = (now - self._at) * MESSAGES_PER_SECOND
        self._left = min(self._left + gained, MESSAGES_AT_ONCE) - 1
        self._at = now
        return self._left >= 0


class SocketSession:
    """One accepted WebSocket, from its first event to its last. It reads in a task of its own."""

    def __init__(
        self,
        streams: LiveStreams,
        opened: Opened,
        *,
        receive: Receive,
        send: Send,
        line: Line | None,
        parse: Parse,
        identify: Identify,
        now: datetime,
    ) -> None:
        self._streams = streams
        self._opened = opened
        self._receive = receive
        self._send = send
        self._line = line
        self._parse = parse
        self._identify = identify
        self._now = now

    async def run(self) -> None:
        """Returns when the stream is over, its end told and the WebSocket closed."""
        stream = self._opened.stream
        if self._line is not None:
            stream.abort = self._line.abort
            self._line.listen(lost=stream.lose, leave=lambda: stream.end(SHUTDOWN))
        presence = self._streams.attendance.presence_of(stream)
        reading = asyncio.create_task(self._read(stream, presence))
        try:
            await self._greet(stream, presence)
            await self._streams.run(self._opened, self._write)
            if stream.ended is not None and not stream.gone:
                await close(self._send, stream.ended)
        except OSError:
            if not stream.gone:  # else it went while something was written to it
                raise
        finally:
            reading.cancel()
            if self._line is not None:
                self._line.forget()
            self._streams.attendance.leave(stream)
            self._streams.close(stream)

    async def _greet(self, stream: Stream, presence: Presence) -> None:
        """The stream takes part from now on, and is told who else does."""
        member = Member(
            str(stream.id),
            stream.principal.subject,
            str(stream.devices[0]),
            since=rfc3339(self._now),
        )
        present = presence.enter(member)
        hello = hello_event(stream.position, connection_id=member.connection_id, present=present)
        await self._write([hello])

    async def _write(self, events: Sequence[Event]) -> None:
        for event in events:
            await self._send({"type": "websocket.send", "text": event.frame})

    async def _read(self, stream: Stream, presence: Presence) -> None:
        loop = asyncio.get_running_loop()
        allowance = Allowance(loop.time())
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return stream.lose()
            if not allowance.takes(loop.time()):
                return stream.end(TOO_MANY_MESSAGES)
            try:
                await self._hear(stream, presence, self._parse(message))
            except ValueError:
                return stream.end(BAD_MESSAGE)
            except Problem as problem:
                return stream.end(end_of(problem))

    async def _hear(self, stream: Stream, presence: Presence, said: Said) -> None:
        connection_id = str(stream.id)
        match said:
            case Ping():
                stream.offer(Event("pong", "{}"))
            case Typing():
                presence.type(connection_id, said.typing)
            case Present():
                presence.change(connection_id, said.state)
            case Auth():
                caller, devices = await self._identify(said)
                if caller.principal.owner_id != stream.person:
                    raise TokenInvalid("The token is another person's.")
                stream.renew(caller.principal, devices)


async def close(send: Send, end: End) -> None:
    """Tells the end and closes the WebSocket with its code."""
    await send({"type": "websocket.send", "text": end_event(end).frame})
    await send({"type": "websocket.close", "code": end.close_code, "reason": end.reason})
