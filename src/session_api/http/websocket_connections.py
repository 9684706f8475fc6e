"""A WebSocket's connection: uvicorn's, which says nothing of addresses and leaves when told."""

import asyncio
import logging
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from session_api.http.connections import LAST_WORD_SECONDS
from session_api.live.streams.lines import STATE, Line

FRAME_BYTES = 16 * 1024
"""The largest message of a client; the longest token fits in."""

PING_TIMEOUT_SECONDS = 20.0


class SocketConnection(WebSocketsSansIOProtocol):
    """Begins where `Connection` has read a handshake, within its limits."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # uvicorn's logger is told each address, query and all, whoever put a token into it.
        self.logger = logging.getLogger("session_api.websockets")
        self._line = Line(self._abort)

    async def run_asgi(self) -> None:
        self.scope["state"][STATE] = self._line
        await super().run_asgi()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True  # else uvicorn takes a refusal for an error
        elif message["type"] == "websocket.accept":
            # All that was read of the handshake is in the scope; kept twice it is some kilobytes.
            del self.request, self.response

    def connection_lost(self, exc: Exception | None) -> None:
        self._line.tell_lost()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """A stream says why it ends, and closes by itself."""
        if not self._line.is_streaming:
            super().shutdown()
            return
        self.stop_keepalive()
        self.close_timeout = LAST_WORD_SECONDS / 2
        self._line.tell_leave()
        self.loop.call_later(LAST_WORD_SECONDS, self._abort)

    def _abort(self) -> None:
        self.transport.abort()
