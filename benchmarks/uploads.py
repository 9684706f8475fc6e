"""`make uploads`: how fast large files reach the filesystem store, beside nginx on the same disk.

curl sends one file to each side in turn: to the service in one request, to it in parts, and to
nginx's WebDAV module, which writes what arrives and renames it. nginx neither hashes a file nor
waits for the disk; so there is a second nginx, whose file is on the disk when the clock stops.
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
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.processes import (
    BenchFailed,
    Server,
    cpu_seconds,
    running_nginx,
    running_service,
)
from benchmarks.report import surroundings

RESULTS = Path(__file__).with_name("UPLOADS.md")
TARGET = 0.5
"""Of nginx's rate, for the file in one request and in parts."""

PARTS_AT_ONCE = 4
"""As apps bring them: while one part waits for the disk, others arrive."""

_MIB = 2**20
_BINARY = "application/octet-stream"


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


class Uploader:
    """Brings files to a service as a client of its API does."""

    def __init__(self, service: Server, token: str, data: Path) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{service.port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        session = self._call("/api/sessions/", {"name": "uploads"})["id"]
        self._assets = f"/api/sessions/{session}/assets"
        self._folder = data / "files"

    def send(self, file: Path) -> None:
        """The whole file in one request."""
        announced = self._announce(file)
        if announced["upload"]["parts"] is not None:
            raise BenchFailed("the service wants this file in parts")
        _curl([(file, announced["upload"]["url"])])
        self._complete(announced)

    def send_in_parts(self, file: Path, pieces: "Pieces") -> None:
        """In parts, PARTS_AT_ONCE at a time."""
        announced = self._announce(file)
        plan = announced["upload"]["parts"]
        if plan is None:
            raise BenchFailed("the service wants this file whole")
        files = pieces.of(plan["size"])
        asset = f"{self._assets}/{announced['asset']['id']}"
        for start in range(0, len(files), 100):
            numbers = list(range(start + 1, min(start + 100, len(files)) + 1))
            tickets = self._call(f"{asset}/parts", {"numbers": numbers})["parts"]
            _curl([(files[ticket["number"] - 1], ticket["url"]) for ticket in tickets])
        self._complete(announced)

    def clear(self) -> None:
        """Its assets stay announced as ready; their bytes are gone."""
        for path in (self._folder / "objects").rglob("*"):
            if path.is_file():
                path.unlink()

    def _announce(self, file: Path) -> Any:
        size = file.stat().st_size
        return self._call(self._assets, {"name": "it", "content_type": _BINARY, "size": size})

    def _complete(self, announced: Any) -> None:
        self._call(f"{self._assets}/{announced['asset']['id']}/complete", None)

    def _call(self, path: str, body: Any) -> Any:
        answer = self._client.post(path, json=body)
        if answer.status_code not in (200, 201):
            raise BenchFailed(f"POST {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()


class Pieces:
    """The file cut for an upload in parts, since curl sends whole files only. Cut once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._made: list[Path] = []

    def of(self, size: int) -> list[Path]:
        if not self._made:
            with self._file.open("rb") as whole:
                while block := whole.read(size):
                    piece = self._file.with_name(f"piece-{len(self._made) + 1}")
                    piece.write_bytes(block)
                    self._made.append(piece)
        return self._made


def uploads(
    size: Annotated[int, typer.Option(min=1, help="Of the file, in MiB.")] = 512,
    rounds: Annotated[int, typer.Option(min=1, help="Readings of each side, in turn.")] = 5,
    folder: Annotated[
        Path | None, typer.Option(help="On the disk to measure. Default: the system's /tmp.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write benchmarks/UPLOADS.md.")] = False,
) -> None:
    """Measure uploads to the filesystem store beside nginx and print the ratios."""
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
            service, token = stack.enter_context(running_service(data, **settings))
            return Uploader(service, token, data), service

        whole, first = uploader("whole", SESSION_API_UPLOAD_PARTS_ABOVE=str(mib * _MIB))
        parted, second = uploader("parted", SESSION_API_UPLOAD_PARTS_ABOVE="1")
        nginx = stack.enter_context(running_nginx(folder))
        there = folder / "nginx" / "file"
        url = f"http://127.0.0.1:{nginx.port}/file"

        def put() -> None:
            _curl([(file, url)])

        def put_and_sync() -> None:
            put()
            descriptor = os.open(there, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)

        yield [
            Side("nginx", nginx.pid, put, there.unlink, mib),
            Side("nginx, then fsync", nginx.pid, put_and_sync, there.unlink, mib),
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


def _curl(uploads: Sequence[tuple[Path, str]]) -> None:
    """Sends each file to its address, a few of several at a time. Raises BenchFailed."""
    sent = [argument for file, url in uploads for argument in ("-T", str(file), url)]
    at_once = ["-Z", "--parallel-max", str(PARTS_AT_ONCE)] if len(uploads) > 1 else []
    kind = ["-H", f"Content-Type: {_BINARY}"]
    ran = subprocess.run(
        ["curl", "-q", "-sS", "--fail-with-body", *at_once, *kind, *sent],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise BenchFailed(f"curl: {ran.stderr.strip()} {ran.stdout[:300]}")


def _fill(file: Path, mib: int) -> None:
    block = os.urandom(_MIB)
    with file.open("wb") as out:
        for _ in range(mib):
            out.write(block)


def _require_programs() -> None:
    for program, package in (("curl", "curl"), ("nginx", "nginx-light")):
        if shutil.which(program) is None:
            raise BenchFailed(f"{program} is not installed: apt-get install {package}")


def _machine(folder: Path | None) -> list[str]:
    found = surroundings("", use_wrk=False)
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
        f"{_version('nginx', '-v')}, {_version('curl', '--version')}",
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
    "CPU s/GiB",
)


def _row(side: Side, sides: Sequence[Side]) -> list[str]:
    cells = [side.name, f"{side.rate(median(side.seconds))} ({side.rate(min(side.seconds))})"]
    for peer in sides[:2]:
        ratios = side.ratios(peer)
        cells.append(f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")
    return [*cells, f"{side.cpu_per_gib:.2f}"]


def _table(sides: Sequence[Side]) -> Table:
    shown = Table(title=f"Uploads beside nginx; target ≥ {TARGET:.2f}")
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
            f"- A file of {size} MiB, {rounds} rounds; target ≥ {TARGET:.2f} of nginx's rate",
            "",
            *(f"| {' | '.join(cells)} |" for cells in rows),
            "",
        ]
    )


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        typer.run(uploads)
