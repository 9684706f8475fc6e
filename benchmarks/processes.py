"""The processes of a run: the service and its floor, each as it would run by itself."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Protocol

from benchmarks.ports import free_port, listens

_PATIENCE_SECONDS = 60
_ROOT = Path(__file__).parents[1]


class BenchFailed(Exception):
    """The run can't go on. The message is for the person who started it."""


@dataclass(frozen=True)
class Server:
    """A server that answers on this port of this machine."""

    port: int
    pid: int

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Process(Protocol):
    """What is needed of a process that was started."""

    pid: int

    def poll(self) -> int | None:
        """How it ended; None while it runs."""

    def wait(self, timeout: float) -> int:
        """How it ended. Raises subprocess.TimeoutExpired."""


Start = Callable[[Sequence[str], int, Mapping[str, str]], Process]
"""Starts a command that writes to a descriptor, under an environment."""


def started(command: Sequence[str], output: int, environment: Mapping[str, str]) -> Process:
    """Starts a program; `output` is the descriptor of the file that it writes to."""
    return subprocess.Popen(command, stdout=output, stderr=output, env=dict(environment), cwd=_ROOT)


@contextmanager
def running_service(
    data: Path, settings: Mapping[str, str], start: Start = started
) -> Iterator[tuple[Server, str]]:
    """`session-api serve` with its own PostgreSQL in the folder `data`; also the token it prints.

    Settings of the caller's environment have no effect: what is measured are the defaults, but for
    `settings`, which are named as in the environment, and for the number of requests that a limit
    lets through. They are counted all the same.
    """
    program = Path(sys.executable).with_name("session-api")
    command = [str(program), "serve", "--port", "0", "--data", str(data)]
    output = data.parent / "service.txt"
    often = {"SESSION_API_RATE_LIMITS": "read=900000000/minute,write=900000000/minute"}
    with _running(command, output, {**often, **settings}, start) as process:
        port = _waited_for(r"Session API is at http://127\.0\.0\.1:(\d+)", output, process)
        token = _waited_for(r"token +(\S+)", output, process)
        _wait_for_port(int(port), output, process)
        yield Server(int(port), process.pid), token


def seconds_of(command: Sequence[str]) -> float:
    """How long a program runs that ends by itself, and well."""
    begun = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - begun


def first_answer_seconds(
    data: Path, token: str, settings: Mapping[str, str], start: Start
) -> float:
    """How long `session-api serve` takes from being called to answering its first request, in a
    data folder that is ready. Raises BenchFailed.
    """
    port = free_port()
    program = Path(sys.executable).with_name("session-api")
    command = [str(program), "serve", "--port", str(port), "--data", str(data)]
    output = data.parent / "start.txt"
    begun = time.monotonic()
    with _running(command, output, settings, start) as process:
        for _ in _patiently(output, process, pause=0.005):
            connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
            try:
                connection.request(
                    "GET", "/api/sessions/active", headers={"Authorization": f"Bearer {token}"}
                )
                status = connection.getresponse().status
            except OSError:
                continue
            finally:
                connection.close()
            if status not in (200, 204):
                raise BenchFailed(f"the first answer was {status}")
            return time.monotonic() - begun
    raise AssertionError


@contextmanager
def running_replica(
    folder: Path,
    name: str,
    settings: Mapping[str, str],
    *,
    workers: int = 1,
    start: Start = started,
) -> Iterator[Server]:
    """`session-api serve` as one of several on the database that the `settings` name; `name` is
    that of its output in the folder.
    """
    program = Path(sys.executable).with_name("session-api")
    output = folder / f"{name}.txt"
    often = {"SESSION_API_RATE_LIMITS": "read=900000000/minute,write=900000000/minute"}
    command = [str(program), "serve", "--port", "0", "--workers", str(workers)]
    with _running(command, output, {**often, **settings}, start) as process:
        port = _waited_for(r"Session API is at http://127\.0\.0\.1:(\d+)", output, process)
        _wait_for_answer(int(port), output, process)
        yield Server(int(port), process.pid)


