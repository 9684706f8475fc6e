"""One pool of connections to PostgreSQL, and the two ways to use it."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import asyncpg
import structlog
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from session_api.database.commits import GONE, Committed, SessionKey, begin_notes, tell_nobody
from session_api.database.dead import drop_dead_and_silent
from session_api.database.kept import Kept, KeptConnections
from session_api.database.turns import Turns
from session_api.database.urls import driver_url
from session_api.figures import Durations, ticks
from session_api.json_text import encode_json
from session_api.problems import DatabaseUnavailable
from session_api.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 6
"""How often work that lost a race is tried. Each loss means that somebody else won, so six is
enough for any load that the session's row lock lets through."""

_CONFLICTS = {"40001", "40P01"}  # serialization_failure, deadlock_detected
_UNAVAILABLE_CLASSES = ("08", "53", "57P", "58")  # connection, resources, shutdown, system
_UNAVAILABLE = {"57014", "55P03", "25P03", "25006"}  # timeouts of statement, lock and transaction

# Whoever takes a connection from the pool beside SQLAlchemy's own `Connection` is told why there is
# none in the words of the dialect, which nobody wraps.
_REFUSALS = (
    DBAPIError,
    PoolTimeout,
    AsyncAdapt_asyncpg_dbapi.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What the driver says of a connection that was lost between the steps of one statement.
    asyncpg.InternalClientError,
)

log = structlog.get_logger(__name__)


class TransactionConflict(Exception):
    """The transaction lost a race and changed nothing; done again from its start it may succeed.

    Raised for serialization failures and deadlocks, and by services that find under the lock
    that what they read before it has changed.
    """


def repeated_on_conflict(
    method: Callable[P, Awaitable[T]],
) -> Callable[P, Awaitable[T]]:
    """Runs a service method again when its transaction lost a race: the one place of retries.

    The method must do all its work in one transaction. Raises DatabaseUnavailable when it loses
    every time.
    """

    @wraps(method)
    async def attempt(*args: P.args, **kwargs: P.kwargs) -> T:
        for number in range(1, ATTEMPTS + 1):
            try:
                return await method(*args, **kwargs)
            except TransactionConflict:
                if number < ATTEMPTS:
                    await asyncio.sleep(random.uniform(0, 0.01 * 2**number))  # noqa: S311
        raise DatabaseUnavailable("Too many writers want the same rows just now.")

    return attempt


