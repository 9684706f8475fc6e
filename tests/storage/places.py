"""A store under test: how to reach it, and what it lets through that a real one must not."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx

from session_api.assets.storage import ObjectStore, Ticket, Upload, object_key
from tests.support.people import MovableClock
from tests.support.waiting import WAIT_SECONDS

MIB = 1024 * 1024
OWNER, SESSION = UUID(int=1), UUID(int=2)
TYPE = "text/plain"

FILESYSTEM: dict[str, str] = {}
RCLONE = {
    "digest": "stores what the client says is the SHA-256, and compares it with nothing",
    "overwriting": "does not know If-None-Match",
    "form": "has no POST form",
}
MOTO = {
    "signature": "checks the signature of no presigned request",
    "size": "signed headers are not held against those sent",
    "type": "signed headers are not held against those sent",
    "expiry": "checks no presigned request at all",
    "digest": "compares the SHA-256 with nothing",
    "form": "takes any form, whatever its policy says",
}
"""What each lets through, and why. The tests hold that it still does, so that this stays true."""


@dataclass
class Place:
    """A store, opened, and everything a test does around it."""

    name: str
    store: ObjectStore
    clock: MovableClock
    http: httpx.AsyncClient
    lets_through: dict[str, str]
    base_url: str = "http://unused"

    def upload(
        self, content: bytes = b"hello world", *, content_type: str = TYPE, digest: bool = True
    ) -> Upload:
        """An announcement of this content, under a key of its own."""
        return Upload(
            key=new_key(),
            size=len(content),
            content_type=content_type,
            sha256=hashlib.sha256(content).hexdigest() if digest else None,
            expires_at=self.clock() + timedelta(minutes=5),
        )

    async def ticket(self, upload: Upload) -> Ticket:
        return await self.store.upload_ticket(upload, base_url=self.base_url)

    async def send(self, ticket: Ticket, content: bytes, **changes: Any) -> bool:
        """Whether the store took it. A line that it cuts is a refusal, too."""
        headers = {**ticket.headers, **changes.pop("headers", {})}
        url = changes.pop("url", ticket.url)
        try:
            answer = await self.http.request(ticket.method, url, headers=headers, content=content)
        except httpx.TransportError:
            return False
        return answer.is_success

    async def link(self, key: str, **wanted: Any) -> str:
        """A link to read the object by."""
        wanted = {"name": "file.txt", "content_type": TYPE} | wanted
        wanted.setdefault("expires_at", self.clock() + timedelta(minutes=5))
        return await self.store.download_url(key, base_url=self.base_url, **wanted)

    async def has(self, content: bytes, **options: Any) -> str:
        """An object of this content; its key."""
        upload = self.upload(content, **options)
        await self.store.write(
            upload.key, chunked(content), content_type=upload.content_type, limit=len(content)
        )
        return upload.key

    async def holds_nothing(self) -> bool:
        """Neither objects nor anything on its way."""
        kept = [each async for each in self.store.walk()]
        arriving = [each async for each in self.store.walk_unfinished()]
        return not kept and not arriving

    async def empties(self) -> None:
        """Waits until it holds nothing."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not await self.holds_nothing():  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.02)

    def refuses(self, what: str, taken: bool) -> Self:
        """Holds that the store refused; or that it still lets such things through."""
        reason = self.lets_through.get(what)
        assert taken is (reason is not None), reason or f"{self.name} takes it"
        return self


def new_key() -> str:
    return object_key("default", OWNER, SESSION, uuid4(), attempt=uuid4())


async def chunked(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    """As a server hands a body on."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def breaking(content: bytes) -> AsyncIterator[bytes]:
    """As `chunked`, of a client that goes away at the end instead of ending."""
    async for chunk in chunked(content):
        yield chunk
    raise ConnectionResetError("the client is gone")


async def endless() -> AsyncIterator[bytes]:
    """A MiB after the other."""
    while True:
        yield b"x" * MIB
        await asyncio.sleep(0)


async def cut_off(ticket: Ticket, content: bytes, *, announced: int) -> None:
    """Sends the beginning of a request, and hangs up."""
    _, writer = await _begin(ticket, content, announced)
    await asyncio.sleep(0.1)
    writer.transport.abort()


async def begun(ticket: Ticket, content: bytes, *, announced: int) -> bytes:
    """What is answered to the beginning of a request, while nothing more comes."""
    reader, writer = await _begin(ticket, content, announced)
    async with asyncio.timeout(WAIT_SECONDS):
        answer = await reader.read(64 * 1024)
    writer.close()
    await writer.wait_closed()
    return answer


async def _begin(
    ticket: Ticket, content: bytes, announced: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(ticket.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    lines = [f"{ticket.method} {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in ticket.headers.items()]
    lines += [f"Content-Length: {announced}", "", ""]
    writer.write("\r\n".join(lines).encode() + content)
    await writer.drain()
    return reader, writer


def altered(url: str) -> Iterator[str]:
    """The URL with each kind of its characters changed, at its path and in its query."""
    parts = urlsplit(url)
    for kind in (str.isdigit, str.islower, str.isupper, "-_%".__contains__):
        for part in filter(None, (parts.path.rpartition("/")[2], parts.query)):
            places = [at for at, letter in enumerate(part) if kind(letter)]
            if places:
                at = places[len(places) // 2]
                changed = part[:at] + ("7" if part[at] != "7" else "8") + part[at + 1 :]
                yield url.replace(part, changed, 1)
