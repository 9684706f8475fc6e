"""Files far larger than the memory they may take: brought, read, and broken off in the middle.

`SESSION_API_TEST_LARGE_MIB` says how large, in MiB: 2048 is what we promise, and what a part of it
shows already is what every run holds. With `-s`, the figures are printed.
"""

import hashlib
import http.client
import os
import random
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.processes import Service, data_folder, leave_out
from tests.support.waiting import eventually

MIB = 2**20
SIZE = int(os.environ.get("SESSION_API_TEST_LARGE_MIB", "512")) * MIB
GROWTH_BYTES = 20 * MIB
ZEROS = bytes(MIB)
TYPE = "application/octet-stream"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """Takes files of up to SIZE bytes in one request, and larger ones in parts."""
    if not Path("/proc/self/clear_refs").exists():
        leave_out("there is no /proc to read a process's memory from")
    with data_folder() as data:
        if shutil.disk_usage(data.parent).free < 3 * SIZE:
            leave_out(f"less than {3 * SIZE // MIB} MiB are free")
        with Service(
            data,
            SESSION_API_UPLOAD_PARTS_ABOVE=str(SIZE),
            SESSION_API_ASSET_MAX_BYTES=str(2 * SIZE),
        ) as running:
            yield running


@pytest.fixture
def ann(service: Service) -> Iterator["Uploader"]:
    """A person with a session. The service has worked a little before, as it always has."""
    with Uploader(service) as uploader:
        uploader.complete(uploader.bring(8 * MIB))
        yield uploader
    for file in objects(service):  # 2 GiB each, and nobody needs them any more
        file.unlink()


class Uploader:
    """Brings zeros, a MiB at a time."""

    def __init__(self, service: Service) -> None:
        self._client = httpx.Client(
            base_url=service.url,
            timeout=60,
            headers={"Authorization": f"Bearer {service.token('ann')}"},
        )
        self._service = service

    def __enter__(self) -> "Uploader":
        session = self.call("/api/sessions/", {})["id"]
        self._assets = f"/api/sessions/{session}/assets"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(self, path: str, body: Any) -> Any:
        answer = self._client.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def announce(self, size: int) -> Any:
        return self.call(self._assets, {"name": "zeros", "content_type": TYPE, "size": size})

    def bring(self, size: int) -> Any:
        """Announced and sent in one request."""
        announced = self.announce(size)
        assert announced["upload"]["parts"] is None
        with self.connection() as connection:
            _put(connection, announced["upload"], size)
        return announced["asset"]

    def bring_in_parts(self, size: int) -> Any:
        """Announced and sent in parts, one after the other."""
        announced = self.announce(size)
        count = announced["upload"]["parts"]["count"]
        parts = f"{self._assets}/{announced['asset']['id']}/parts"
        with self.connection() as connection:
            for first in range(1, count + 1, 100):
                numbers = list(range(first, min(first + 100, count + 1)))
                for ticket in self.call(parts, {"numbers": numbers})["parts"]:
                    _put(connection, ticket, ticket["size"])
        return announced["asset"]

    def complete(self, asset: Any) -> Any:
        return self.call(f"{self._assets}/{asset['id']}/complete", None)

    def link(self, asset: Any) -> str:
        answer = self._client.get(f"{self._assets}/{asset['id']}/content")
        assert answer.status_code == 307, answer.text
        return answer.headers["location"]

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        with closing(
            http.client.HTTPConnection("127.0.0.1", self._service.port, timeout=60)
        ) as connection:
            yield connection


