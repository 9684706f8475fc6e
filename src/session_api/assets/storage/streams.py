"""Bytes on their way: regrouped, counted and hashed while they pass."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator

from session_api.problems import PayloadTooLarge, UploadIncomplete, UploadMismatch


async def in_blocks(
    chunks: AsyncIterator[bytes], *, size: int, limit: int
) -> AsyncGenerator[bytes, None]:
    """The same bytes in blocks of exactly `size`, the last one shorter. Nothing of nothing.

    Raises PayloadTooLarge once there are more than `limit`.
    """
    held: list[bytes] = []
    room, total = size, 0
    async for chunk in chunks:
        total += len(chunk)
        if total > limit:
            raise PayloadTooLarge(f"At most {limit} bytes are read.", limit_bytes=limit)
        while len(chunk) >= room:
            yield b"".join([*held, chunk[:room]])
            chunk = chunk[room:]
            held, room = [], size
        if chunk:
            held.append(chunk)
            room -= len(chunk)
    if held:
        yield b"".join(held)


async def while_moving(chunks: AsyncIterator[bytes], *, seconds: float) -> AsyncIterator[bytes]:
    """The same chunks. UploadIncomplete when none comes for so long: half of all broken lines say
    nothing, and each would hold a file and a task for ever.
    """
    ahead = aiter(chunks)
    while True:
        try:
            async with asyncio.timeout(seconds):
                chunk = await anext(ahead)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise UploadIncomplete(f"Nothing came for {seconds:g} seconds.") from None
        yield chunk


class Digest:
    """SHA-256 and size of what was added."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    def add(self, block: bytes) -> None:
        """Takes about a millisecond for a MiB, without the interpreter's lock: for a thread."""
        self._hash.update(block)
        self.size += len(block)

    @property
    def hex(self) -> str:
        return self._hash.hexdigest()

    def require(self, *, size: int | None, sha256: str | None) -> None:
        """Raises UploadMismatch where what arrived is not what was announced."""
        if size is not None and self.size != size:
            raise UploadMismatch(f"{size} bytes were announced, {self.size} arrived.")
        if sha256 is not None and self.hex != sha256:
            raise UploadMismatch("The SHA-256 is not the one that was announced.")
