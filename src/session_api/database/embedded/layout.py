"""What lies where in the data folder, and how it is written so that a crash cannot halve it."""

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from session_api.database.embedded.errors import EmbeddedPostgresError

# The server's log grows by a few lines a start; this is years, or one bad day.
LOG_LIMIT_BYTES = 4 * 1024 * 1024
_COMPLAINTS = ("ERROR:", "FATAL:", "PANIC:", "error:")


@dataclass(frozen=True, slots=True)
class Layout:
    """The names inside `<data>/postgres`."""

    folder: Path

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def pid_file(self) -> Path:
        return self.cluster / "postmaster.pid"

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    @property
    def service_password_file(self) -> Path:
        return self.folder / "service-password"

    @property
    def socket_record(self) -> Path:
        """Holds the path of the socket folder, which is elsewhere because it must be short."""
        return self.folder / "socket"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def turn_lock(self) -> Path:
        return self.folder / "start.lock"

    @property
    def users_lock(self) -> Path:
        return self.folder / "users.lock"


def prepare_layout(data: Path) -> Layout:
    """Make the folders that are missing; the mode of those that exist is not ours to change."""
    data = data.resolve()
    data.parent.mkdir(parents=True, exist_ok=True)
    layout = Layout(data / "postgres")
    for folder in (data, layout.folder):
        # Root's server runs as somebody else, who must be able to pass through (but not to list).
        _make_folder(folder, mode=0o711 if os.geteuid() == 0 else 0o700)
    return layout


def _make_folder(folder: Path, *, mode: int) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        folder.chmod(mode)  # mkdir's own mode is narrowed by the umask


def keep_password(layout: Layout) -> str:
    """The password of the cluster to be: the one on disk, or a new one written there first."""
    return _keep(layout.password_file)


def keep_service_password(layout: Layout) -> str:
    """As `keep_password`, for the role of the service: a lost one is replaced, not missed."""
    return _keep(layout.service_password_file)


def _keep(file: Path) -> str:
    if not file.exists():
        write_private(file, secrets.token_urlsafe(32))
    return file.read_text(encoding="utf-8").strip()


def read_password(layout: Layout) -> str:
    """The password of an existing cluster."""
    try:
        return layout.password_file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise EmbeddedPostgresError(
            f"The password of the embedded database is gone: put {layout.password_file} back, or "
            f"remove {layout.folder} to start anew without its data"
        ) from None


def write_private(path: Path, text: str) -> None:
    """Write a 0600 file that, whatever happens, is either whole or not there."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_log(layout: Layout) -> int:
    """A descriptor that appends, so that shortening the file below is safe under a live server."""
    return os.open(layout.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def shorten_log(layout: Layout) -> None:
    """Keep the log under its limit by moving its content to `server.log.1`."""
    if layout.log.exists() and layout.log.stat().st_size > LOG_LIMIT_BYTES:
        shutil.copyfile(layout.log, layout.log.with_name("server.log.1"))
        os.truncate(layout.log, 0)


def telling_line(text: str) -> str:
    """The line that says why: the first complaint, since the later ones follow from it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    complaints = (line for line in lines if any(sign in line for sign in _COMPLAINTS))
    return next(complaints, lines[-1] if lines else "it said nothing")