def _put(connection: http.client.HTTPConnection, ticket: Any, size: int) -> None:
    connection.putrequest(ticket["method"], urlsplit(ticket["url"]).path)
    for name, value in {**ticket["headers"], "Content-Length": str(size)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    view = memoryview(ZEROS)
    for sent in range(0, size, MIB):
        connection.send(view[: min(MIB, size - sent)])
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()


def objects(service: Service) -> list[Path]:
    return [path for path in (service.data / "files" / "objects").rglob("*") if path.is_file()]


def memory_of(service: Service, what: str) -> int:
    """A figure of /proc/<pid>/status, in bytes."""
    lines = Path(f"/proc/{service.pid}/status").read_text().splitlines()
    (figure,) = [line.split()[1] for line in lines if line.startswith(f"{what}:")]
    return int(figure) * 1024


@contextmanager
def flat_memory(service: Service, doing: str) -> Iterator[None]:
    """The block must not make the service's memory grow, not even for a moment."""
    Path(f"/proc/{service.pid}/clear_refs").write_text("5")  # the peak begins anew: proc(5)
    before, started = memory_of(service, "VmRSS"), time.perf_counter()
    yield
    grown = memory_of(service, "VmHWM") - before
    print(  # noqa: T201 - the figures, with -s
        f"\n{doing}: {time.perf_counter() - started:.1f} s, {grown / MIB:+.1f} MiB of memory"
    )
    assert grown < GROWTH_BYTES, f"{doing}: {grown / MIB:.1f} MiB"


def test_a_large_file_in_one_request(service: Service, ann: Uploader) -> None:
    with flat_memory(service, "one request"):
        asset = ann.bring(SIZE)
        ready = ann.complete(asset)

    expected = hashlib.sha256()
    for _ in range(SIZE // MIB):
        expected.update(ZEROS)
    assert (ready["status"], ready["size"]) == ("ready", SIZE)
    assert ready["sha256"] == expected.hexdigest()


def test_a_large_file_in_parts(service: Service, ann: Uploader) -> None:
    with flat_memory(service, "in parts"):
        asset = ann.bring_in_parts(SIZE + 1)
        ready = ann.complete(asset)

    assert (ready["status"], ready["size"]) == ("ready", SIZE + 1)


def test_a_large_file_is_read(service: Service, ann: Uploader) -> None:
    asset = ann.bring(SIZE)
    ann.complete(asset)
    path = urlsplit(ann.link(asset)).path
    buffer = memoryview(bytearray(MIB))

    with flat_memory(service, "read"), ann.connection() as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        total = 0
        while count := answer.readinto(buffer):
            total += count

    assert total == SIZE


def test_a_reader_that_stops_is_waited_for(service: Service, ann: Uploader) -> None:
    asset = ann.bring(128 * MIB)  # more than sockets hold, and than may be held for them
    ann.complete(asset)
    path = urlsplit(ann.link(asset)).path

    with flat_memory(service, "a reader that stops"), ann.connection() as connection:
        connection.request("GET", path)
        with connection.getresponse() as answer:
            answer.read(1000)
            time.sleep(1)  # in which a service that does not wait would read all of it


def descriptors(service: Service) -> int:
    """Open files and clients' connections; not those to PostgreSQL, of which a pool keeps more."""
    table = Path("/proc/net/unix").read_text().splitlines()[1:]
    local = {f"socket:[{line.split()[6]}]" for line in table}
    found = []
    for each in Path(f"/proc/{service.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(each.readlink()))
    return sum(name not in local for name in found)


def test_what_breaks_off_leaves_nothing(service: Service, ann: Uploader) -> None:
    chance = random.Random(5)
    staging = service.data / "files" / "staging"
    open_before = descriptors(service)
    for _ in range(20):
        ticket = ann.announce(16 * MIB)["upload"]
        head = f"PUT {urlsplit(ticket['url']).path} HTTP/1.1\r\nHost: test\r\n"
        head += f"Content-Type: {TYPE}\r\nContent-Length: {16 * MIB}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            connection.sendall(head.encode())
            connection.sendall(bytes(chance.randrange(12 * MIB)))

    assert eventually(lambda: not list(staging.iterdir()))
    assert eventually(lambda: descriptors(service) <= open_before)
    assert '"unexpected_error"' not in service.output
    ann.complete(ann.bring(8 * MIB))