class Database:
    """The connections of one process.

    `transaction()` is for work that belongs together; nothing else commits. `fetch_row()` and
    `fetch_rows()` run one statement of their own, in one round trip, straight on the driver, and
    again where it lost a race. A connection whose statement was cancelled or timed out is closed,
    never given to the next request: what it would read first is the answer to somebody else's
    question.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.database_url is None:
            raise ValueError("DATABASE_URL is not set")
        statement_ms = int(settings.statement_timeout.total_seconds() * 1000)
        lock_ms = int(settings.lock_timeout.total_seconds() * 1000)
        url, connect_options = driver_url(settings.database_url.get_secret_value())
        named = connect_options.pop("server_settings", {})
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=settings.pool_timeout.total_seconds(),
            pool_recycle=1800,
            json_serializer=encode_json,
            # Parameters are what people wrote: they must not stand in a message that gets logged.
            hide_parameters=True,
            connect_args={
                "timeout": 5,
                **connect_options,
                # A frozen server answers no statement_timeout: the client gives up a bit later.
                "command_timeout": settings.statement_timeout.total_seconds() + 2,
                "server_settings": {
                    "application_name": "session-api",
                    "timezone": "UTC",
                    # What is read under a lock, after waiting for it, must be fresh.
                    "default_transaction_isolation": "read committed",
                    "statement_timeout": str(statement_ms),
                    "lock_timeout": str(lock_ms),
                    "idle_in_transaction_session_timeout": str(statement_ms),
                    # Compiling costs more than any of our statements runs for.
                    "jit": "off",
                    **named,
                },
            },
        )
        drop_dead_and_silent(self._engine)
        self._kept = KeptConnections()
        self._connecting = 0
        # SQLAlchemy waits on an asyncio.Queue, where whoever comes just as a connection is given
        # back takes it from the one it was meant for; under load some then wait until the time-out
        # while others are served again and again.
        self._turns = Turns(
            settings.pool_size, patience_seconds=settings.pool_timeout.total_seconds()
        )
        self.waits = Durations()
        self.faults: Counter[str] = Counter(conflict=0, unavailable=0)
        self.committed: Committed = tell_nobody

    def pool_figures(self) -> tuple[int, int, int]:
        """How many connections there may be, are in use, and are waited for."""
        pool: Any = self._engine.pool
        return pool.size(), pool.checkedout() - len(self._kept), self._turns.waiting

    @property
    def engine(self) -> AsyncEngine:
        """For tests and tools that look at the pool; services use the methods."""
        return self._engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed when the block ends and rolled back when it raises.

        Raises TransactionConflict when PostgreSQL asks for a repeat, and DatabaseUnavailable when
        it can't be reached or does not answer in time. In the last case the outcome of a commit
        may be unknown; client-made ids make the repeat safe.

        `committed` is told which sessions it moved, after the commit or where that may have been.
        """
        try:
            if self._turns.take():
                self.waits.counts[0] += 1
            else:
                await self._wait_for_turn()
            try:
                connection = await self._from_pool(self._engine.connect)
                moved, worked = begin_notes(connection), False
                try:
                    async with connection.begin():
                        yield connection
                        worked = True
                except BaseException as error:
                    if not _connection_is_clean(error):
                        if worked and moved:
                            self.committed(moved)
                        await asyncio.shield(connection.invalidate())
                    raise
                else:
                    if moved:
                        self.committed(moved)
                finally:
                    await asyncio.shield(connection.close())
            finally:
                self._turns.give_back()
        except Exception as error:
            if (known := self._translation(error)) is None:
                raise
            raise known from error

    async def fetch_row(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        """The first row of one statement that is its own transaction."""
        row: asyncpg.Record | None
        try:
            row = await self._directly("fetchrow", statement, arguments)
        except TransactionConflict:
            row = await self._again("fetchrow", statement, arguments)
        return row

    async def fetch_rows(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """All rows of one statement that is its own transaction."""
        rows: list[asyncpg.Record]
        try:
            rows = await self._directly("fetch", statement, arguments)
        except TransactionConflict:
            rows = await self._again("fetch", statement, arguments)
        return rows

    async def change_row(
        self, key: SessionKey, statement: str, *arguments: Any
    ) -> asyncpg.Record | None:
        """The row of one statement that is its own transaction and changes one session.

        Its column `version` is what the session came to, null where it changed nothing: that is
        told to `committed`. Raises as `transaction`, and the driver's IntegrityConstraintViolation.
        """
        try:
            row: asyncpg.Record | None = await self._directly(
                "fetchrow", statement, arguments, changes=True
            )
        except BaseException as error:
            if isinstance(error, DatabaseUnavailable) or not isinstance(error, Exception):
                self.committed({key: GONE})  # it may have been: who watches looks for themselves
            raise
        if row is not None and row["version"] is not None:
            self.committed({key: row["version"]})
        return row

    async def close(self) -> None:
        """Closes every connection."""
        self._kept.give_back_all()
        await self._engine.dispose()

    async def _wait_for_turn(self) -> None:
        started = ticks()
        try:
            await self._turns.wait()
        finally:
            self.waits.add(ticks() - started)

    async def _from_pool(self, connect: Callable[[], Awaitable[T]]) -> T:
        # Whoever has a turn has a right to a connection: what is kept must not be all there is for
        # those who are on their way to the pool.
        self._connecting += 1
        pool: Any = self._engine.pool
        if pool.checkedin() < self._connecting:
            self._kept.give_back_one()
        try:
            return await connect()
        finally:
            self._connecting -= 1

    async def _directly(
        self, method: str, statement: str, arguments: tuple[Any, ...], *, changes: bool = False
    ) -> Any:
        # One function, without context managers: every light read passes here.
        try:
            if self._turns.take():
                self.waits.counts[0] += 1
            else:
                await self._wait_for_turn()
            try:
                kept = self._kept.take()
                if kept is None:
                    kept = Kept(await self._from_pool(self._engine.raw_connection))
                try:
                    found = await getattr(kept.driver, method)(statement, *arguments)
                except BaseException as error:
                    if _connection_is_clean(error):
                        self._kept.keep(kept)
                    elif changes and not isinstance(error, TimeoutError):
                        # Else PostgreSQL would wait on for a lock, and then do what was given up.
                        # Who let its own time-outs pass would not hear of it.
                        await asyncio.shield(kept.discard())
                    else:
                        kept.cut()
                    raise
                self._kept.keep(kept)
                return found
            finally:
                self._turns.give_back()
        except Exception as error:
            if (known := self._translation(error)) is None:
                raise
            raise known from error

    @repeated_on_conflict
    async def _again(self, method: str, statement: str, arguments: tuple[Any, ...]) -> Any:
        # Off the path of the many. What lost changed nothing, and can be run again unnoticed.
        return await self._directly(method, statement, arguments)

    def _translation(self, error: Exception) -> Exception | None:
        known = _translation(error)
        if known is not None:
            self.faults[
                "conflict" if isinstance(known, TransactionConflict) else "unavailable"
            ] += 1
        return known


def _connection_is_clean(error: BaseException) -> bool:
    """Whether the connection has surely read the answer to all that was asked on it."""
    if isinstance(error, DBAPIError):
        return not error.connection_invalidated and _sqlstate(error) is not None
    # What a service raises comes between statements; a cancellation or time-out may not.
    return isinstance(error, Exception) and not isinstance(
        error, (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)
    )


def _sqlstate(error: BaseException) -> str | None:
    source = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(source, "sqlstate", None)
    return code if isinstance(code, str) else None


def _translation(error: Exception) -> Exception | None:
    """What services and handlers know in place of what the driver and SQLAlchemy raise.

    None for what is to go on as it is.
    """
    if isinstance(error, _REFUSALS):
        code = _sqlstate(error)
        if code in _CONFLICTS:
            return TransactionConflict(code)
        if code is not None and not (code in _UNAVAILABLE or code.startswith(_UNAVAILABLE_CLASSES)):
            return None
    elif isinstance(error, (OSError, TimeoutError)):
        code = None
    else:
        return None
    log.warning("database_unavailable", sqlstate=code, reason=type(error).__name__)
    return DatabaseUnavailable()


def violated_constraint(error: DBAPIError) -> str | None:
    """The name of the constraint that a statement ran into, or None."""
    source: BaseException | None = error.orig
    while source is not None:
        name = getattr(source, "constraint_name", None)
        if isinstance(name, str):
            return name
        source = source.__cause__
    return None
