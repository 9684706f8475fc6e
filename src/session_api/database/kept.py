"""Connections that stay taken from the pool between one statement and the next.

SQLAlchemy's pool takes and gives back a connection in a greenlet, with a new object, an event and
a look at the transaction: twice what asyncpg needs for a light read. What is asked straight on the
driver's connection begins no transaction through the pool, so there is nothing to look at.
"""

from typing import Any, Final

from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from session_api.figures import ticks

KEPT_SECONDS: Final = 60.0
"""After that a connection passes the pool again, which closes the old ones."""


class KeptConnections:
    """Those of one pool that nobody uses at present. For one event loop."""

    def __init__(self) -> None:
        self._waiting: list[Kept] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self) -> "Kept | None":
        """The one used last; None where none waits. It is open, as far as can be told."""
        while self._waiting:
            kept = self._waiting.pop()
            if not kept.driver.is_closed():
                return kept
            kept.proxied.close()  # the pool sees that it is dead, and makes another
        return None

    def keep(self, kept: "Kept") -> None:
        """For the next statement, or gives it back to the pool."""
        if ticks() >= kept.until:
            kept.proxied.close()
        else:
            self._waiting.append(kept)

    def give_back_one(self) -> None:
        """To the pool, where somebody is about to look for one."""
        if self._waiting:
            self._waiting.pop(0).proxied.close()

    def give_back_all(self) -> None:
        """To the pool, which is about to be closed."""
        while self._waiting:
            self.give_back_one()


class Kept:
    """A connection taken from the pool, and the driver's in it."""

    __slots__ = ("driver", "proxied", "until")

    def __init__(self, proxied: PoolProxiedConnection) -> None:
        self.proxied = proxied
        self.driver: Any = proxied.driver_connection
        self.until = ticks() + KEPT_SECONDS

    def cut(self) -> None:
        """Gives it back cut off, at once: for what changes nothing, even if it still runs."""
        self.driver.terminate()
        self.proxied.close()

    async def discard(self) -> None:
        """Closes the connection, as the pool does with one that was cut off in a transaction: what
        still runs on it is cancelled. To be shielded, for it takes up to two seconds.
        """
        await greenlet_spawn(self.proxied.invalidate)
