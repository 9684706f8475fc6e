"""The connection that a stream goes over, as far as the stream wants to know of it.

The server that we bring puts one into the state of each request (`session_api.http.connections`).
Under another server there is none: then a stream finds out by asking.
"""

from collections.abc import Callable
from typing import Final

STATE: Final = "line"
STREAMING: Final = "streaming"
"""In a request's state: its answer goes on for as long as somebody reads, and is no slow one."""


class Line:
    """Tells who listens that the other end is gone, or that the service is leaving; once each. Who
    begins to listen after that is told at once.
    """

    __slots__ = ("_abort", "_is_leaving", "_is_lost", "_leave", "_lost")

    def __init__(self, abort: Callable[[], None]) -> None:
        self._abort = abort
        self._lost: Callable[[], None] | None = None
        self._leave: Callable[[], None] | None = None
        self._is_lost = self._is_leaving = False

    # For a stream

    def listen(self, *, lost: Callable[[], None], leave: Callable[[], None]) -> None:
        """Calls these, until `forget`."""
        self._lost, self._leave = lost, leave
        if self._is_leaving:
            leave()
        if self._is_lost:
            lost()

    def forget(self) -> None:
        """The stream is over; the connection may go on to something else."""
        self._lost = self._leave = None

    @property
    def is_lost(self) -> bool:
        return self._is_lost

    def abort(self) -> None:
        """Cuts the connection, and drops what is not sent."""
        self._abort()

    # For the server

    @property
    def is_streaming(self) -> bool:
        return self._leave is not None

    def tell_lost(self) -> None:
        self._is_lost = True
        if self._lost is not None:
            self._lost()

    def tell_leave(self) -> None:
        self._is_leaving = True
        if self._leave is not None:
            self._leave()
