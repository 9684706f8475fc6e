"""Streams: what changes in a session, told as it happens, over Server-Sent Events and WebSockets.

A room for each session reads the feed once for all its streams; each stream sees each version at
most once and in order, whenever it joined. Nothing here is a truth of its own: a stream that ends
is resumed from the log by the version it came to. Routers open streams; nobody else knows them.
"""

from session_api.live.streams.limits import StreamLimits
from session_api.live.streams.service import CAUGHT_UP_BYTES, LiveStreams

__all__ = ["CAUGHT_UP_BYTES", "LiveStreams", "StreamLimits"]
