"""`make uploads`: how fast large files reach the filesystem store, beside two file servers on the
same disk.

curl sends one file to each side in turn: to the service in one request, to it in parts, to
rclone's WebDAV server and to nginx's WebDAV module, which both write what arrives and rename it.
Neither hashes a file nor waits for the disk; so there is a second nginx, whose file is on the disk
when the clock stops.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.kernel import cpu_seconds
from benchmarks.processes import (
    BenchFailed,
    Server,
    running_nginx,
    running_rclone,
    running_service,
)
from benchmarks.surroundings import surroundings
from benchmarks.uploader import Pieces, Uploader, curl

RESULTS = Path(__file__).with_name("UPLOADS.md")
TARGET = 0.5
"""Of rclone's rate, and of that of nginx once the file is on the disk."""

_MIB = 2**20


@dataclass
class Side:
    """One way of bringing the file. `send` returns once it is there, `clear` takes it away."""

    name: str
    pid: int
    send: Callable[[], None]
    clear: Callable[[], None]
    mib: int
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def measure(self) -> None:
        before, started = cpu_seconds(self.pid), time.perf_counter()
        self.send()
        self.seconds.append(time.perf_counter() - started)
        self.cpu.append(cpu_seconds(self.pid) - before)
        self.clear()

    def rate(self, seconds: float) -> str:
        """MiB per second."""
        return f"{self.mib / seconds:,.0f}"

    @property
    def cpu_per_gib(self) -> float:
        return median(self.cpu) * 1024 / self.mib

    def ratios(self, peer: "Side") -> list[float]:
        """The rate for each of the peer's, round by round."""
        return [theirs / ours for ours, theirs in zip(self.seconds, peer.seconds, strict=True)]


def uploads(
    size: Annotated[int, typer.Option(min=1, help="Of the file, in MiB.")] = 512,
    rounds: Annotated[int, typer.Option(min=1, help="Readings of each side, in turn.")] = 5,
    folder: Annotated[
        Path | None, typer.Option(help="On the disk to measure. Default: the system's /tmp.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write benchmarks/UPLOADS.md.")] = False,
) -> None:
    """Measure uploads to the filesystem store beside nginx and rclone and print the ratios."""
    console = Console(width=None if Console().is_terminal else 160)
    try:
        _require_programs()
        machine = _machine(folder)
        with _folder(folder) as working, _sides(working, size) as sides:
            _measure(sides, rounds, working)
    except BenchFailed as failure:
        typer.echo(f"uploads: {failure}", err=True)
        raise typer.Exit(1) from None
    console.print(_table(sides))
    console.print("\n".join(machine))
    if write:
        RESULTS.write_text(_as_markdown(sides, size, rounds, machine))


@contextmanager
def _folder(parent: Path | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="session-api-uploads-", dir=parent))
    folder.chmod(0o755)  # the user PostgreSQL runs as passes through
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _sides(folder: Path, mib: int) -> Iterator[list[Side]]:
    """All of them, running."""
    with ExitStack() as stack:
        file = folder / "file"
        _fill(file, mib)
        pieces = Pieces(file)

        def uploader(name: str, **settings: str) -> tuple[Uploader, Server]:
            data = folder / name / "data"
            data.parent.mkdir()
            service, token = stack.enter_context(running_service(data, settings))
            return Uploader(service, token, data), service

        whole, first = uploader("whole", SESSION_API_UPLOAD_PARTS_ABOVE=str(mib * _MIB))
        parted, second = uploader("parted", SESSION_API_UPLOAD_PARTS_ABOVE="1")
        nginx = stack.enter_context(running_nginx(folder))
        rclone = stack.enter_context(running_rclone(folder))
        there, copied = folder / "nginx" / "file", folder / "rclone" / "file"

        def put(server: Server) -> None:
            curl([(file, f"http://127.0.0.1:{server.port}/file")])

        def put_and_sync() -> None:
            put(nginx)
            descriptor = os.open(there, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)

        yield [
            Side("nginx", nginx.pid, lambda: put(nginx), there.unlink, mib),
            Side("nginx, then fsync", nginx.pid, put_and_sync, there.unlink, mib),
            Side("rclone", rclone.pid, lambda: put(rclone), copied.unlink, mib),
            Side("service, one request", first.pid, lambda: whole.send(file), whole.clear, mib),
            Side(
                "service, in parts",
                second.pid,
                lambda: parted.send_in_parts(file, pieces),
                parted.clear,
                mib,
            ),
        ]


