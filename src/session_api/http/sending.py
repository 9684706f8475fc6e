"""How an answer is written to its connection: most in one piece, others as uvicorn does it.

uvicorn looks at each header twice with a regular expression and writes head and body one after the
other: two system calls and two packets for each answer, and a client that wakes up twice. An answer
whose length is known and whose body comes at once, as nearly all of ours, is put together here,
of headers that were written out beforehand (`AnswerHeaders`).
"""

import asyncio
from typing import Any, Final

from starlette.types import Message
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from session_api.http.headers_of_answers import AnswerHeaders, Header, written

_START: Final = "http.response.start"
_EMPTY: Final = frozenset({204, 304})
"""Answers without a body, and without its length (RFC 9110 § 8.6)."""


class Sending:
    """The `send` of one request, in the place of its cycle's."""

    __slots__ = ("_cycle", "_flow", "_is_everyday", "_length", "_start", "_transport")

    def __init__(
        self, cycle: RequestResponseCycle, transport: asyncio.Transport, flow: FlowControl
    ) -> None:
        self._cycle = cycle
        self._transport = transport
        self._flow = flow
        # What an answer begins with is kept until its body is there.
        self._start: Message | None = None
        self._length = 0
        self._is_everyday = not cycle.access_log and cycle.scope["method"] != "HEAD"

    async def __call__(self, message: Any) -> None:
        """Raises as uvicorn's, RuntimeError for messages out of order or of another length."""
        cycle = self._cycle
        if self._is_everyday:
            if self._start is None:
                if message["type"] == _START and self._has_length(message):
                    self._start = message
                    return
            elif message["type"] != _START and not message.get("more_body"):
                body: bytes = message.get("body", b"")
                if len(body) == self._length:
                    if self._flow.write_paused and not cycle.disconnected:
                        await self._flow.drain()
                    self._end(self._start, body)
                    return
            self._is_everyday = False
            if self._start is not None and message["type"] != _START:
                await RequestResponseCycle.send(cycle, self._start)  # type: ignore[arg-type]
        await RequestResponseCycle.send(cycle, message)
        if cycle.response_complete:
            self._let_go()

    def _has_length(self, start: Message) -> bool:
        headers = start["headers"]
        if type(headers) is not AnswerHeaders or not headers.are_as_written:
            return False
        if start["status"] in _EMPTY:
            return True
        for name, value in headers.own:
            if name == b"content-length":
                self._length = int(value)
                return True
        return False

    def _end(self, start: Message, body: bytes) -> None:
        cycle = self._cycle
        if cycle.disconnected:
            return
        headers: AnswerHeaders = start["headers"]
        own: list[Header] = [*cycle.default_headers, *headers.own]
        parts = [STATUS_LINE[start["status"]], written(own), headers.lines]
        if not cycle.keep_alive:
            parts.append(b"connection: close\r\n")
        parts += (b"\r\n", body)
        cycle.response_started = True
        cycle.waiting_for_100_continue = False
        self._transport.write(b"".join(parts))
        cycle.response_complete = True
        self._let_go()
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()

    def _let_go(self) -> None:
        # The two hold each other: all of a request would be left to the garbage collector.
        vars(self._cycle).pop("send", None)
