"""Settings of live sync: how soon a process learns what others committed, and how long it is kept.

Part of `Settings`, and only to be read there.
"""

from datetime import timedelta
from typing import Literal

from pydantic import Field, PositiveInt
from pydantic_settings import BaseSettings

from session_api.durations import Duration


class SyncSettings(BaseSettings):
    """See `Settings`."""

    live_poll_interval: Duration = Field(
        default=timedelta(seconds=1),
        ge=timedelta(milliseconds=50),
        le=timedelta(seconds=60),
        description="How often each process asks, in one statement, for the versions of all "
        "sessions that somebody follows there. What replicas tell each other makes it sooner.",
    )
    fanout: Literal["auto", "postgres", "redis", "poll"] = Field(
        default="auto",
        description="How replicas tell each other at once what changed: postgres (LISTEN and "
        "NOTIFY), redis (needs SESSION_API_REDIS_URL), or poll: not at all, as behind a pooler "
        "that shares connections by transaction. auto: redis where its address is set, else "
        "postgres.",
    )
    changes_kept_for: Duration = Field(
        default=timedelta(days=30),
        description="Changes are kept so long for clients that come back. Who was away for longer "
        "reads the session anew.",
    )
    changes_kept: PositiveInt = Field(
        default=10_000, description="Of each session at most so many changes are kept, the newest."
    )
