"""Alembic, for those who have something to upgrade.

Imported only then: it takes 8 MB and a tenth of a second, and mostly a service finds its tables as
it left them.
"""

from collections.abc import Callable
from pathlib import Path

from alembic.config import Config
from alembic.util import CommandError

from alembic import command
from session_api.database.migrations import MigrationRefused


def upgrade(scripts: Path, url: str, revision: str) -> None:
    """Raises MigrationRefused, and what the driver raises."""
    _run(command.upgrade, scripts, url, revision)


def downgrade(scripts: Path, url: str, revision: str) -> None:
    """Raises as `upgrade`."""
    _run(command.downgrade, scripts, url, revision)


def _run(run: Callable[[Config, str], None], scripts: Path, url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["database_url"] = url
    try:
        run(config, revision)
    except CommandError as error:
        raise MigrationRefused(str(error)) from error
