"""The folder of the server's socket: short, private, and the same for as long as anybody knows it.

Not inside the data folder, because the path of a socket ends at 107 bytes.
"""

import shutil
import stat
import tempfile
from pathlib import Path

from session_api.database.embedded.account import Account
from session_api.database.embedded.errors import EmbeddedPostgresError
from session_api.database.embedded.layout import Layout, write_private

_PRIVATE = 0o700


def socket_folder_for(layout: Layout, account: Account) -> Path:
    """The recorded folder if it can be had, since other users' pools connect there; or a new one.

    So a server that is replaced, after a crash or a cleaner of /tmp, is found by everybody again.
    """
    recorded = recorded_socket_folder(layout)
    if recorded is not None and _reclaim(recorded, account):
        return recorded
    # mkdtemp makes a folder of our own in each, with a name that nobody can foresee.
    for parent in ("/tmp", tempfile.gettempdir(), "/var/tmp", "/dev/shm"):  # noqa: S108
        try:
            folder = Path(tempfile.mkdtemp(prefix="session-api-", dir=parent))
        except OSError:
            continue
        try:
            account.own(folder)
            record_socket_folder(layout, folder)
        except BaseException:
            folder.rmdir()  # unrecorded, nobody would ever clear it away
            raise
        return folder
    raise EmbeddedPostgresError(
        "The embedded PostgreSQL needs a folder for its socket, and /tmp is not writable"
    )


def recorded_socket_folder(layout: Layout) -> Path | None:
    """Where the server's socket is or was."""
    try:
        return Path(layout.socket_record.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def record_socket_folder(layout: Layout, folder: Path) -> None:
    """Tell the processes after us, which also clear the folder away."""
    if recorded_socket_folder(layout) != folder:
        write_private(layout.socket_record, str(folder))


def remove_socket_folder(layout: Layout) -> None:
    """Clear away what a stopped server leaves."""
    folder = recorded_socket_folder(layout)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        layout.socket_record.unlink(missing_ok=True)


def _reclaim(folder: Path, account: Account) -> bool:
    try:
        folder.mkdir(mode=_PRIVATE)
    except FileExistsError:
        # In a folder open to all, a name that was ours may be somebody else's by now.
        status = folder.lstat()
        is_private = stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == _PRIVATE
        if not is_private or status.st_uid != account.uid:
            return False
        # What a killed server left there names a process whose number may be in use again.
        for leftover in folder.iterdir():
            leftover.unlink()
    except OSError:
        return False
    else:
        account.own(folder)
    return True
