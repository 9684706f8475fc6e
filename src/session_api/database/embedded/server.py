"""Adopting the server that runs, or starting one. Everything here happens within a turn."""

import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from session_api.database.embedded.account import Account, choose_account
from session_api.database.embedded.binaries import find_binaries
from session_api.database.embedded.database import ensure_database
from session_api.database.embedded.errors import EmbeddedPostgresError
from session_api.database.embedded.initdb import make_cluster_if_missing
from session_api.database.embedded.layout import (
    Layout,
    keep_service_password,
    open_log,
    read_password,
    shorten_log,
    telling_line,
)
from session_api.database.embedded.locks import Membership
from session_api.database.embedded.postmaster import (
    PORT,
    Postmaster,
    find_postmaster,
    is_alive,
    stop_postmaster,
)
from session_api.database.embedded.sockets import (
    record_socket_folder,
    remove_socket_folder,
    socket_folder_for,
)
from session_api.database.embedded.waiting import wait_until

# A start takes 0.1 s; recovery after a crash replays at most max_wal_size, a minute on slow disks.
READY_SECONDS = 120.0
# After kill -9 the server's children notice at their next wait and then let go of its memory.
LINGERING_SECONDS = 15.0
_DYING_SECONDS = 1.0
# What PostgreSQL says while they have not, or while a killed service's server is just starting.
_LINGERING = ("is still in use", "already exists")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that took our password, and whose database exists."""

    pid: int
    socket_folder: Path
    password: str
    service_password: str


class _LingeringError(EmbeddedPostgresError):
    """A server that is gone, or not yet to be seen, still holds the cluster: try again soon."""


def ensure_running(
    layout: Layout, membership: Membership, *, durable: bool, binaries: Path | None
) -> Running:
    """Adopt the live server of the cluster, or replace what cannot be adopted."""
    shorten_log(layout)
    outcome: Running | _LingeringError

    def settled() -> bool:
        nonlocal outcome
        try:
            outcome = _adopt(layout, membership) or _start(
                layout, durable=durable, binaries=binaries
            )
        except _LingeringError as error:
            outcome = error
        return isinstance(outcome, Running)

    wait_until(settled, seconds=LINGERING_SECONDS)
    if isinstance(outcome, _LingeringError):
        raise outcome
    return outcome


def stop_running(layout: Layout) -> None:
    """Stop the server, if one runs, and clear away its socket. For the last user."""
    postmaster = find_postmaster(layout.cluster)
    if postmaster is not None:
        stop_postmaster(postmaster.pid)
    remove_socket_folder(layout)


def server_settings(socket_folder: Path, *, durable: bool) -> dict[str, str]:
    """On the command line, not in the cluster's files, so that an upgrade of ours changes them."""
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "cluster_name": "session_api",
        # Starts, stops and crashes. Failed statements are the service's to log: here they would
        # fill the disk, and copy people's data into a file.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
        "logging_collector": "off",
        "log_destination": "stderr",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return settings


def _adopt(layout: Layout, membership: Membership) -> Running | None:
    """The live server if it serves us; None when there is none, or no longer.

    A server that others use is not stopped for refusing us; then this raises instead.
    """
    postmaster = _settled_postmaster(layout.cluster)
    if postmaster is None:
        return None
    if postmaster.is_ready and not postmaster.has_lost_its_socket:
        try:
            return _join(layout, postmaster.pid, postmaster.socket_folder)
        except EmbeddedPostgresError:
            # A server that was just killed looks alive for an instant.
            is_dying = wait_until(lambda: not is_alive(postmaster.pid), seconds=_DYING_SECONDS)
            if not is_dying and not membership.alone():
                raise
    if is_alive(postmaster.pid):
        stop_postmaster(postmaster.pid)
    return None


def _settled_postmaster(cluster: Path) -> Postmaster | None:
    """The live server once it is past starting; still starting if that takes for ever."""
    postmaster: Postmaster | None = None

    def settled() -> bool:
        nonlocal postmaster
        postmaster = find_postmaster(cluster)
        return postmaster is None or not postmaster.is_starting

    wait_until(settled, seconds=READY_SECONDS)
    return postmaster


def _join(layout: Layout, pid: int, socket_folder: Path) -> Running:
    password, service_password = read_password(layout), keep_service_password(layout)
    ensure_database(socket_folder, password, service_password)
    record_socket_folder(layout, socket_folder)
    return Running(pid, socket_folder, password, service_password)


def _start(layout: Layout, *, durable: bool, binaries: Path | None) -> Running:
    programs = find_binaries(binaries)
    account = choose_account(programs, folder=layout.folder, cluster=layout.cluster)
    make_cluster_if_missing(layout, account, programs, durable=durable)
    # The server it speaks of is dead (we have just looked), and its number may by now be another
    # process's, for which PostgreSQL would refuse to start. Its second guard against two servers,
    # the shared memory of the data folder, still holds.
    layout.pid_file.unlink(missing_ok=True)
    socket_folder = socket_folder_for(layout, account)
    settings = server_settings(socket_folder, durable=durable)
    options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
    command: list[str | Path] = [programs.postgres, "-D", layout.cluster, *options]
    process = _launch(layout, account, command)
    try:
        return _join(layout, process.pid, socket_folder)
    except BaseException:
        stop_postmaster(process.pid)
        raise


def _launch(layout: Layout, account: Account, command: list[str | Path]) -> subprocess.Popen[bytes]:
    """The server's process, ready for connections."""
    output = open_log(layout)
    try:
        log_starts_at = os.fstat(output).st_size
        process = account.start(command, output=output)
    finally:
        os.close(output)
    # Reaps it whenever it ends: it may be stopped by another user, or die, while we live on.
    threading.Thread(target=process.wait, name="embedded-postgres-reaper", daemon=True).start()

    def is_ready() -> bool:
        postmaster = find_postmaster(layout.cluster)
        return postmaster is not None and postmaster.pid == process.pid and postmaster.is_ready

    try:
        wait_until(lambda: is_ready() or not is_alive(process.pid), seconds=READY_SECONDS)
        if is_ready():
            return process
    except BaseException:
        stop_postmaster(process.pid)
        raise
    if is_alive(process.pid):
        stop_postmaster(process.pid)
    with layout.log.open("rb") as log:
        log.seek(log_starts_at)
        said = telling_line(log.read().decode(errors="replace"))
    kind = _LingeringError if any(sign in said for sign in _LINGERING) else EmbeddedPostgresError
    raise kind(f"The embedded PostgreSQL did not become ready, see {layout.log}: {said}")
