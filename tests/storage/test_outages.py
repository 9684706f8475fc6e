"""A store that can't be reached, answers nonsense or is full: 503 soon, and a quiet log."""

import asyncio
import errno
import re
import resource
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import aioboto3
import pytest
from structlog.testing import capture_logs

from benchmarks.ports import closed_port
from session_api.assets.storage import ObjectStore, StoredPart
from session_api.assets.storage.s3 import S3Store
from session_api.problems import StorageUnavailable
from tests.storage.conftest import bucket
from tests.storage.places import MIB, Place, chunked, new_key
from tests.support.people import MovableClock

KEY = new_key()


async def _walk(store: ObjectStore) -> None:
    [each async for each in store.walk()]


async def _walk_unfinished(store: ObjectStore) -> None:
    [each async for each in store.walk_unfinished()]


CALLS: dict[str, Callable[[ObjectStore], Awaitable[object]]] = {
    "check": lambda store: store.check(),
    "stat": lambda store: store.stat(KEY),
    "sha256": lambda store: store.sha256(KEY),
    "delete": lambda store: store.delete([KEY]),
    "list_parts": lambda store: store.list_parts(KEY, "abc"),
    "finish_parts": lambda store: store.finish_parts(KEY, "abc", [StoredPart(1, 1, "x")]),
    "abort_parts": lambda store: store.abort_parts(KEY, "abc"),
    "write": lambda store: store.write(KEY, chunked(b"x"), content_type="text/plain", limit=1),
    "walk": _walk,
    "walk_unfinished": _walk_unfinished,
}


@asynccontextmanager
async def server(answer: bytes | None) -> AsyncIterator[str]:
    """A server that answers everything with this, or accepts and says nothing at all."""

    open_ones: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                if answer is not None:
                    writer.write(answer)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    for writer in open_ones:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def status(line: str, body: str = "") -> bytes:
    return f"HTTP/1.1 {line}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@asynccontextmanager
async def store_at(address: str, boto: aioboto3.Session) -> AsyncIterator[ObjectStore]:
    store = S3Store(bucket(address), MovableClock(), boto, read_seconds=0.2)
    await store.open()
    yield store
    await store.close()


async def assert_unavailable(store: ObjectStore, call: str) -> None:
    began = time.monotonic()
    with capture_logs() as logs, pytest.raises(StorageUnavailable) as refusal:
        await CALLS[call](store)
    assert time.monotonic() - began < 5
    assert refusal.value.headers == {"Retry-After": "1"}
    assert [line["event"] for line in logs] == ["storage_unavailable"]
    assert not re.search(r"Signature|://|default/|/tmp", str(logs))


async def test_nobody_listens(boto: aioboto3.Session) -> None:
    with closed_port() as port:
        async with store_at(f"http://127.0.0.1:{port}", boto) as store:
            calls = [call(store) for call in CALLS.values()]
            async with asyncio.timeout(10):
                results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [StorageUnavailable] * len(CALLS)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        status("503 Slow Down", "<Error><Code>SlowDown</Code></Error>"),
        status("500 Internal Server Error"),
        status("403 Forbidden", "<Error><Code>InvalidAccessKeyId</Code></Error>"),
        status("404 Not Found", "<Error><Code>NoSuchBucket</Code></Error>"),
        b"nonsense\r\n\r\n",
    ],
    ids=["silent", "busy", "broken", "forbidden", "bucketless", "nonsense"],
)
async def test_it_answers_nothing_of_use(boto: aioboto3.Session, answer: bytes | None) -> None:
    async with server(answer) as address, store_at(address, boto) as store:
        await assert_unavailable(store, "write")


async def test_it_breaks_off_while_it_is_read(boto: aioboto3.Session) -> None:
    head = status("200 OK")[:-2].replace(b"Content-Length: 0", b"Content-Length: 9")
    head += b"Last-Modified: Sat, 21 Nov 2026 12:00:00 GMT\r\n\r\nhalf"
    async with server(head) as address, store_at(address, boto) as store:
        await assert_unavailable(store, "sha256")


async def test_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    async with store_at("http://127.0.0.1:1", aioboto3.Session()) as store:
        await assert_unavailable(store, "check")


async def test_signing_needs_nobody(boto: aioboto3.Session, filesystem: Place) -> None:
    upload = filesystem.upload()
    async with store_at("http://127.0.0.1:1", boto) as store:
        assert (await store.upload_ticket(upload, base_url="")).url
        assert await store.download_url(
            upload.key,
            name="x",
            content_type="text/plain",
            expires_at=upload.expires_at,
            base_url="",
        )


# The disk


@pytest.mark.parametrize("call", ["check", "write", "walk_unfinished"])
async def test_the_folder_is_gone(filesystem: Place, tmp_path: Path, call: str) -> None:
    shutil.rmtree(tmp_path / "files")
    await assert_unavailable(filesystem.store, call)


async def test_the_disk_refuses_a_block(filesystem: Place) -> None:
    upload = filesystem.upload(b"x" * (3 * MIB))
    ticket = await filesystem.ticket(upload)
    with _files_of_at_most(MIB):
        answer = await filesystem.http.put(
            ticket.url, headers=ticket.headers, content=b"x" * (3 * MIB)
        )
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert await filesystem.holds_nothing()


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """The kernel refuses to let a file of this process grow beyond it: EFBIG, as a quota would."""
    assert errno.EFBIG
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
