"""Alembic's way into the database. Called by `session_api.database.migrations`."""

import asyncio
import os

from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from alembic import context
from session_api.database.roles import ADVISORY_LOCK
from session_api.database.urls import driver_url
from session_api.models import METADATA


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=METADATA, compare_type=True)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        # A migration that can't get its lock must fail, not queue up a busy table behind itself.
        connection.execute(text("SET LOCAL lock_timeout = '4s'"))
        context.run_migrations()


async def _run() -> None:
    given = context.config.attributes.get("database_url") or os.environ["DATABASE_URL"]
    url, options = driver_url(given)
    engine = create_async_engine(url, poolclass=pool.NullPool, connect_args=options)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(_run())
