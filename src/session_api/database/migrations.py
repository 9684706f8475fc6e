"""Bringing the tables, and who may use them, to where this version of the code needs them."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from session_api.database.roles import grant_to_service, has_two_roles
from session_api.database.urls import driver_url
from session_api.settings import MIGRATION_URL, Settings

_IN_WHEEL = "_alembic"
_SAID: Final = re.compile(r"^(revision|down_revision) = (.*)$", re.MULTILINE)
_QUOTED: Final = re.compile(r"[\"']([^\"']+)[\"']")


def _scripts() -> Path:
    """The folder of the migrations: inside the wheel, or beside `src` in a checkout."""
    package = Path(str(files("session_api")))
    shipped = package / _IN_WHEEL
    return shipped if shipped.is_dir() else package.parents[1] / "alembic"


@cache
def newest_revision() -> str:
    """The revision that this version of the code was written for; read once in a process.

    Out of the migrations' text: to run Alembic for it takes as long as the rest of a start.
    """
    revisions, followed = set[str](), set[str]()
    for path in (_scripts() / "versions").glob("*.py"):
        said = dict(_SAID.findall(path.read_text()))
        revisions.update(_QUOTED.findall(said["revision"]))
        followed.update(_QUOTED.findall(said["down_revision"]))
    (newest,) = revisions - followed
    return newest


def migrate(settings: Settings, revision: str = "head") -> None:
    """Upgrades the database to `revision`, one process at a time, and grants to the service's role.

    Synchronous, for the start of a process. Each migration waits at most 4 s for a lock, so it
    fails rather than stop a busy table. Raises RolesUnfit, MigrationRefused, and what the driver
    raises.
    """
    with _naming_the_address(settings):
        url = _url(settings)
        if revision != "head" or asyncio.run(_revisions(url)) != [newest_revision()]:
            _alembic().upgrade(_scripts(), url, revision)
        if has_two_roles(settings):
            asyncio.run(grant_to_service(settings))


def downgrade(settings: Settings, revision: str) -> None:
    """Takes migrations back, down to `revision` or `base`."""
    with _naming_the_address(settings):
        _alembic().downgrade(_scripts(), _url(settings), revision)


async def migrate_in_thread(settings: Settings) -> None:
    """As `migrate`, for callers inside an event loop."""
    await asyncio.to_thread(migrate, settings)


class MigrationRefused(Exception):
    """Alembic can't do what is asked. The message is its own."""


def _alembic() -> Any:
    return import_module("session_api.database.upgrading")


async def _revisions(url: str) -> list[str]:
    """Those that the database is at; none where it can't tell."""
    address, options = driver_url(url)
    engine = create_async_engine(address, poolclass=NullPool, connect_args=options)
    try:
        async with engine.connect() as connection:
            found = await connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            return list(found.scalars())
    except DBAPIError:
        return []
    finally:
        await engine.dispose()


@contextmanager
def _naming_the_address(settings: Settings) -> Iterator[None]:
    """Notes on an error that it came by SESSION_API_MIGRATION_URL."""
    try:
        yield
    except Exception as error:
        if settings.migration_url is not None:
            error.add_note(MIGRATION_URL)
        raise


def _url(settings: Settings) -> str:
    url = settings.migration_url or settings.database_url
    if url is None:
        raise ValueError("DATABASE_URL is not set")
    return url.get_secret_value()