def _measure(sides: Sequence[Side], rounds: int, folder: Path) -> None:
    for side in sides:  # warms up, and is not counted
        side.send()
        side.clear()
    for number in range(rounds):
        # Another one goes first in each round: what the one before leaves to the disk hits all.
        for place in range(len(sides)):
            _warm_memory(folder / "warm", sides[0].mib)
            sides[(number + place) % len(sides)].measure()


def _warm_memory(file: Path, mib: int) -> None:
    """Has as much of the page cache taken and given back as a reading will take. A virtual machine
    hands free memory back to its host after a while, and the next to touch it waits for longer than
    the whole upload takes.
    """
    _fill(file, mib)
    file.unlink()
    os.sync()


def _fill(file: Path, mib: int) -> None:
    block = os.urandom(_MIB)
    with file.open("wb") as out:
        for _ in range(mib):
            out.write(block)


def _require_programs() -> None:
    for program, package in (("curl", "curl"), ("nginx", "nginx-light"), ("rclone", "rclone")):
        if shutil.which(program) is None:
            raise BenchFailed(f"{program} is not installed: apt-get install {package}")


def _machine(folder: Path | None) -> list[str]:
    found = surroundings(use_wrk=False)
    device = subprocess.run(
        ["df", "--output=fstype,target", folder or tempfile.gettempdir()],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()[-1:]
    return [
        f"Date: {found.date}",
        f"Machine: {found.machine}; curl, the servers and the disk share it",
        f"Load average before: {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores",
        f"Disk: {' '.join(' '.join(device).split())}",
        ", ".join([_version("nginx", "-v"), _version("rclone", "version")]),
        _version("curl", "--version"),
        found.versions,
    ]


def _version(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return " ".join((ran.stdout or ran.stderr).split()[:3]).removeprefix("nginx version: ")


COLUMNS = (
    "side",
    "MiB/s (best)",
    "of nginx's (spread)",
    "of nginx's with fsync (spread)",
    "of rclone's (spread)",
    "CPU s/GiB",
)


def _row(side: Side, sides: Sequence[Side]) -> list[str]:
    cells = [side.name, f"{side.rate(median(side.seconds))} ({side.rate(min(side.seconds))})"]
    for peer in sides[:3]:
        ratios = side.ratios(peer)
        cells.append(f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")
    return [*cells, f"{side.cpu_per_gib:.2f}"]


def _table(sides: Sequence[Side]) -> Table:
    shown = Table(title=f"Uploads; target ≥ {TARGET:.2f} of rclone and of nginx with fsync")
    for place, name in enumerate(COLUMNS):
        shown.add_column(name, justify="right" if place else "left")
    for side in sides:
        shown.add_row(*_row(side, sides))
    return shown


def _as_markdown(sides: Sequence[Side], size: int, rounds: int, machine: Sequence[str]) -> str:
    rows = [list(COLUMNS), ["---", *["---:"] * (len(COLUMNS) - 1)]]
    rows += [_row(side, sides) for side in sides]
    return "\n".join(
        [
            "# Uploads",
            "",
            "Written by `make uploads ARGS=--write`; [README.md](README.md) tells what it is.",
            "",
            *(f"- {line}" for line in machine),
            f"- A file of {size} MiB, {rounds} rounds",
            f"- Target: {TARGET:.2f} of the rate of rclone, and of nginx with fsync",
            "",
            *(f"| {' | '.join(cells)} |" for cells in rows),
            "",
        ]
    )


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        typer.run(uploads)
