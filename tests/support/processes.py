"""The service as a person runs it: real processes, really killed, nothing left of them after."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from tests.support.forked import Forked, run_forked, start_forked
from tests.support.waiting import eventually

BIN = Path(sys.executable).parent
COMMAND = BIN / "session-api"
AFRESH = ("env",)
"""The prefix of a command that is to be a new process, not a fork of one that has imported all."""

START_SECONDS = 180.0
"""Far longer than a start takes, for a machine that does much else."""

STOP_SECONDS = 30.0


def leave_out(reason: str) -> None:
    """Skips a test that this machine can't run; fails where all are required."""
    if os.environ.get("SESSION_API_TEST_REQUIRE_ALL") == "1":
        pytest.fail(f"SESSION_API_TEST_REQUIRE_ALL=1, but {reason}")
    pytest.skip(reason)


def is_running(pid: int) -> bool:
    """Whether a process still does anything; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@contextlib.contextmanager
def data_folder(*, uid: int | None = None) -> Iterator[Path]:
    """A place for a data folder that PostgreSQL may enter under root as well (pytest's own are
    closed to it), or that belongs to the user `uid`. Whatever still runs in it is stopped.
    """
    folder = Path(tempfile.mkdtemp(prefix="test-service-", dir="/tmp"))
    folder.chmod(0o755)
    if uid is not None:
        os.chown(folder, uid, uid)
    data = folder / "data"
    try:
        yield data
    finally:
        _stop_servers(data)
        with contextlib.suppress(OSError):
            shutil.rmtree((data / "postgres" / "socket").read_text())
        shutil.rmtree(folder, ignore_errors=True)


def servers_of(data: Path) -> list[int]:
    """The processes that work inside the cluster: PostgreSQL and its children."""
    cluster = data / "postgres" / "cluster"
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").samefile(cluster):
                found.append(int(process.name))
    return [pid for pid in found if is_running(pid)]


def _stop_servers(data: Path) -> None:
    """At once, and without leaving shared memory behind; by force where that does not do."""
    for number in (signal.SIGCONT, signal.SIGQUIT, signal.SIGKILL):
        _signal_all(servers_of(data), number)
        if number is not signal.SIGCONT and eventually(lambda: not servers_of(data), seconds=5):
            return


def _signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def clean_environment(**variables: str) -> dict[str, str]:
    """What a person's shell holds, none of it about us, and `variables`.

    Where Python was told to find the package elsewhere than it is installed, so are its children.
    There are no limits: tests ask more often in a second than people do in a minute.
    """
    shell = {"PATH": f"{BIN}{os.pathsep}{os.defpath}", "HOME": "/tmp", "LANG": "C.UTF-8"}
    if elsewhere := os.environ.get("PYTHONPATH"):
        shell["PYTHONPATH"] = elsewhere
    return shell | {"SESSION_API_RATE_LIMITS": "off"} | variables


def run_command(
    *arguments: str | Path,
    environment: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> "subprocess.CompletedProcess[str]":
    """Runs `session-api …` to its end; `prefix` is a command that runs it. Without one it is forked
    from a process that has imported it; `AFRESH` starts it as the shell does.
    """
    if not prefix:
        return run_forked(
            [str(COMMAND), *map(str, arguments)],
            clean_environment(**(environment or {})),
            timeout=START_SECONDS,
        )
    return subprocess.run(
        [*prefix, COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
        env=clean_environment(**(environment or {})),
    )


class Service:
    """`session-api serve` on a data folder. It can be killed, and started again at its address.
    `prefix` is as with `run_command`.

    Leaving the block ends every process it started; the folder is its maker's (`data_folder`).
    """

    def __init__(
        self, data: Path, *arguments: str, prefix: Sequence[str] = (), **environment: str
    ) -> None:
        self.data = data
        self.port = 0
        self._prefix = prefix
        self._arguments = arguments
        self._environment = environment
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self._started: list[subprocess.Popen[bytes] | Forked] = []
        self._tokens: dict[tuple[str, ...], str] = {}
        self._output = data.parent / f"serve-{id(self)}.log"

    # Its life

    def start(self) -> Self:
        """Returns once it can do its work; at the address it had before, if it had one."""
        written = len(self.output)
        self._process = self._run()
        self._started.append(self._process)

        def is_ready() -> bool:
            if self._process is None or self._process.poll() is not None:
                pytest.fail(f"the service did not start:\n{self.output}")
            address = re.search(r"is at http://[^:\s]+:(\d+)", self.output[written:])
            if address is None:
                return False
            self.port = int(address[1])
            return self.readiness() == 200

        assert eventually(is_ready, seconds=START_SECONDS), self.output
        return self

    def _run(self) -> "subprocess.Popen[bytes] | Forked":
        serve = [str(COMMAND), "serve", "--port", str(self.port), "--data", str(self.data)]
        arguments = [*self._prefix, *serve, *self._arguments]
        environment = clean_environment(**self._environment)
        with self._output.open("ab") as output, Path(os.devnull).open() as nothing:
            if not self._prefix:
                return start_forked(
                    arguments,
                    environment,
                    stdin=nothing.fileno(),
                    stdout=output.fileno(),
                    stderr=output.fileno(),
                    new_session=True,
                )
            return subprocess.Popen(
                arguments,
                stdin=nothing,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        for process in self._started:
            # Its workers too: it is the leader of their session.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(STOP_SECONDS)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As the machine does that runs out of memory: no time for anything."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to end, and returns how it ended."""
        os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> int:
        assert self._process is not None
        return self._process.wait(STOP_SECONDS)

    @property
    def members(self) -> list[int]:
        """The processes of its session: itself and its workers, not its PostgreSQL."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(ProcessLookupError):
                if os.getsid(int(process.name)) == self.pid and is_running(int(process.name)):
                    found.append(int(process.name))
        return found

    # Its database

    @property
    def postgres_pid(self) -> int:
        return int((self.data / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])

    def kill_postgres(self) -> None:
        os.kill(self.postgres_pid, signal.SIGKILL)

    @contextlib.contextmanager
    def frozen_postgres(self) -> Iterator[None]:
        """PostgreSQL and all its children stand still, as on a disk that does not answer."""
        pids = servers_of(self.data)
        _signal_all(pids, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal_all(pids, signal.SIGCONT)

    @property
    def database_url(self) -> str:
        postgres = self.data / "postgres"
        password = quote((postgres / "password").read_text().strip(), safe="")
        folder = quote((postgres / "socket").read_text().strip(), safe="")
        return f"postgresql://session_api:{password}@/session_api?host={folder}"

    async def query(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Asks its database, past the service."""
        connection = await asyncpg.connect(self.database_url, timeout=10)
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close(timeout=10)

    # Its use

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """All it has printed and logged."""
        return self._output.read_text() if self._output.exists() else ""

    def readiness(self) -> int | None:
        """The status of `/readyz`; None where nobody answers."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code
        except httpx.TransportError:
            return None

    def token(self, user: str, *options: str) -> str:
        """What `session-api token` prints."""
        key = (user, *options)
        if key not in self._tokens:
            made = run_command(
                *("token", "--user", user, "--data", str(self.data), *options),
                environment=self._environment,
            )
            assert made.returncode == 0, made.stderr
            self._tokens[key] = made.stdout.strip()
        return self._tokens[key]

    def client(self, user: str = "ann", *, timeout: float = 30) -> httpx.AsyncClient:
        """A person's browser, signed in."""
        return httpx.AsyncClient(
            base_url=self.url,
            timeout=timeout,
            headers={"Authorization": f"Bearer {self.token(user)}"},
        )
