"""Clients that follow sessions: many streams in one process, each a bare socket.

A process of its own (`python -m benchmarks.streams`). The first line of its standard input is a
`Following` as JSON; it answers with a line once every stream has said hello. The second is a
version: once all streams have that, or it does not come in time, it answers with what arrived, as
`Arrivals`. Of HTTP, Server-Sent Events and WebSockets it reads only what it must: which versions
came, and when.
"""

import asyncio
import json
import re
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import cycle
from typing import Literal, cast

import uvloop

Kind = Literal["sse", "ws"]

# Events are written whole, each into one chunk, so that chunks' own lines stand between events.
_EVENT = re.compile(rb"id: (\d+)\nevent: ([a-z_.]+)\ndata: [^\n]*\n\n")
_CHANGE = re.compile(rb'\{"type":"(change|hello)".*?"version":(\d+)', re.DOTALL)
_AT_ONCE = 50
"""Streams that are being opened at the same time."""

_LAST_SECONDS = 30.0


@dataclass(frozen=True)
class Following:
    """`ports` are taken in turn, as are `targets`: a session and the token of who follows it."""

    kind: Kind
    ports: list[int]
    targets: list[tuple[str, str]]
    count: int


@dataclass
class Arrivals:
    """When each version arrived, of the machine's monotonic clock, one time for each stream that
    it came to. `disorder` counts versions that came twice, or before an earlier one; `ended` the
    streams that were over too soon, `refused` the first answer that was no stream.
    """

    times: dict[int, list[float]] = field(default_factory=dict)
    disorder: int = 0
    ended: int = 0
    refused: str = ""

    def note(self, version: int) -> None:
        self.times.setdefault(version, []).append(time.monotonic())


class _Stream(asyncio.Protocol):
    def __init__(self, following: Following, target: tuple[str, str], arrivals: Arrivals) -> None:
        self._kind = following.kind
        self._target = target
        self._arrivals = arrivals
        self._rest = b""
        self.newest = -1
        self._in_head = True
        self._left = False
        self._transport: asyncio.WriteTransport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes, though they do the same.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(_request(self._kind, *self._target))

    def connection_lost(self, _error: Exception | None) -> None:
        self._arrivals.ended += not self._left
        if not self.opened.done():
            self._refuse("the connection ended")

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if self._in_head:
            head, found, rest = self._rest.partition(b"\r\n\r\n")
            if not found:
                return
            expected = b" 200 " if self._kind == "sse" else b" 101 "
            if expected not in head[:16]:
                self._refuse(self._rest[:500].decode("latin-1"))
                return
            self._in_head, self._rest = False, rest
        for version, is_hello in self._events() if self._kind == "sse" else self._frames():
            if is_hello:
                self.newest = version
                if not self.opened.done():
                    self.opened.set_result(None)
                continue
            self._arrivals.disorder += version != self.newest + 1
            self.newest = version
            self._arrivals.note(version)

    def close(self) -> None:
        self._left = True
        if self._transport is not None:
            self._transport.close()

    def _events(self) -> Iterator[tuple[int, bool]]:
        end = 0
        for event in _EVENT.finditer(self._rest):
            end = event.end()
            yield int(event[1]), event[2] == b"hello"
        # What is left is the beginning of an event, or a heartbeat.
        self._rest = self._rest[end:] if b"id: " in self._rest[end:] else self._rest[end:][-8:]

    def _frames(self) -> Iterator[tuple[int, bool]]:
        while (frame := self._next_frame()) is not None:
            opcode, payload = frame
            if opcode == 0x9:
                assert self._transport is not None
                # Masked with zeros: a client's frames must be, and the key is its own affair.
                head = bytes([0x8A, 0x80 | len(payload), 0, 0, 0, 0])
                self._transport.write(head + payload)
            elif found := _CHANGE.match(payload):
                yield int(found[2]), found[1] == b"hello"

    def _next_frame(self) -> tuple[int, bytes] | None:
        """Opcode and payload of a whole frame, which the server does not mask."""
        data = self._rest
        if len(data) < 2:
            return None
        size, start = data[1] & 0x7F, 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size, start = int.from_bytes(data[2 : 2 + width], "big"), 2 + width
        if len(data) < start + size:
            return None
        self._rest = data[start + size :]
        return data[0] & 0x0F, data[start : start + size]

    def _refuse(self, why: str) -> None:
        self._arrivals.refused = self._arrivals.refused or why
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(why))


def _request(kind: Kind, session_id: str, token: str) -> bytes:
    path = f"/api/sessions/{session_id}/" + ("events" if kind == "sse" else "ws")
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}"]
    if kind == "ws":
        lines += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        # Of 16 bytes that nobody looks at (RFC 6455 § 4.1).
        lines += ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]
        lines += ["Sec-WebSocket-Protocol: session-api.v1"]
    else:
        lines.append("Accept: text/event-stream")
    return "\r\n".join([*lines, "", ""]).encode()


def _as_is(stream: _Stream) -> _Stream:
    return stream


async def _follow(following: Following) -> Arrivals:
    """Raises ConnectionError where a stream does not open."""
    loop = asyncio.get_running_loop()
    arrivals = Arrivals()
    ports, targets = cycle(following.ports), cycle(following.targets)
    opened: list[_Stream] = []
    waiting = following.count
    while waiting:
        batch = min(waiting, _AT_ONCE)
        waiting -= batch
        streams = []
        for _ in range(batch):
            stream = _Stream(following, next(targets), arrivals)
            await loop.create_connection(partial(_as_is, stream), "127.0.0.1", next(ports))
            streams.append(stream)
        opened += streams
        async with asyncio.timeout(60):
            await asyncio.gather(*(stream.opened for stream in streams))
    print("ready", flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    until = int(await reader.read() or 0)
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_SECONDS):
            while any(stream.newest < until for stream in opened):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    for stream in opened:
        stream.close()
    return arrivals


def main() -> None:
    """Follows until its input ends, and what that asks for is there."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    following = Following(**json.loads(sys.stdin.readline()))
    try:
        arrivals = uvloop.run(_follow(following))
    except (ConnectionError, TimeoutError) as error:
        print(f"a stream did not open: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    print(json.dumps(asdict(arrivals)), flush=True)


if __name__ == "__main__":
    main()
