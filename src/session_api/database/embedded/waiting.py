"""Waiting for other processes. Every wait of this package has an end, and all are here."""

import time
from collections.abc import Callable

# initdb takes about 0.5 s and a start 0.1 s: 10 ms is not felt, and costs nothing.
POLL_SECONDS = 0.01


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Ask until the condition holds (True) or the time is over (False); asks at least once."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
