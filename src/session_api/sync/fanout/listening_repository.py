"""What the process that listens says to PostgreSQL, on a connection of its own."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import asyncpg

from session_api.database.urls import driver_url

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CHANNEL: Final = "session_api"

_NOTIFY: Final = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload"


async def open_connection(address: str, *, answers_in: float) -> Connection:
    """A connection that no pool knows, on which everything takes so many seconds at most. Raises
    what the driver raises.
    """
    url, options = driver_url(address)
    named = {"application_name": "session-api-listener"} | options.pop("server_settings", {})
    # A frozen server does not keep the driver to its own time-out.
    async with asyncio.timeout(answers_in):
        return await asyncpg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False),
            command_timeout=answers_in,
            # It may come through a pooler that gives it another server for each statement.
            statement_cache_size=0,
            server_settings=named,
            **{"timeout": answers_in, **options},
        )


async def listen(connection: Connection, heard: Callable[[str], None]) -> None:
    """Calls `heard` with the payload of each notification from now on."""

    def told(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        heard(str(payload))

    await connection.add_listener(CHANNEL, told)


async def notify(connection: Connection, payloads: Sequence[str]) -> None:
    """Notifies in a transaction of its own, which writes nothing: it holds one lock of the whole
    server until it is committed.
    """
    await connection.execute(_NOTIFY, CHANNEL, list(payloads))


async def require_alive(connection: Connection) -> None:
    """Raises what the driver raises of a connection that is not."""
    await connection.execute("SELECT")
