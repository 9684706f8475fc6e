"""Streams as Server-Sent Events (the HTML standard, § 9.2)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from session_api.live.streams.ends import SHUTDOWN
from session_api.live.streams.events import HEARTBEAT, Event, end_event, hello_event
from session_api.live.streams.lines import STATE, STREAMING, Line
from session_api.live.streams.service import LiveStreams, Opened
from session_api.live.streams.stream import Stream

MEDIA_TYPE: Final = "text/event-stream"

_HEADERS: Final = {
    "Content-Type": MEDIA_TYPE,
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep events back
}


class EventStream(Response):
    """The answer that does not end. Its one task is the request's."""

    def __init__(self, streams: LiveStreams, opened: Opened) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._streams = streams
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Returns when the stream is over, having said why where somebody still reads."""
        stream = self._opened.stream
        scope.setdefault("state", {})[STREAMING] = True

        async def write(events: Sequence[Event]) -> None:
            body = b"".join([event.sse for event in events]) if events else HEARTBEAT
            await send({"type": "http.response.body", "body": body, "more_body": True})

        try:
            async with heard_of(stream, scope, receive):
                start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
                await send(start)
                # Whoever lost a replica does not come to the next one in the same moment.
                pause = b"retry: %d\n" % (1000 + 2000 * stream.chance)
                hello = pause + hello_event(stream.position).sse
                await send({"type": "http.response.body", "body": hello, "more_body": True})
                await self._streams.run(self._opened, write)
                last = b"" if stream.ended is None else end_event(stream.ended).sse
                await send({"type": "http.response.body", "body": last})
        finally:
            self._streams.close(stream)


@asynccontextmanager
async def heard_of(stream: Stream, scope: Scope, receive: Receive) -> AsyncIterator[None]:
    """While it lasts, the stream is told when its client goes and when the service leaves."""
    line: Line | None = scope.get("state", {}).get(STATE)
    if line is not None:
        stream.abort = line.abort
        line.listen(lost=stream.lose, leave=lambda: stream.end(SHUTDOWN))
        try:
            yield
        finally:
            line.forget()
        return
    # Under a server that is not ours: it costs a task of its own.
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a request is one
    stream.abort = lambda: cancel(task)
    waiting = asyncio.create_task(_wait_for_the_end(stream, receive))
    try:
        yield
    finally:
        waiting.cancel()


def cancel(task: "asyncio.Task[object]") -> None:
    """Its connection can't be cut: it must come from what it waits for."""
    task.cancel()


async def _wait_for_the_end(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.lose()
