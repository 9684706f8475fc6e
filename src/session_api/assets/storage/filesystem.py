"""Objects as files of this machine's, or of a volume that all replicas share.

`objects/<key>` holds what is whole, `staging/` what arrives. Clients bring and fetch bytes over
tickets, which the service answers itself (`router.py`). Only names made by `keys` become paths, and
no symbolic link is followed below the root.
"""

import errno
import hashlib
import os
import stat as modes
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from session_api.assets.storage.disk import (
    BLOCK_BYTES,
    Threads,
    changed_at,
    hash_some,
    known_digest,
    make_folder,
    remember_digest,
    replace_file,
)
from session_api.assets.storage.downloads import safe_name, safe_type
from session_api.assets.storage.folder_records import FolderRecords
from session_api.assets.storage.keys import ObjectKey, require_key, require_prefix
from session_api.assets.storage.port import (
    Part,
    StoredObject,
    StoredPart,
    Ticket,
    Unfinished,
    Upload,
)
from session_api.assets.storage.staging import (
    Draft,
    PartsFolder,
    clear_scratch,
    discard,
    publish,
    scratch_of,
    staged,
    try_writing,
    unfinished,
)
from session_api.assets.storage.streams import Digest, in_blocks
from session_api.assets.storage.tickets import GetGrant, Grant, PartGrant, PutGrant, TicketCodec
from session_api.ports import Ids
from session_api.problems import UploadIncomplete, UploadMismatch

PATH: Final = "/api/objects"
MARK: Final = "installation"
STALL_SECONDS: Final = 60.0
"""An upload that does not move for so long is given up; its file goes, and its task."""

_LISTED_AT_ONCE: Final = 256

_T = TypeVar("_T")


