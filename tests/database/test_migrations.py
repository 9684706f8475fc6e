"""Migrations: up, down, the same as the models, safe to run twice at once, never in the way."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from session_api.database.migrations import downgrade, migrate, newest_revision
from session_api.database.urls import driver_url
from session_api.models import METADATA
from tests.support.database import Server, database_of
from tests.support.settings import test_settings

GIVEN = "SESSION_API_TEST_DATABASE_URL"


def _given_server() -> str:
    """The PostgreSQL that the machine offers beside our own."""
    url = os.environ.get(GIVEN)
    if url is None and os.environ.get("SESSION_API_TEST_REQUIRE_ALL") == "1":
        pytest.fail(f"{GIVEN} names no PostgreSQL, and SESSION_API_TEST_REQUIRE_ALL=1")
    if url is None:
        pytest.skip(f"set {GIVEN} to a PostgreSQL to migrate it as well")
    return url


@pytest.fixture(params=["embedded", "given"])
async def empty_database(request: pytest.FixtureRequest, server: Server) -> AsyncIterator[str]:
    """An empty database, on our own PostgreSQL and on the one that the machine offers."""
    host = server if request.param == "embedded" else Server(_given_server())
    name = f"test_{uuid4().hex}"
    await host.execute(f"CREATE DATABASE {name}")
    yield database_of(host.url, name)
    await host.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def _migrate(url: str, revision: str = "head") -> None:
    await asyncio.to_thread(migrate, test_settings(url), revision)


async def _downgrade(url: str, revision: str) -> None:
    await asyncio.to_thread(downgrade, test_settings(url), revision)


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    return {row[0] for row in rows} - {"alembic_version"}


async def test_upgrade_makes_every_table_and_downgrade_takes_every_one(
    empty_database: str,
) -> None:
    await _migrate(empty_database)
    assert await _tables(empty_database) == set(METADATA.tables)
    await _downgrade(empty_database, "base")
    assert await _tables(empty_database) == set()
    await _migrate(empty_database)
    assert await _tables(empty_database) == set(METADATA.tables)


async def test_the_migrated_tables_are_those_of_the_models(empty_database: str) -> None:
    await _migrate(empty_database)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, METADATA))

    url, options = driver_url(empty_database)
    engine = create_async_engine(url, connect_args=options)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_migrating_again_changes_nothing(empty_database: str) -> None:
    await _migrate(empty_database)
    await _migrate(empty_database)
    assert await _tables(empty_database) == set(METADATA.tables)


def test_several_processes_may_migrate_at_once(empty_database: str) -> None:
    code = (
        "from session_api.database.migrations import migrate\n"
        "from session_api.settings import Settings\n"
        "migrate(Settings())"
    )
    environment = os.environ | {"DATABASE_URL": empty_database}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in started]
    assert [code for _, code in ends] == [0, 0, 0], ends
    assert asyncio.run(_tables(empty_database)) == set(METADATA.tables)


async def test_a_migration_gives_up_on_a_busy_table_rather_than_stop_it(
    database_url: str, sql: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async with sql.transaction():
        await sql.execute("LOCK TABLE user_sessions IN ACCESS SHARE MODE")
        begun = time.monotonic()
        with pytest.raises(DBAPIError, match="lock timeout"):
            await _downgrade(database_url, "base")
        assert time.monotonic() - begun < 10
    assert await _tables(database_url) == set(METADATA.tables)


async def test_the_revision_in_the_database_is_the_newest(
    sql: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    assert await sql.fetchval("SELECT version_num FROM alembic_version") == newest_revision()


def test_the_newest_revision_is_the_one_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[2] / "alembic"))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_a_service_whose_tables_are_the_newest_does_without_alembic(database_url: str) -> None:
    """And without all else that only some need."""
    unused = ("alembic", "mako", "redis", "botocore", "httpx", "rich", "pygments")
    code = (
        "import sys\n"
        "import session_api.cli.commands\n"
        "from session_api.database.migrations import migrate\n"
        "from session_api.settings import Settings\n"
        "migrate(Settings())\n"
        f"print([name for name in {unused} if name in sys.modules])"
    )
    environment = os.environ | {"DATABASE_URL": database_url}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout.strip() == "[]"
