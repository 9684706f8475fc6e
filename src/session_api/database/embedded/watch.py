"""Bringing the server back when it dies alone, while the service that uses it lives on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from session_api.database.embedded.errors import EmbeddedPostgresError
from session_api.database.embedded.handle import EmbeddedPostgres

# A look costs two system calls, and recovery after a kill takes about a second.
LOOK_SECONDS = 0.25
# After a failure, such as a full disk, that takes somebody's hand to mend.
RETRY_SECONDS = 5.0

log = structlog.get_logger(__name__)


@contextmanager
def kept_running(embedded: EmbeddedPostgres) -> Iterator[None]:
    """Starts the server again, at the same address, whenever it is gone while the block lasts.

    In a thread of its own, because starting a process is waiting. A server that is merely slow or
    stopped is left alone: its clients time out, and go on when it does.
    """
    over = threading.Event()

    def watch() -> None:
        pause = LOOK_SECONDS
        while not over.wait(pause):
            pause = LOOK_SECONDS
            try:
                if embedded.revive():
                    log.warning("embedded_postgres_restarted", pid=embedded.pid)
            except EmbeddedPostgresError as error:
                log.error("embedded_postgres_lost", reason=str(error))
                pause = RETRY_SECONDS

    watcher = threading.Thread(target=watch, name="embedded-postgres-watcher", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
