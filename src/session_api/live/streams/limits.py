"""How many streams there may be, how long they stay, and how much may wait in each."""

from dataclasses import dataclass
from typing import Self

from session_api.settings import Settings


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """As the settings have them."""

    per_user: int
    buffer_bytes: int
    heartbeat_seconds: float
    longest_seconds: float
    readers: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            per_user=settings.streams_per_user,
            buffer_bytes=settings.stream_buffer_bytes,
            heartbeat_seconds=settings.stream_heartbeat.total_seconds(),
            longest_seconds=settings.stream_longest.total_seconds(),
            # Streams that catch up leave connections for requests.
            readers=max(1, settings.pool_size // 2),
        )