@contextmanager
def running_floor(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    """The floor (`benchmarks.floor`), told its parameters through the environment."""
    port = free_port()
    output = folder / "floor.txt"
    command = [sys.executable, "-m", "benchmarks.floor"]
    with _running(command, output, {**environment, "FLOOR_PORT": str(port)}) as process:
        _wait_for_port(port, output, process)
        yield Server(port, process.pid)


@contextmanager
def running_tutorial(folder: Path, database_url: str, secret: str) -> Iterator[Server]:
    """The peer after the tutorials, on a database of its own."""
    port = free_port()
    output = folder / "tutorial.txt"
    environment = {
        "TUTORIAL_PORT": str(port),
        "TUTORIAL_DATABASE_URL": database_url,
        "TUTORIAL_SECRET": secret,
    }
    with _running(
        [sys.executable, "-m", "benchmarks.peers.tutorial"], output, environment
    ) as process:
        _wait_for_port(port, output, process)
        yield Server(port, process.pid)


@contextmanager
def running_adk(folder: Path, program: Path, database_url: str) -> Iterator[Server]:
    """Google ADK's server with an agent that is never run, on a database of its own."""
    port = free_port()
    output = folder / "adk.txt"
    agent = folder / "agents" / "bench"
    agent.mkdir(parents=True)
    (agent / "__init__.py").touch()
    (agent / "agent.py").write_text(_AGENT)
    command = [str(program), "api_server", "--port", str(port), "--log_level", "warning"]
    command += ["--session_service_uri", database_url, str(agent.parent)]
    with _running(command, output, {}) as process:
        _wait_for_port(port, output, process)
        yield Server(port, process.pid)


_AGENT = """
from google.adk.agents import Agent

root_agent = Agent(name="bench", model="none", description="", instruction="")
"""


@contextmanager
def running_nginx(folder: Path) -> Iterator[Server]:
    """nginx that takes PUT requests and keeps the files in `nginx` below the folder."""
    port = free_port()
    files, output, configuration = folder / "nginx", folder / "nginx.txt", folder / "nginx.conf"
    files.mkdir()
    configuration.write_text(_NGINX.format(folder=folder, files=files, port=port))
    command = ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(configuration)]
    with _running(command, output, {}) as process:
        _wait_for_port(port, output, process)
        yield Server(port, process.pid)


@contextmanager
def running_rclone(folder: Path) -> Iterator[Server]:
    """rclone as a WebDAV server that keeps the files in `rclone` below the folder."""
    port = free_port()
    files, output = folder / "rclone", folder / "rclone.txt"
    files.mkdir()
    command = ["rclone", "serve", "webdav", "--config", "/dev/null"]
    with _running([*command, "--addr", f"127.0.0.1:{port}", str(files)], output, {}) as process:
        _wait_for_port(port, output, process)
        yield Server(port, process.pid)


# One process, which is the one that works: its CPU time is the server's. What arrives is written to
# the disk of the files, and there renamed.
_NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_max_body_size 0;
    client_body_buffer_size 1m;
    client_body_temp_path {folder}/nginx-arriving;
    proxy_temp_path {folder}/nginx-unused;
    fastcgi_temp_path {folder}/nginx-unused;
    scgi_temp_path {folder}/nginx-unused;
    uwsgi_temp_path {folder}/nginx-unused;
    server {{
        listen 127.0.0.1:{port};
        root {files};
        location / {{ dav_methods PUT; }}
    }}
}}
"""


@contextmanager
def _running(
    command: Sequence[str],
    output: Path,
    environment: Mapping[str, str],
    start: Start = started,
) -> Iterator[Process]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name != "DATABASE_URL" and not name.startswith("SESSION_API_")
    }
    with output.open("wb") as file:
        process = start(command, file.fileno(), {**inherited, **environment})
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(20)


def _waited_for(pattern: str, output: Path, process: Process) -> str:
    """The first group of the pattern, once it stands in the output."""
    for _ in _patiently(output, process):
        found = re.search(pattern, output.read_text())
        if found:
            return found.group(1)
    raise AssertionError


def _wait_for_answer(port: int, output: Path, process: Process) -> None:
    """The service listens before it works; who calls earlier waits for it."""
    for _ in _patiently(output, process):
        connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            continue
        finally:
            connection.close()
        return


def _wait_for_port(port: int, output: Path, process: Process) -> None:
    for _ in _patiently(output, process):
        if listens(port):
            return


def _patiently(output: Path, process: Process, *, pause: float = 0.05) -> Iterator[None]:
    """Turns of waiting. Raises BenchFailed when the process ended or takes too long."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        yield
        time.sleep(pause)
    raise BenchFailed(f"a server did not start; it said:\n{output.read_text()[-2000:]}")
