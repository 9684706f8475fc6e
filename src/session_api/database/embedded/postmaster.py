"""Finding and stopping the server that runs on a cluster, whoever started it."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from session_api.database.embedded.errors import EmbeddedPostgresError
from session_api.database.embedded.waiting import wait_until

PORT = 5432
# Counted from 0: https://www.postgresql.org/docs/18/storage-file-layout.html and, in the sources,
# pidfile.h, `LOCK_FILE_LINE_*`. Later lines appear as the start goes on.
_SOCKET_LINE = 4
_STATUS_LINE = 7
# Fast shutdown writes a checkpoint; then at once, without; then by force. All keep committed data.
_STOPPING = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
_REAPING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A running server, as its pid file described it a moment ago."""

    pid: int
    socket_folder: Path
    status: str

    @property
    def is_starting(self) -> bool:
        return self.status == "starting"

    @property
    def is_ready(self) -> bool:
        return self.status == "ready"

    @property
    def has_lost_its_socket(self) -> bool:
        """True when a cleaner of /tmp took the socket: nobody can connect any more."""
        return not (self.socket_folder / f".s.PGSQL.{PORT}").is_socket()


def find_postmaster(cluster: Path) -> Postmaster | None:
    """The live server of this cluster; None for no pid file, or one of a dead or other process."""
    try:
        lines = (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    if not is_alive(pid) or not _serves(pid, cluster):
        return None
    if len(lines) <= _STATUS_LINE:
        return Postmaster(pid, Path(), "starting")
    return Postmaster(pid, Path(lines[_SOCKET_LINE].strip()), lines[_STATUS_LINE].strip())


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not, though nobody may ever reap it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        # Gone since, or a system without /proc, such as macOS.
        return not Path("/proc/self").exists()
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def stop_postmaster(pid: int) -> None:
    """Returns when the server is gone; a connected client is not waited for."""
    for number, seconds in _STOPPING:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait_until(lambda: not is_alive(pid), seconds=seconds):
            # A child of ours is a zombie until the thread that waits for it comes to its turn.
            wait_until(lambda: not _is_our_zombie(pid), seconds=_REAPING_SECONDS)
            return
    raise EmbeddedPostgresError(f"The embedded PostgreSQL (process {pid}) does not stop")


def _is_our_zombie(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    state, parent = stat.rpartition(")")[2].split()[:2]
    return state == "Z" and int(parent) == os.getpid()


def _serves(pid: int, cluster: Path) -> bool:
    """Whether a process is the postmaster of this cluster: numbers are used again after a crash."""
    command = _command_line(pid)
    # Its children rename themselves to "postgres: …", others are not PostgreSQL at all.
    if not command or Path(command[0]).name != "postgres":
        return False
    try:
        # True even after the data folder was moved under a running server.
        return Path(f"/proc/{pid}/cwd").samefile(cluster)
    except OSError:
        # No /proc, or root without the right to look (CAP_SYS_PTRACE, as in a container).
        return str(cluster) in " ".join(command)


def _command_line(pid: int) -> list[str]:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        shown = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(pid)],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        return shown.stdout.split(" ")
    return raw.decode(errors="replace").rstrip("\0").split("\0")
