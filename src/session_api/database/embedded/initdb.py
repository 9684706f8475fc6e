"""Making a cluster, all of it or nothing."""

import shutil
import tempfile
from pathlib import Path

from session_api.database.embedded.account import Account
from session_api.database.embedded.binaries import MAJOR_VERSION, Binaries
from session_api.database.embedded.errors import EmbeddedPostgresError
from session_api.database.embedded.layout import (
    Layout,
    keep_password,
    sync_folder,
    telling_line,
    write_private,
)

# Also the owner's name and the database's.
NAME = "session_api"
# The role that the service runs as, which owns nothing.
SERVICE = "session_api_service"
# Half a second on a laptop; slow network disks have been seen to take a minute.
INITDB_SECONDS = 120.0
_STAGING_PREFIX = ".initdb-"


def make_cluster_if_missing(
    layout: Layout, account: Account, binaries: Binaries, *, durable: bool
) -> None:
    """Afterwards there is a cluster of our major version. Repeatable after a crash anywhere."""
    # A killed predecessor's initdb may still be writing there: what resists goes the next time.
    for leftover in layout.folder.glob(f"{_STAGING_PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if layout.cluster.exists():
        _check_version(layout.cluster)
        return
    password = keep_password(layout)
    staging = Path(tempfile.mkdtemp(prefix=_STAGING_PREFIX, dir=layout.folder))
    try:
        _run_initdb(staging, password, account, binaries, durable=durable)
        (staging / "cluster").rename(layout.cluster)
        sync_folder(layout.folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _run_initdb(
    staging: Path, password: str, account: Account, binaries: Binaries, *, durable: bool
) -> None:
    # A file, because a pipe that root made cannot be opened again by the user we become.
    password_file = staging / "password"
    write_private(password_file, password)
    account.own(password_file)
    account.own(staging)
    result = account.run(
        (
            binaries.initdb,
            f"--pgdata={staging / 'cluster'}",
            f"--username={NAME}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # The builtin provider sorts alike on every system, and no C library upgrade
            # can corrupt an index.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            *(() if durable else ("--no-sync",)),
        ),
        seconds=INITDB_SECONDS,
    )
    if result.returncode != 0:
        raise EmbeddedPostgresError(
            f"initdb could not set up the embedded PostgreSQL in {staging.parent}: "
            f"{telling_line(result.stderr or result.stdout)}"
        )


def _check_version(cluster: Path) -> None:
    version_file = cluster / "PG_VERSION"
    if not version_file.exists():
        raise EmbeddedPostgresError(
            f"{cluster} is not a PostgreSQL data folder: move it away to start anew"
        )
    version = version_file.read_text(encoding="utf-8", errors="replace").strip()
    if version != str(MAJOR_VERSION):
        raise EmbeddedPostgresError(
            f"{cluster} was made by PostgreSQL {version} and the embedded one is "
            f"{MAJOR_VERSION}: move it over with pg_dump, or move it away to start anew"
        )
