"""Counting requests for all replicas in Redis or Valkey, and alone while that is down."""

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from session_api.ports import Clock
from session_api.security.rate_limits import (
    Limit,
    LocalCounters,
    Standing,
    standing_of,
    window_at,
)

_ANSWER_SECONDS: Final = 0.25
_ALONE_FOR: Final = timedelta(seconds=5)
"""Nobody waits for a store that was down a moment ago."""

# Both numbers are read, and the one raised if that is let through, in one step: two replicas never
# both take the last place. KEYS: this window and the one before. ARGV: quota, share of the window
# before that still counts, seconds that the counter is of use.
_COUNT: Final = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
local before = tonumber(redis.call('GET', KEYS[2]) or '0')
if count + before * tonumber(ARGV[2]) + 1 <= tonumber(ARGV[1]) then
  redis.call('INCR', KEYS[1])
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
return {count, before}
"""

log = structlog.get_logger(__name__)


class SharedCounters:
    """Counts where all replicas do. When that place is down, each counts for itself."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._redis: Any = Redis.from_url(
            url, socket_timeout=_ANSWER_SECONDS, socket_connect_timeout=_ANSWER_SECONDS
        )
        self._script = self._redis.register_script(_COUNT)
        self._clock = clock
        self._local = LocalCounters()
        self._alone_until: datetime | None = None

    @staticmethod
    def require_url(url: str) -> None:
        """Raises ValueError, which quotes nothing of it."""
        try:
            Redis.from_url(url)
        except (ValueError, TypeError):
            raise ValueError("write redis://host:port/number or rediss://…") from None

    @property
    def alone(self) -> bool:
        """Whether the store did not answer when it was last asked."""
        return self._alone_until is not None

    async def count(self, limit: Limit, key: str, now: datetime) -> Standing:
        if self._alone_until is not None and self._clock() < self._alone_until:
            return await self._local.count(limit, key, now)
        window, elapsed = window_at(now, limit)
        name = f"session-api:rate:{limit.name}:{limit.seconds}:{{{key}}}"
        share = max(0.0, 1 - elapsed / limit.seconds)
        try:
            count, before = await self._script(
                keys=[f"{name}:{window}", f"{name}:{window - 1}"],
                args=[limit.quota, share, 2 * limit.seconds],
            )
        except (RedisError, OSError, TimeoutError) as error:
            if self._alone_until is None:
                log.warning("rate_limits_local", reason=type(error).__name__)
            self._alone_until = self._clock() + _ALONE_FOR
            return await self._local.count(limit, key, now)
        if self._alone_until is not None:
            log.info("rate_limits_shared")
            self._alone_until = None
        return standing_of(limit, count, before, elapsed)

    async def close(self) -> None:
        """Lets go of connections."""
        await self._redis.aclose()
