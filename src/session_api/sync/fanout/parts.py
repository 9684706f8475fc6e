"""The parts of the fan-out, made and connected."""

import asyncio
from dataclasses import dataclass
from importlib import import_module
from typing import Self

from session_api.database.engine import Database
from session_api.ports import Ids
from session_api.security import KeyRing
from session_api.settings import Settings
from session_api.sync.fanout.asides import Asides
from session_api.sync.fanout.outbox import Outbox
from session_api.sync.fanout.port import FanOut, NoFanOut
from session_api.sync.fanout.postgres_channel import PostgresChannel
from session_api.sync.fanout.sealing import Sealing
from session_api.sync.fanout.telling import Telling
from session_api.sync.fanout.watch import Watch


@dataclass(frozen=True, slots=True)
class FanningOut:
    """How one process learns what all of them commit."""

    watch: Watch
    asides: Asides
    fan_out: FanOut
    telling: Telling

    @classmethod
    def of(cls, settings: Settings, database: Database, keys: KeyRing, ids: Ids) -> Self:
        """Of one process; `database` tells it of its commits from now on."""
        fan_out = _fan_out(settings)
        outbox = Outbox(closed=isinstance(fan_out, NoFanOut))
        watch = Watch(database, interval=settings.live_poll_interval)
        asides = Asides(outbox)
        sealing = Sealing(keys.derive("fan-out"), ids())
        telling = Telling(fan_out, sealing, outbox, watch, asides)
        database.committed = telling.committed
        return cls(watch, asides, fan_out, telling)

    async def run_for_ever(self) -> None:
        """Polls, tells and hears until cancelled; ends at once then."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.watch.run_for_ever())
            group.create_task(self.telling.run_for_ever())


def _fan_out(settings: Settings) -> FanOut:
    """Raises ValueError for settings that can't work."""
    if settings.fanout == "poll":
        return NoFanOut()
    if settings.redis_url is not None and settings.fanout in ("auto", "redis"):
        # Only where it is used, as `security.counting` does.
        redis = import_module("session_api.sync.fanout.redis_channel")
        channel: FanOut = redis.RedisChannel(settings.redis_url)
        return channel
    if settings.fanout == "redis":
        raise ValueError("SESSION_API_FANOUT is redis, and SESSION_API_REDIS_URL is not set")
    if settings.database_url is None:
        raise ValueError("DATABASE_URL is not set")
    return PostgresChannel(settings.database_url)
