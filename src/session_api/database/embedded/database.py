"""The first connection: proof that the server is ours, and what is missing made: the database, and
the role that the service runs as.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from session_api.database.embedded.errors import EmbeddedPostgresError
from session_api.database.embedded.initdb import NAME, SERVICE
from session_api.database.embedded.postmaster import PORT
from session_api.database.roles import has_password, make_role

_CONNECT_SECONDS = 5.0
# After the crash of one backend a server refuses everybody while it recovers.
_RECOVERY_SECONDS = 30.0
_PAUSE_SECONDS = 0.05


def ensure_database(socket_folder: Path, password: str, service_password: str) -> None:
    """Connect with our password (SCRAM proves both sides) and create what need be: the database,
    and the service's role with its password. A cluster of before there was such a role gets one.

    A thread of its own, so that it works whether or not the caller's thread runs an event loop.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(asyncio.run, _ensure(socket_folder, password, service_password)).result()


async def _ensure(socket_folder: Path, password: str, service_password: str) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _RECOVERY_SECONDS
    while True:
        try:
            trying = _try(socket_folder, password, service_password)
            return await asyncio.wait_for(trying, _RECOVERY_SECONDS)
        except asyncpg.CannotConnectNowError as error:
            failure: Exception = error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # TimeoutError is an OSError.
            raise _does_not_let_us_in(error) from error
        if loop.time() >= deadline:
            raise _does_not_let_us_in(failure) from failure
        await asyncio.sleep(_PAUSE_SECONDS)


async def _try(socket_folder: Path, password: str, service_password: str) -> None:
    try:
        connection = await _connect(socket_folder, password, NAME)
    except asyncpg.InvalidCatalogNameError:
        connection = await _connect(socket_folder, password, "postgres")
        try:
            await connection.execute(f'CREATE DATABASE "{NAME}"')
        except asyncpg.DuplicateDatabaseError:
            pass
        finally:
            connection.terminate()
        connection = await _connect(socket_folder, password, NAME)
    try:
        if not await has_password(connection, SERVICE, service_password):
            # By default, everybody may make temporary tables, which hide others of their names.
            await connection.execute(f'REVOKE TEMPORARY ON DATABASE "{NAME}" FROM PUBLIC')
            await make_role(connection, SERVICE, service_password)
    finally:
        # Not close(): it may wait for ever on a frozen server (asyncpg issue 1356).
        connection.terminate()


async def _connect(
    socket_folder: Path, password: str, database: str
) -> "asyncpg.Connection[asyncpg.Record]":
    # Everything is said, because asyncpg would fill gaps from PGPORT, PGSSLMODE and ~/.pgpass.
    return await asyncpg.connect(
        host=str(socket_folder),
        port=PORT,
        user=NAME,
        password=password,
        database=database,
        ssl=False,
        timeout=_CONNECT_SECONDS,
        command_timeout=_RECOVERY_SECONDS,
    )


def _does_not_let_us_in(error: Exception) -> EmbeddedPostgresError:
    reason = str(error) or type(error).__name__  # a timeout has no words
    return EmbeddedPostgresError(f"The embedded PostgreSQL runs but does not let us in: {reason}")
