"""A process that has imported the service and becomes `session-api …` as often as it is asked.

Run as a program by `tests.support.forked`; imports nothing of the tests. Each request comes as one
message with four descriptors: the command's standard three, and one over which the child says its
number and this process its end. It ends when whoever started it does.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import socket
import sys
import threading
from typing import Any

# A console script finds its modules as installed, not beside this file.
sys.path.pop(0)

IMPORTED = (
    "session_api.cli.commands",
    # What `serve` imports once it runs.
    "httptools",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
)
LARGEST_REQUEST = 1 << 20


class _ToRun:
    """What a child is to become."""

    def __init__(self, asked: dict[str, Any], streams: list[int], to_starter: socket.socket):
        self.arguments: list[str] = asked["arguments"]
        self._asked = asked
        self._streams = streams
        self._to_starter = to_starter

    def become(self) -> None:
        """Makes this process what a new one would be."""
        if self._asked["new_session"]:
            os.setsid()
        for number, stream in enumerate(self._streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(self._asked["folder"])
        os.environ.clear()
        os.environ.update(self._asked["environment"])
        sys.argv = self.arguments
        sys.path.insert(0, os.path.dirname(self.arguments[0]))  # noqa: PTH120 - as Python does it
        self._to_starter.send(str(os.getpid()).encode())
        self._to_starter.close()


def _asked_for(requests: socket.socket) -> _ToRun | None:
    """In each child, what it is to run; in this process None, when nobody is left who could ask."""
    running: dict[int, tuple[int, socket.socket]] = {}
    events = select.poll()
    events.register(requests, select.POLLIN)
    while True:
        for ready, _ in events.poll():
            if ready in running:
                pid, to_starter = running.pop(ready)
                events.unregister(ready)
                os.close(ready)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with to_starter:
                    _tell(to_starter, code)
                continue
            message, descriptors, _, _ = socket.recv_fds(requests, LARGEST_REQUEST, 4)
            if not message:
                return None
            *streams, told_over = descriptors
            to_starter = socket.socket(fileno=told_over)
            pid = os.fork()
            if pid == 0:
                requests.close()
                for descriptor, (_, other) in running.items():
                    os.close(descriptor)
                    other.close()
                return _ToRun(json.loads(message), streams, to_starter)
            for stream in streams:
                os.close(stream)
            ended = os.pidfd_open(pid)
            running[ended] = (pid, to_starter)
            events.register(ended, select.POLLIN)


def _tell(to_starter: socket.socket, code: int) -> None:
    with contextlib.suppress(OSError):  # nobody may wait for it any longer
        to_starter.send(str(code).encode())


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    # Children need not copy what they never touch, only to count it as garbage.
    gc.collect()
    gc.freeze()
    found = _asked_for(socket.socket(fileno=int(sys.argv[1])))
    if found is not None:
        found.become()
        try:
            runpy.run_path(found.arguments[0], run_name="__main__")
        except SystemExit as end:
            if not isinstance(end.code, int):
                raise
            # What Python does at its end, but for taking apart all that was imported.
            threading._shutdown()  # type: ignore[attr-defined]
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(end.code)
