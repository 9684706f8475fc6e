"""Work on files, in threads: never on the event loop, and never half abandoned."""

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import structlog

from session_api.problems import StorageUnavailable

BLOCK_BYTES: Final = 1024 * 1024
"""Moved at once. Handing work to a thread costs about 0.1 ms, writing this much about 0.5 ms."""

_STRETCH_BYTES: Final = 8 * BLOCK_BYTES
"""Of a file that arrives, sent on to the disk at once: often enough, and rarely enough to be cheap.
"""
_THREADS: Final = 8
# Beside the bytes themselves, so that what is known when they arrive need not be found out again.
_DIGEST_ATTRIBUTE: Final = "user.session_api.sha256"

_P = ParamSpec("_P")
_T = TypeVar("_T")

log = structlog.get_logger(__name__)


class Threads:
    """A few threads of the store's own: a slow disk does not hold up what else needs one."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="storage")

    async def run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What `work` returns. StorageUnavailable where the disk refuses.

        Waits for it even when cancelled: a file must not be closed or removed under its writer.
        """
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._pool, lambda: work(*args, **kwargs))
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            await _settled(done)
            raise
        except OSError as error:
            raise unavailable(error) from error

    async def each(self, blocks: AsyncIterator[bytes], work: Callable[[bytes], None]) -> None:
        """Does `work` on one block after the other, each while the next one arrives: two are held
        at most. Ends, however it ends, only when no work is under way.
        """
        under_way: asyncio.Task[None] | None = None
        try:
            async for block in blocks:
                if under_way is not None:
                    await under_way
                under_way = asyncio.create_task(self.run(work, block))
            if under_way is not None:
                await under_way
        finally:
            if under_way is not None:
                await _settled(under_way)

    def close(self) -> None:
        """Ends once the work under way has. Repeatable."""
        self._pool.shutdown()


async def _settled(done: "asyncio.Future[_T]") -> None:
    while not done.done():
        try:
            await asyncio.wait([done])
        except asyncio.CancelledError:  # again: the caller is on its way out already
            continue
    if not done.cancelled():
        done.exception()


def unavailable(error: OSError) -> StorageUnavailable:
    """The problem for what the disk refused, logged without paths, which hold people's ids."""
    reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
    log.error("storage_unavailable", store="filesystem", reason=reason)
    return StorageUnavailable()


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder outlive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """With those above it, each for ourselves alone and lasting."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    sync_folder(folder.parent)


def create_file(path: Path) -> int:
    """A descriptor to write to a file that was not there, for ourselves alone."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)


@contextmanager
def written(draft: Path, content: bytes) -> Iterator[None]:
    """Within it, a short draft is on the disk; what is left of it afterwards goes."""
    descriptor = create_file(draft)
    try:
        try:
            os.write(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        yield
    finally:
        draft.unlink(missing_ok=True)


def replace_file(path: Path, text: str, *, draft: Path) -> None:
    """Puts a short text into a file, whole or not at all. `draft` is on the same file system."""
    with written(draft, text.encode()):
        draft.replace(path)
    sync_folder(path.parent)


def write_all(descriptor: int, block: bytes, *, at: int) -> None:
    """Writes all of a block; the kernel may take less at once."""
    rest, end = memoryview(block), at
    while rest:
        written = os.pwrite(descriptor, rest, end)
        rest, end = rest[written:], end + written
    whole = end - end % _STRETCH_BYTES
    if at < whole and hasattr(os, "posix_fadvise"):
        # Linux begins to write it to the disk, and waits for nothing: little is left to fsync.
        start = whole - _STRETCH_BYTES
        os.posix_fadvise(descriptor, start, _STRETCH_BYTES, os.POSIX_FADV_DONTNEED)


def hash_some(descriptor: int, into: "hashlib._Hash", *, blocks: int = 32) -> bool:
    """Reads on, for some tens of milliseconds. False at the end of the file."""
    for _ in range(blocks):
        block = os.read(descriptor, BLOCK_BYTES)
        if not block:
            return False
        into.update(block)
    return True


def remember_digest(path: Path, digest: str) -> None:
    """Where the file system has attributes; elsewhere it is found out by reading."""
    try:
        os.setxattr(path, _DIGEST_ATTRIBUTE, digest.encode(), follow_symlinks=False)
    except (OSError, AttributeError):
        log.debug("digest_not_remembered")


def known_digest(path: Path) -> str | None:
    """What `remember_digest` was told."""
    try:
        return os.getxattr(path, _DIGEST_ATTRIBUTE, follow_symlinks=False).decode()
    except (OSError, AttributeError):
        return None


def changed_at(status: os.stat_result) -> datetime:
    """When a file was last written to."""
    return datetime.fromtimestamp(status.st_mtime, UTC)
