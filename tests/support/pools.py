"""The pools of connections that tests hand on to each other."""

from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncEngine

from session_api.database.engine import Database
from session_api.settings import Settings

_Key: TypeAlias = tuple[object, ...]


class Pools:
    """Engines whose connections stay open between tests, each lent to one app at a time.

    A new engine compiles every statement again and a new connection begins without plans: that is
    most of what a test of the service costs. What a service keeps of its own, it still makes anew.
    All tests that use them must run in one event loop.
    """

    def __init__(self) -> None:
        self._kept: dict[_Key, AsyncEngine] = {}

    def lend(self, database: Database, settings: Settings) -> None:
        """Gives it an engine of an earlier test with these settings, where there is one."""
        kept = self._kept.pop(_key(settings), None)
        if kept is not None:
            database._engine = kept  # no service exchanges it

    async def take_back(self, database: Database, settings: Settings) -> None:
        """Keeps the engine for a later test, unless something still uses one of its connections."""
        _, used, _ = database.pool_figures()
        database._kept.give_back_all()
        if used or (key := _key(settings)) in self._kept:
            await database.close()
        else:
            self._kept[key] = database.engine

    async def leave(self, database_url: str) -> None:
        """Closes all connections to this database."""
        for key in [key for key in self._kept if key[0] == database_url]:
            await self._kept.pop(key).dispose()


def _key(settings: Settings) -> _Key:
    """Whatever an engine is made from."""
    url = settings.database_url
    return (
        None if url is None else url.get_secret_value(),
        settings.pool_size,
        settings.pool_timeout,
        settings.statement_timeout,
        settings.lock_timeout,
    )
