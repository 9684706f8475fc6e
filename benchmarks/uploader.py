"""How a client brings a file to a server: curl, with the service's tickets or without."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.processes import BenchFailed, Server

PARTS_AT_ONCE = 4
"""As apps bring them: while one part waits for the disk, others arrive."""

_BINARY = "application/octet-stream"


def curl(uploads: Sequence[tuple[Path, str]]) -> None:
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
        curl([(file, announced["upload"]["url"])])
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
            curl([(files[ticket["number"] - 1], ticket["url"]) for ticket in tickets])
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
