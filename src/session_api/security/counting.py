"""Where requests are counted: in this process, or in a store that replicas share.

The client of that store is imported only where it is used: it takes 8 MB of each worker and a
seventh of a second of its start.
"""

from importlib import import_module
from typing import Any

from session_api.ports import Clock
from session_api.security.rate_limits import Counters, LocalCounters


def open_counters(store_url: str | None, clock: Clock) -> Counters:
    """Those of `SESSION_API_REDIS_URL`; None counts in this process."""
    if store_url is None:
        return LocalCounters()
    counters: Counters = _shared_counters()(store_url, clock)
    return counters


def require_store(url: str) -> None:
    """Raises ValueError, which quotes nothing of it, for what is no address of a store."""
    _shared_counters().require_url(url)


def _shared_counters() -> Any:
    return import_module("session_api.security.shared_counters").SharedCounters
