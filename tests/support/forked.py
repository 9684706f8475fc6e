"""`session-api …` without the second of processor time that its imports take.

Each test process keeps one process that has imported everything and forks for each command. The
child has the environment, folder, streams and session that it would have been started with, runs
the installed script, and ends like any other process. What a fork can't show, tests start for real:
that the imports work, other users, other interpreters.
"""

import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_SERVER = Path(__file__).with_name("fork_server.py")


class Forked:
    """A started command, with what tests use of `subprocess.Popen`."""

    def __init__(self, arguments: Sequence[str], told_over: socket.socket) -> None:
        self.args = arguments
        self.returncode: int | None = None
        self._told_over = told_over
        self.pid = int(self._told())

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """How it ended. Raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._told_over], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout)
            self.returncode = int(self._told())
            self._told_over.close()
        return self.returncode

    def _told(self) -> str:
        said = self._told_over.recv(64).decode()
        assert said, f"the fork server died over {self.args}"
        return said


class _ForkServer:
    """What forks for this test process, and ends with it."""

    def __init__(self, pythonpath: str | None) -> None:
        self._asking, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {"PATH": os.defpath, "HOME": "/tmp", "LANG": "C.UTF-8"}
        if pythonpath is not None:
            environment["PYTHONPATH"] = pythonpath
        with asked:
            self._process = subprocess.Popen(
                [sys.executable, str(_SERVER), str(asked.fileno())],
                pass_fds=[asked.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # a Ctrl-C is for the tests
            )
        atexit.register(self.close)

    def ask(self, what: bytes, descriptors: list[int]) -> None:
        socket.send_fds(self._asking, [what], descriptors)

    def close(self) -> None:
        self._asking.close()
        self._process.wait()


_fork_server = functools.cache(_ForkServer)


def start_forked(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    stdin: int,
    stdout: int,
    stderr: int,
    new_session: bool = False,
) -> Forked:
    """Starts a Python script with its arguments, under this environment and these streams."""
    asked = {
        "arguments": list(arguments),
        "environment": dict(environment),
        "folder": str(Path.cwd()),
        "new_session": new_session,
    }
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        streams = [stdin, stdout, stderr, theirs.fileno()]
        _fork_server(environment.get("PYTHONPATH")).ask(json.dumps(asked).encode(), streams)
    return Forked(arguments, ours)


def run_forked(
    arguments: Sequence[str], environment: Mapping[str, str], *, timeout: float
) -> "subprocess.CompletedProcess[str]":
    """Runs it to its end, as `subprocess.run` would."""
    with (
        Path(os.devnull).open() as nothing,
        tempfile.TemporaryFile() as printed,
        tempfile.TemporaryFile() as complained,
    ):
        running = start_forked(
            arguments,
            environment,
            stdin=nothing.fileno(),
            stdout=printed.fileno(),
            stderr=complained.fileno(),
        )
        try:
            code = running.wait(timeout)
        except subprocess.TimeoutExpired:
            os.kill(running.pid, signal.SIGKILL)
            raise
        texts = [os.pread(file.fileno(), 1 << 24, 0).decode() for file in (printed, complained)]
    return subprocess.CompletedProcess(arguments, code, *texts)