class FilesystemStore:
    """See `ObjectStore`. Several processes may work on one root."""

    def __init__(
        self,
        root: Path,
        tickets: TicketCodec,
        ids: Ids,
        *,
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        self.tickets = tickets
        self.stall_seconds = stall_seconds
        self._ids = ids
        self._objects = root / "objects"
        self._staging = root / "staging"
        self._threads = Threads()
        self.records = FolderRecords(root / "records", self._staging, self._threads, ids)

    async def open(self) -> None:
        await self._threads.run(self._prepare)

    def _prepare(self) -> None:
        for folder in (self._objects, self._staging):
            make_folder(folder)
            folder.chmod(0o700)
        # The root itself may be a link, or stand below one: that is the operator's to say.
        self._objects, self._staging = self._objects.resolve(), self._staging.resolve()

    async def close(self) -> None:
        self._threads.close()

    async def check(self) -> None:
        await self._threads.run(try_writing, scratch_of(self._staging, "probe", self._ids().hex))

    async def claim(self, installation: str, *, from_another: bool = False) -> bool:
        return await self._threads.run(self._claim, installation, from_another)

    def _claim(self, installation: str, from_another: bool) -> bool:
        mark = self._objects.parent / MARK
        try:
            owner = mark.read_text()
        except FileNotFoundError:
            owner = ""
        if owner in ("", installation) or from_another:
            if owner != installation:
                made = scratch_of(self._staging, "mark", self._ids().hex)
                replace_file(mark, installation, draft=made)
            return True
        return False

    async def browser_origin(self) -> str | None:
        return None

    # In one request

    async def upload_ticket(self, upload: Upload, *, base_url: str) -> Ticket:
        require_key(upload.key)
        grant = PutGrant(
            upload.key, upload.size, upload.content_type, upload.sha256, upload.expires_at
        )
        return self._ticket(grant, base_url, {"Content-Type": upload.content_type})

    def _ticket(self, grant: Grant, base_url: str, headers: dict[str, str]) -> Ticket:
        url = f"{base_url}{PATH}/{self.tickets.encode(grant)}"
        return Ticket("PUT", url, headers, None, grant.expires_at)

    async def write(
        self,
        key: str,
        chunks: AsyncIterator[bytes],
        *,
        content_type: str,  # noqa: ARG002 - files have none; a download link says it
        limit: int,
        size: int | None = None,
        sha256: str | None = None,
    ) -> StoredObject:
        require_key(key)
        draft = Draft(staged(self._staging, key, self._ids().hex))
        digest = Digest()

        def add(block: bytes) -> None:
            digest.add(block)
            draft.add(block)

        try:
            await self._threads.run(draft.create)
            async with aclosing(in_blocks(chunks, size=BLOCK_BYTES, limit=limit)) as blocks:
                await self._threads.each(blocks, add)
            digest.require(size=size, sha256=sha256)
            await self._threads.run(draft.settle, digest.hex)
            is_new = await self._threads.run(self._publish, draft.path, key)
            if not is_new and await self.sha256(key) != digest.hex:
                raise UploadMismatch("Another file arrived here before.")
        finally:
            await self._threads.run(draft.discard)
        made = await self.stat(key)
        if made is None:
            raise UploadIncomplete("The file was deleted meanwhile.")
        return replace(made, sha256=digest.hex)

    def _publish(self, arrived: Path, key: str) -> bool:
        return publish(arrived, self._path(key))

    # In parts

    async def begin_parts(self, upload: Upload) -> str:
        upload_id = self._ids().hex
        await self._threads.run(self._parts(upload.key, upload_id).create, upload.size)
        return upload_id

    def _parts(self, key: str, upload_id: str) -> PartsFolder:
        return PartsFolder(self._staged(key, upload_id))

    def _staged(self, key: str, upload_id: str) -> Path:
        if not upload_id.isalnum() or not upload_id.isascii():
            raise ValueError("not an upload of ours")
        return staged(self._staging, require_key(key), upload_id)

    async def part_ticket(
        self, upload: Upload, upload_id: str, part: Part, *, base_url: str
    ) -> Ticket:
        grant = PartGrant(
            upload.key, upload_id, part.number, part.offset, part.size, upload.expires_at
        )
        return self._ticket(grant, base_url, {})

    async def write_part(self, grant: PartGrant, chunks: AsyncIterator[bytes]) -> str:
        """Takes in one part, and returns its tag. Raises UploadMismatch, UploadIncomplete."""
        folder = self._parts(grant.key, grant.upload_id)
        part = Part(grant.number, grant.offset, grant.size)
        writer = self._ids().hex
        await self._threads.run(folder.claim, part, writer)
        digest = Digest()

        def add(block: bytes) -> None:
            folder.add(part, writer, block, at=part.offset + digest.size)
            digest.add(block)

        async with aclosing(in_blocks(chunks, size=BLOCK_BYTES, limit=part.size)) as blocks:
            await self._threads.each(blocks, add)
        digest.require(size=part.size, sha256=None)
        await self._threads.run(folder.settle, part, writer, digest.hex)
        return digest.hex

    async def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        return await self._threads.run(self._parts(key, upload_id).stored)

    async def finish_parts(
        self, key: str, upload_id: str, parts: Sequence[StoredPart]
    ) -> StoredObject:
        try:
            await self._threads.run(self._finish, key, upload_id, parts)
        except UploadIncomplete:
            # Finished before, and the answer or what was left to tidy up was lost?
            if (there := await self.stat(key)) is None:
                raise
            await self.abort_parts(key, upload_id)
            return there
        if (made := await self.stat(key)) is None:
            raise UploadIncomplete("The file was deleted meanwhile.")
        return made

    def _finish(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> None:
        self._parts(key, upload_id).finish(parts, self._path(key))

    async def abort_parts(self, key: str, upload_id: str) -> None:
        await self._threads.run(discard, self._staged(key, upload_id))

    # What is there

    async def file_of(self, key: str) -> tuple[Path, os.stat_result] | None:
        """The object's file, for answering with it."""
        return await self._threads.run(self._file, key)

    def _file(self, key: str) -> tuple[Path, os.stat_result] | None:
        path = self._path(key)
        with suppress(FileNotFoundError):
            return path, path.lstat()
        return None

    async def stat(self, key: str) -> StoredObject | None:
        return await self._threads.run(self._stat, require_key(key))

    def _stat(self, key: str) -> StoredObject | None:
        return _stored(key, self._path(key))

    async def sha256(self, key: str) -> str | None:
        there = await self.stat(key)
        if there is not None and there.sha256 is not None:
            return there.sha256
        found, opened = hashlib.sha256(), list[int]()
        try:
            await self._threads.run(self._open, key, opened)
            if not opened:
                return None
            while await self._threads.run(hash_some, opened[0], found):
                pass
        finally:
            if opened:
                await self._threads.run(os.close, opened[0])
        await self._threads.run(self._remember, key, found.hexdigest())
        return found.hexdigest()

    def _remember(self, key: str, digest: str) -> None:
        remember_digest(self._path(key), digest)

    def _open(self, key: str, opened: list[int]) -> None:
        # Not returned: who is cancelled meanwhile would never close it.
        with suppress(FileNotFoundError):
            opened.append(os.open(self._path(key), os.O_RDONLY | os.O_NOFOLLOW))

    async def download_url(
        self, key: str, *, name: str, content_type: str, expires_at: datetime, base_url: str
    ) -> str:
        grant = GetGrant(require_key(key), safe_name(name), safe_type(content_type), expires_at)
        return f"{base_url}{PATH}/{self.tickets.encode(grant)}"

    async def delete(self, keys: Collection[str]) -> None:
        await self._threads.run(self._remove, [require_key(key) for key in keys])

    def _remove(self, keys: Sequence[str]) -> None:
        for path in map(self._path, keys):
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == self._objects:
                    break
                try:
                    folder.rmdir()
                except OSError:  # not empty, or gone
                    break

    async def walk(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        found = self._below(self._objects / require_prefix(prefix))
        async for there in self._listed(found):
            yield there

    async def clear_scratch(self, now: datetime) -> None:
        await self._threads.run(clear_scratch, self._staging, now)

    async def walk_unfinished(self) -> AsyncIterator[Unfinished]:
        async for there in self._listed(unfinished(self._staging)):
            yield there

    async def _listed(self, found: Iterator[_T]) -> AsyncIterator[_T]:
        while batch := await self._threads.run(lambda: list(islice(found, _LISTED_AT_ONCE))):
            for each in batch:
                yield each

    def _below(self, folder: Path) -> Iterator[StoredObject]:
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                path = Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    yield from self._below(path)
                    continue
                key = path.relative_to(self._objects).as_posix()
                if ObjectKey.parse(key) and (there := _stored(key, path)):
                    yield there

    def _path(self, key: str) -> Path:
        """Where an object stands. Looks at the disk, so it is for threads."""
        path = self._objects / require_key(key)
        if os.path.realpath(path) != str(path):
            raise OSError(errno.ELOOP, "a link stands where a folder or file of ours belongs")
        return path


def _stored(key: str, path: Path) -> StoredObject | None:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    if not modes.S_ISREG(status.st_mode):
        return None
    return StoredObject(key, status.st_size, changed_at(status), known_digest(path))
