"""Bringing the tables, and who may use them, to where this version of the code needs them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic import command
from session_api.database.roles import grant_to_service, has_two_roles
from session_api.settings import MIGRATION_URL, Settings

_IN_WHEEL = "_alembic"


def _scripts() -> Path:
    """The folder of the migrations: inside the wheel, or beside `src` in a checkout."""
    package = Path(str(files("session_api")))
    shipped = package / _IN_WHEEL
    return shipped if shipped.is_dir() else package.parents[1] / "alembic"


def _config(database_url: str | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    config.attributes["database_url"] = database_url
    return config


@cache
def newest_revision() -> str:
    """The revision that this version of the code was written for; read once in a process."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None  # noqa: S101 - the migrations are shipped with the code
    return revision


def migrate(settings: Settings, revision: str = "head") -> None:
    """Upgrades the database to `revision`, one process at a time, and grants to the service's role.

    Synchronous, for the start of a process. Each migration waits at most 4 s for a lock, so it
    fails rather than stop a busy table. Raises RolesUnfit, and what Alembic and the driver raise.
    """
    with _naming_the_address(settings):
        command.upgrade(_config(_url(settings)), revision)
        if has_two_roles(settings):
            asyncio.run(grant_to_service(settings))


def downgrade(settings: Settings, revision: str) -> None:
    """Takes migrations back, down to `revision` or `base`."""
    with _naming_the_address(settings):
        command.downgrade(_config(_url(settings)), revision)


async def migrate_in_thread(settings: Settings) -> None:
    """As `migrate`, for callers inside an event loop."""
    await asyncio.to_thread(migrate, settings)


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
