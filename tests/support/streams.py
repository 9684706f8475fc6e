"""Readers of streams: Server-Sent Events over HTTP, and WebSockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

WAIT_SECONDS = 20.0


@dataclass
class Told:
    """One event. `id` is None where it had none."""

    kind: str
    data: Any
    id: int | None = None


@dataclass
class EventReader:
    """Reads a stream of Server-Sent Events as the standard says."""

    answer: httpx.Response
    comments: int = 0
    retry: int | None = None
    last_id: int | None = None
    _lines: AsyncIterator[str] | None = None

    async def next(self, *, seconds: float = WAIT_SECONDS) -> Told | None:
        """The next event; None where the stream is over."""
        async with asyncio.timeout(seconds):
            return await self._next()

    async def _next(self) -> Told | None:
        if self._lines is None:
            self._lines = self.answer.aiter_lines()
        kind, data, id_ = "message", [], None
        async for line in self._lines:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match name:
                case "" if line:
                    self.comments += 1
                case "event":
                    kind = value
                case "data":
                    data.append(value)
                case "id":
                    id_ = self.last_id = int(value)
                case "retry":
                    self.retry = int(value)
                case "" if data:
                    return Told(kind, json.loads("\n".join(data)), id_)
        return None

    async def until(self, kind: str, *, seconds: float = WAIT_SECONDS) -> list[Told]:
        """All up to the first of this kind, which is the last of them."""
        told: list[Told] = []
        async with asyncio.timeout(seconds):
            while not told or told[-1].kind != kind:
                event = await self._next()
                assert event is not None, f"over without {kind}: {told}"
                told.append(event)
        return told

    async def up_to(self, version: int, *, seconds: float = WAIT_SECONDS) -> list[Told]:
        """All changes up to this version."""
        told: list[Told] = []
        async with asyncio.timeout(seconds):
            while not told or (told[-1].id or 0) < version:
                event = await self._next()
                assert event is not None, f"over before {version}: {told[-3:]}"
                if event.kind != "hello":
                    told.append(event)
        return told


@asynccontextmanager
async def events_of(
    client: httpx.AsyncClient,
    session_id: str,
    *,
    since: int | None = None,
    last_event_id: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[EventReader]:
    """Follows a session, as a browser's EventSource would."""
    sent = dict(headers or {})
    if last_event_id is not None:
        sent["Last-Event-ID"] = str(last_event_id)
    path = f"/api/sessions/{session_id}/events"
    query = {} if since is None else {"since": str(since)}
    async with client.stream("GET", path, params=query, headers=sent) as answer:
        if answer.status_code != 200:
            await answer.aread()
        assert answer.status_code == 200, answer.text
        yield EventReader(answer)


@dataclass
class Socket:
    """One WebSocket of somebody."""

    connection: ClientConnection
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def next(self, *, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        """The next frame."""
        async with asyncio.timeout(seconds):
            frame: dict[str, Any] = json.loads(await self.connection.recv())
        self.heard.append(frame)
        return frame

    async def until(self, type_: str, *, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        """The next frame of this type; those before it are in `heard`."""
        async with asyncio.timeout(seconds):
            while (frame := await self.next())["type"] != type_:
                pass
        return frame

    async def closes(self, *, seconds: float = WAIT_SECONDS) -> int:
        """The close code, once the other end has closed it; frames until then are in `heard`."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.until("nothing that is ever said", seconds=seconds)
        assert closed.value.rcvd is not None, "cut without a close frame"
        return int(closed.value.rcvd.code)


@asynccontextmanager
async def socket_of(
    port: int,
    session_id: str,
    token: str | None,
    *,
    query: str = "",
    origin: str | None = None,
    subprotocols: list[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[Socket]:
    """Follows a session over a WebSocket, the token as a subprotocol; None sends none."""
    offered: list[Any] = ["session-api.v1"] if subprotocols is None else list(subprotocols)
    if token is not None:
        offered.append(f"bearer.{token}")
    async with connect(
        f"ws://127.0.0.1:{port}/api/sessions/{session_id}/ws{query}",
        subprotocols=offered or None,
        origin=origin,  # type: ignore[arg-type]
        additional_headers=dict(headers or {}),
        compression=None,
        open_timeout=WAIT_SECONDS,
        close_timeout=1,
        proxy=None,
    ) as connection:
        yield Socket(connection)
