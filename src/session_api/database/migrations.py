"""Bringing the tables to where this version of the code needs them."""

import asyncio
from importlib.resources import files
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic import command
from session_api.settings import Settings

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


def newest_revision() -> str:
    """The revision that this version of the code was written for."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None  # noqa: S101 - the migrations are shipped with the code
    return revision


def migrate(settings: Settings, revision: str = "head") -> None:
    """Upgrades the database to `revision`, one process at a time.

    Synchronous, for the start of a process. Each migration waits at most 4 s for a lock, so it
    fails rather than stop a busy table. Raises what Alembic and the driver raise.
    """
    command.upgrade(_config(_url(settings)), revision)


def downgrade(settings: Settings, revision: str) -> None:
    """Takes migrations back, down to `revision` or `base`."""
    command.downgrade(_config(_url(settings)), revision)


async def migrate_in_thread(settings: Settings) -> None:
    """As `migrate`, for callers inside an event loop."""
    await asyncio.to_thread(migrate, settings)


def _url(settings: Settings) -> str:
    if settings.database_url is None:
        raise ValueError("DATABASE_URL is not set")
    return settings.database_url.get_secret_value()
