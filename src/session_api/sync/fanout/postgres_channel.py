"""The fan-out by PostgreSQL's LISTEN and NOTIFY."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, Literal

import asyncpg
from pydantic import SecretStr

from session_api.sync.fanout import listening_repository as postgres
from session_api.sync.fanout.link import Link

QUIET_SECONDS: Final = 15.0
"""After so long without a word the connection is asked whether it is alive: a line that was cut
without either end's knowledge tells nobody.
"""

ANSWER_SECONDS: Final = 5.0

_LOST: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a statement meets on a connection that was just killed
    OSError,
    TimeoutError,
)


class PostgresChannel:
    """One connection a process, outside of the pool, that listens and notifies."""

    source: Final[Literal["notify"]] = "notify"

    def __init__(
        self,
        address: SecretStr,
        *,
        quiet_seconds: float = QUIET_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._address = address
        self._quiet_seconds = quiet_seconds
        self._answer_seconds = answer_seconds
        self._link = Link("postgres", _LOST)
        self._connection: postgres.Connection | None = None
        self._turn = asyncio.Lock()  # one statement at a time on a connection

    @property
    def lost(self) -> bool:
        return self._link.lost

    @property
    def reconnects(self) -> int:
        return self._link.reconnects

    async def listen_for_ever(
        self, heard: Callable[[str], None], connected: Callable[[], None]
    ) -> None:
        await self._link.keep(partial(self._listen, heard, connected))

    async def send(self, payloads: Sequence[str]) -> None:
        if (connection := self._connection) is None:
            return
        try:
            async with self._turn:
                await postgres.notify(connection, payloads)
        except Exception as error:  # nothing is lost but hints; who sends must outlive any failure
            if self._connection is connection:
                self._connection = None
                self._link.is_lost(error)
            connection.terminate()  # who listens on it notices

    async def _listen(self, heard: Callable[[str], None], connected: Callable[[], None]) -> None:
        closed = asyncio.Event()
        connection = await postgres.open_connection(
            self._address.get_secret_value(), answers_in=self._answer_seconds
        )
        try:
            connection.add_termination_listener(lambda _connection: closed.set())
            await postgres.listen(connection, heard)
            self._connection = connection
            self._link.is_up()
            connected()
            while not closed.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._quiet_seconds):
                        await closed.wait()
                        break
                async with self._turn:
                    await postgres.require_alive(connection)
            raise ConnectionResetError
        finally:
            self._connection = None
            connection.terminate()
