"""Settings of streams: how many, for how long, and how much may wait in each.

Part of `Settings`, and only to be read there.
"""

from datetime import timedelta

from pydantic import Field, PositiveInt
from pydantic_settings import BaseSettings

from session_api.durations import Duration


class StreamSettings(BaseSettings):
    """See `Settings`."""

    streams_per_user: PositiveInt = Field(
        default=50,
        description="Streams (Server-Sent Events and WebSockets) of one user in each process, at "
        "most; else 429.",
    )
    stream_heartbeat: Duration = Field(
        default=timedelta(seconds=15),
        ge=timedelta(milliseconds=100),
        description="An idle stream says at least this often that it is there, so that no proxy "
        "takes it for dead.",
    )
    stream_longest: Duration = Field(
        default=timedelta(hours=1),
        ge=timedelta(milliseconds=10),
        description="A stream ends after about this, for its client to connect again, perhaps to "
        "another replica.",
    )
    stream_buffer_bytes: int = Field(
        default=1024 * 1024,
        ge=16 * 1024,
        description="More than this does not wait for a slow reader: it is read again from the log "
        "once there is room, and the stream ends if its reader takes nothing for 5 seconds.",
    )
    stream_sign_in_timeout: Duration = Field(
        default=timedelta(seconds=5),
        ge=timedelta(milliseconds=100),
        description="A WebSocket that sends its token in the first message does so within this.",
    )
