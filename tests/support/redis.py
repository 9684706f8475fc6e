"""A Redis or Valkey that runs on this machine for as long as a test wants."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.ports import listens
from tests.support.processes import leave_out
from tests.support.waiting import eventually


@contextmanager
def redis(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs at this port until the block is left, or it is killed."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        leave_out("neither redis-server nor valkey-server is installed")
    command = [str(program), "--port", str(port), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(
        [*command, "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL, cwd="/tmp"
    )
    try:
        assert eventually(lambda: listens(port))
        yield process
    finally:
        process.kill()
        process.wait()
