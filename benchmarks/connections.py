"""Keep-alive connections of HTTP/1.1, as load generators need them."""

import asyncio
from collections.abc import Callable
from typing import cast

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"


class Connection(asyncio.Protocol):
    """One connection, with at most one request under way.

    Of an answer it reads only what it must: the status, the length, and where it ends. `answered`
    is called with the connection, the answer's head and its size in bytes; `lost` when the server
    ends the connection, or answers with a body of no length.
    """

    def __init__(
        self, answered: Callable[["Connection", bytes, int], None], lost: Callable[[], None]
    ) -> None:
        self._answered = answered
        self._lost = lost
        self._head = b""
        self._whole = b""  # the head of the answer that is coming in
        self._size = 0
        self._missing = -1  # bytes of the body still to come; -1 while in the head
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes, though they do the same.
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._lost()

    def ask(self, request: bytes) -> None:
        """Sends it. Only when the last one was answered."""
        assert self._transport is not None
        self._transport.write(request)

    def close(self) -> None:
        """At once, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            head = self._head + data
            end = head.find(_HEAD_END)
            if end < 0:
                self._head = head
                return
            self._head = b""
            self._whole = head[:end]
            self._missing = _length(self._whole.lower())
            if self._missing < 0:
                self.close()
                return
            received = len(head) - end - len(_HEAD_END)
            self._size = end + len(_HEAD_END) + self._missing
        else:
            received = len(data)
        self._missing -= received
        if self._missing == 0:
            self._missing = -1
            self._answered(self, self._whole, self._size)


def _length(head: bytes) -> int:
    """The declared length of a body; 0 for an answer that has none, -1 where nothing tells."""
    at = head.find(_LENGTH)
    if at >= 0:
        return int(head[at + len(_LENGTH) :].split(b"\r", 1)[0])
    return 0 if head.startswith((b"http/1.1 204 ", b"http/1.1 304 ")) else -1


async def opened(
    port: int, count: int, answered: Callable[[Connection, bytes, int], None]
) -> tuple[list[Connection], "asyncio.Future[None]"]:
    """So many connections to this machine, and what is done when one of them is lost."""
    loop = asyncio.get_running_loop()
    lost: asyncio.Future[None] = loop.create_future()

    def lose() -> None:
        if not lost.done():
            lost.set_result(None)

    made = [
        await loop.create_connection(lambda: Connection(answered, lose), "127.0.0.1", port)
        for _ in range(count)
    ]
    return [connection for _, connection in made], lost


def status_of(head: bytes) -> int:
    """Of the answer with this head."""
    return int(head[9:12])


def is_expected(status: int, expected: int) -> bool:
    """Whether an answer is as it should be. 0 expects whatever is below 400."""
    return status == expected or (expected == 0 and status < 400)


def percentile(ordered: list[float], share: float) -> float:
    """Of seconds in order, in milliseconds; 0 where there are none."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 if ordered else 0.0
