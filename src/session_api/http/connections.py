"""A connection that can't be held for ever by somebody who sends little, slowly, or too much.

uvicorn bounds how long an idle connection is kept, and nothing else: neither how long the first
byte of a request may take, nor how large its headers are, nor what still trickles in of a body that
was refused. On the way of an everyday request this adds a few comparisons and no timer.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from session_api.edge_problems import BadRequest, HeadersTooLarge, RequestTooSlow
from session_api.http.errors import problem_document
from session_api.http.headers_of_answers import API_HEADERS
from session_api.http.sending import Sending
from session_api.live.streams.lines import STATE as LINE
from session_api.live.streams.lines import Line
from session_api.problems import Problem

STATE: Final = "connection_limits"
HEAD_TOO_LARGE: Final = "head_too_large"
LAST_WORD_SECONDS: Final = 0.5
"""When the service stops, a stream says so and is cut after that: others wait for it to end."""
_LINGER_SECONDS: Final = 0.1
"""What a client sent before it could know that we leave is in our hands by then."""
_DRAIN_SECONDS: Final = 2.0
"""A client that is still sending has read its answer by then."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The largest head of a request, and how long one may take, and what follows a refusal."""

    head_bytes: int = 32 * 1024
    head_seconds: float = 10.0


class Connection(HttpToolsProtocol):
    """uvicorn's, with limits. They come through the state of the app's lifespan, which is the way
    into worker processes too.
    """

    _no_limits: ClassVar = ConnectionLimits()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits: ConnectionLimits = app_state.get(STATE, self._no_limits)
        self._begun = False  # the first byte of a head is here
        self._is_whole = True  # the last byte of a request is here
        self._head_bytes = 0
        self._leaving = False
        self._is_draining = False
        self._timer: asyncio.TimerHandle | None = None
        self._idle_since = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None
        self._line: Line

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._line = Line(transport.abort)
        self._set_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_timer()
        self._unset_idle_timer()
        self._line.tell_lost()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_draining:
            return
        self._head_bytes += len(data)
        super().data_received(data)
        if self._begun:
            if self._head_bytes > self._limits.head_bytes:
                self._refuse(HeadersTooLarge())
            elif self._timer is None:
                self._set_timer()

    # As the parser finds them

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun, self._is_whole = True, False

    def on_headers_complete(self) -> None:
        if self._head_bytes > self._limits.head_bytes and self._is_too_large():
            self.scope["state"][HEAD_TOO_LARGE] = True
        self.scope["state"][LINE] = self._line
        before = self.cycle
        super().on_headers_complete()
        self._begun = False
        self._unset_timer()
        if self.cycle is before:
            self._unset_idle_timer()
            return  # it goes on as a WebSocket, which has limits of its own
        if self._leaving:
            self.cycle.keep_alive = False
        sending = Sending(self.cycle, self.transport, self.flow)
        self.cycle.send = sending  # type: ignore[method-assign]
        if not self.cycle.keep_alive:
            self._end_with_answer()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_whole = True
        self._head_bytes = 0
        if self._timer is not None and not self._begun:
            self._unset_timer()

    def on_response_complete(self) -> None:
        if self._is_draining:
            self.server_state.total_requests += 1
            self.flow.resume_reading()
            return
        # As uvicorn's, which sets a timer after each answer and unsets it at the next request.
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._idle_since = self.loop.time()
            if self._idle_timer is None:
                self._wait_idle(self.timeout_keep_alive)
        if not self._is_whole:
            # Answered before all of it came: what follows is read, so that the answer arrives, but
            # not for ever.
            self._set_timer()

    def _should_upgrade(self) -> bool:
        # Else it is answered as a request is whose headers are too large.
        return super()._should_upgrade() and HEAD_TOO_LARGE not in self.scope["state"]

    def _is_too_large(self) -> bool:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        return size > self._limits.head_bytes

    @property
    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    # What does not end by itself

    def _wait_idle(self, seconds: float) -> None:
        self._idle_timer = self.loop.call_later(seconds, self._look_if_idle)

    def _unset_idle_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def _look_if_idle(self) -> None:
        """Closes a connection that is kept, and of no use."""
        self._idle_timer = None
        if self._begun or self._is_answering or self.transport.is_closing():
            return  # the end of the next answer sets it again
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._wait_idle(left)
        else:
            self.transport.close()

    def _set_timer(self) -> None:
        self._unset_timer()
        self._timer = self.loop.call_later(self._limits.head_seconds, self._end)

    def _unset_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._is_answering:
            self._set_timer()  # the head of the next request waits behind an answer
        elif self._begun:
            self._refuse(RequestTooSlow())
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        if self.transport.is_closing():
            return
        body = problem_document(problem, path=None, request_id=None)
        head = [b"HTTP/1.1 %d \r\n" % problem.status]
        head += [b"%s: %s\r\n" % header for header in API_HEADERS]
        head.append(b"content-type: application/problem+json\r\ncache-control: no-store\r\n")
        head.append(b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body))
        self.transport.write(b"".join([*head, body]))
        self.end()

    def end(self) -> None:
        """Ends the connection so that what was written arrives: closed over bytes that nobody has
        read, it would be reset, and the answer lost (RFC 9112 § 9.6).
        """
        if self._is_whole or not self.transport.can_write_eof():
            self.transport.close()
            return
        self._is_draining = True
        self.transport.write_eof()
        self._unset_timer()
        self._timer = self.loop.call_later(_DRAIN_SECONDS, self.transport.close)

    def _end_with_answer(self) -> None:
        self.cycle.transport = _Ending(self.transport, self.end)  # type: ignore[assignment]

    def send_400_response(self, msg: str) -> None:
        """What the parser can't read."""
        self._refuse(BadRequest(msg))

    # Leaving

    def shutdown(self) -> None:
        """As uvicorn's, but what a client sent before it could know is still answered."""
        self._leaving = True
        if self._is_answering:
            self.cycle.keep_alive = False
            self._end_with_answer()
            self._line.tell_leave()
            self.loop.call_later(LAST_WORD_SECONDS, self._cut_stream)
        elif self._is_draining:
            self.transport.close()
        else:
            self.loop.call_later(_LINGER_SECONDS, self._leave)

    def _cut_stream(self) -> None:
        """Its reader did not even take the last event."""
        if self._is_answering and self._line.is_streaming:
            self.transport.abort()

    def _leave(self) -> None:
        if not self._begun and not self._is_answering:
            self.transport.close()


class _Ending:
    """What a cycle sees of the transport where its answer is the last: it ends as we end it."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport, end: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = end
