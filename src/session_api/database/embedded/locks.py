"""Who uses the data folder, and whose turn it is to start or stop the server.

Both are `flock`s: the kernel drops them with their process, so kill -9 leaves nothing stale.
Python opens descriptors close-on-exec, hence the server does not inherit (and prolong) them.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from session_api.database.embedded.errors import EmbeddedPostgresError
from session_api.database.embedded.waiting import wait_until

# Longer than the slowest honest start and stop together (see `server.py`, `postmaster.py`).
TURN_SECONDS = 180.0


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Hold the start-up lock: one process at a time looks at, starts or stops the server."""
    descriptor = _open(path)
    try:
        if not wait_until(lambda: _try_exclusive(descriptor), seconds=TURN_SECONDS):
            raise EmbeddedPostgresError(
                f"Another process has been starting or stopping the embedded PostgreSQL in "
                f"{path.parent} for {TURN_SECONDS:.0f} s"
            )
        yield
    finally:
        os.close(descriptor)


class Membership:
    """One user of the server, from construction to `leave`. Use it only while holding `turn`."""

    def __init__(self, path: Path) -> None:
        self._descriptor = _open(path)
        self._has_left = False
        try:
            # Never waits: exclusive holders exist only within a turn, and the turn is ours.
            fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise

    def alone(self) -> bool:
        """Whether nobody else uses the server; stays true for as long as the turn is held."""
        is_alone = _try_exclusive(self._descriptor)
        # A failed conversion may have dropped the shared lock (flock(2)), so it is taken again.
        fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return is_alone

    def leave(self) -> None:
        """Stop being a user. May be repeated, and is the only method that needs no turn."""
        if not self._has_left:
            self._has_left = True
            os.close(self._descriptor)
