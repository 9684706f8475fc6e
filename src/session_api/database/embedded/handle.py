"""What the rest of the service sees of the embedded server."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from session_api.database.embedded.errors import EmbeddedPostgresError
from session_api.database.embedded.initdb import NAME, SERVICE
from session_api.database.embedded.layout import Layout, prepare_layout
from session_api.database.embedded.locks import Membership, turn
from session_api.database.embedded.postmaster import is_alive
from session_api.database.embedded.server import Running, ensure_running, stop_running


class EmbeddedPostgres:
    """One use of the server of a data folder; the last use to close stops the server."""

    url: str
    """For asyncpg and SQLAlchemy alike. The database exists, the role owns all of the server."""

    service_url: str
    """The same database, as the role that the service runs as. It owns nothing, and may use what
    `session-api migrate` grants to it.
    """

    def __init__(
        self,
        layout: Layout,
        membership: Membership,
        running: Running,
        *,
        durable: bool,
        binaries: Path | None,
    ) -> None:
        self.pid = running.pid
        self.url = _url(running, NAME, running.password)
        self.service_url = _url(running, SERVICE, running.service_password)
        self._layout = layout
        self._membership: Membership | None = membership
        self._owner_pid = os.getpid()
        self._durable = durable
        self._binaries = binaries

    def revive(self) -> bool:
        """Start the server again if it is gone, or join it where another use already has.

        False where it runs, which is found out without waiting. It comes back at the same `url`,
        so that pools find it again. Never while `close` runs. Raises nothing but
        `EmbeddedPostgresError`.
        """
        membership = self._membership
        if membership is None or is_alive(self.pid):
            return False
        try:
            with turn(self._layout.turn_lock):
                running = ensure_running(
                    self._layout, membership, durable=self._durable, binaries=self._binaries
                )
        except OSError as error:
            raise _disk_problem(self._layout.folder, error) from error
        self.pid = running.pid
        if _url(running, NAME, running.password) != self.url:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL could not come back at its old address, only in "
                f"{running.socket_folder}: start the service again"
            )
        return True

    def close(self) -> None:
        """Leave, and stop the server if nobody else uses it; returns when it is gone.

        May be repeated. In a forked child it does nothing: the use is the parent's.
        """
        membership, self._membership = self._membership, None
        if membership is None or self._owner_pid != os.getpid():
            return
        try:
            with turn(self._layout.turn_lock):
                _leave(self._layout, membership)
        except OSError as error:
            raise _disk_problem(self._layout.folder, error) from error
        finally:
            membership.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_embedded(
    data: Path, *, durable: bool = True, binaries: Path | None = None
) -> EmbeddedPostgres:
    """Start the server of this data folder, or join the one that runs; it is ready on return.

    Synchronous, for before the event loop starts: a first start takes about a second, later ones
    a fifth of that. `durable=False`, for tests, gives up crash safety for speed, and a server that
    runs keeps what it was started with. `binaries` is a `bin` folder of PostgreSQL to use instead
    of the wheel's. Raises nothing but `EmbeddedPostgresError`.
    """
    try:
        layout = prepare_layout(data)
        with turn(layout.turn_lock):
            membership = Membership(layout.users_lock)
            try:
                running = ensure_running(layout, membership, durable=durable, binaries=binaries)
            except BaseException:
                _leave(layout, membership)
                raise
    except OSError as error:
        raise _disk_problem(data, error) from error
    return EmbeddedPostgres(layout, membership, running, durable=durable, binaries=binaries)


def _url(running: Running, role: str, password: str) -> str:
    return (
        f"postgresql://{role}:{quote(password, safe='')}@/{NAME}"
        f"?host={quote(str(running.socket_folder), safe='')}"
    )


def _leave(layout: Layout, membership: Membership) -> None:
    """Within a turn to the end: whoever leaves next must not still see us."""
    try:
        if membership.alone():
            stop_running(layout)
    finally:
        membership.leave()


def _disk_problem(folder: Path, error: OSError) -> EmbeddedPostgresError:
    where = error.filename or folder
    return EmbeddedPostgresError(
        f"The embedded PostgreSQL cannot keep its data in {folder}: {error.strerror or error} "
        f"({where})"
    )
