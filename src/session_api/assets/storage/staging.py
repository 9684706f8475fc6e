"""Where objects arrive on disk, until they are whole. Everything here blocks, and runs in threads.

One folder holds all of it. What stands in it is named `<key, with commas for slashes>,<upload id>`:
a file for an upload in one request, a folder for one in parts. Beside that there is scratch, small
files that are renamed or removed in the call that makes them. A process that was killed leaves such
names behind and nothing else, and they say what they are.

An upload in parts writes each part at its place in one file, so that finishing is a rename however
large it is. Beside it stands a claim for each part: who writes it, and, once all of it is on the
disk, its tag. Only the last claimant of a part may write, and a claim is written anew before a byte
of a finished part is overwritten, so that no claim ever promises what is not there.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

from session_api.assets.storage.disk import (
    changed_at,
    create_file,
    make_folder,
    remember_digest,
    sync_folder,
    write_all,
)
from session_api.assets.storage.keys import ObjectKey
from session_api.assets.storage.port import Part, StoredPart, Unfinished
from session_api.problems import UploadIncomplete, UploadMismatch

_LINK_ATTEMPTS = 20

_Scratch: TypeAlias = Literal["record", "probe", "mark"]
_SCRATCH_LASTS = timedelta(hours=1)


def staged(staging: Path, key: str, upload_id: str) -> Path:
    """Where an upload arrives. At most 245 bytes of name, and file systems take 255."""
    return staging / f"{key.replace('/', ',')},{upload_id}"


def unfinished(staging: Path) -> Iterator[Unfinished]:
    """All that is arriving, or was left behind."""
    with os.scandir(staging) as entries:
        for entry in entries:
            name, _, upload_id = entry.name.rpartition(",")
            key = name.replace(",", "/")
            if ObjectKey.parse(key) is None:
                continue
            with suppress(FileNotFoundError):
                # By its last change, not its birth: one that still moves is not to be cleared away.
                started_at = changed_at(entry.stat(follow_symlinks=False))
                yield Unfinished(key, upload_id, started_at)


def scratch_of(staging: Path, what: _Scratch, scratch_id: str) -> Path:
    """Where something small is written before it has its name."""
    return staging / f"{what},{scratch_id}"


def try_writing(probe: Path) -> None:
    """Raises OSError where no file can be made and filled."""
    try:
        descriptor = create_file(probe)
        try:
            os.write(descriptor, b"\0")
        finally:
            os.close(descriptor)
    finally:
        probe.unlink(missing_ok=True)


def clear_scratch(staging: Path, now: datetime) -> None:
    """Removes what a killed process left, long after it can have been at it."""
    with os.scandir(staging) as entries:
        for entry in entries:
            if entry.name.partition(",")[0] not in get_args(_Scratch):
                continue
            with suppress(FileNotFoundError):
                if changed_at(entry.stat(follow_symlinks=False)) < now - _SCRATCH_LASTS:
                    Path(entry).unlink()


def discard(path: Path) -> None:
    """Gives up what arrives there. Repeatable."""
    if path.is_dir() and not path.is_symlink():
        with suppress(UploadIncomplete), PartsFolder(path).locked():
            shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def publish(arrived: Path, final: Path) -> bool:
    """Gives a whole file its name for good, never over another. False where the name is taken."""
    for attempt in range(_LINK_ATTEMPTS):
        try:
            make_folder(final.parent)
            os.link(arrived, final, follow_symlinks=False)
        except FileExistsError:
            return False
        except FileNotFoundError:
            # A deletion took the empty folder away meanwhile.
            if attempt + 1 == _LINK_ATTEMPTS:
                raise
        else:
            with suppress(FileNotFoundError):  # and one may have taken the object already
                sync_folder(final.parent)
            return True
    raise AssertionError("unreachable")


class Draft:
    """A file that arrives in one request."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = -1
        self._size = 0

    def create(self) -> None:
        """Before all else. Discard it in any case: who is cancelled here has created it."""
        self._descriptor = create_file(self.path)

    def add(self, block: bytes) -> None:
        """Appends."""
        write_all(self._descriptor, block, at=self._size)
        self._size += len(block)

    def settle(self, digest: str) -> None:
        """Returns once all of it is on the disk."""
        remember_digest(self.path, digest)
        os.fsync(self._descriptor)

    def discard(self) -> None:
        """Takes the name away; under its name for good, the file stays. Repeatable."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self.path.unlink(missing_ok=True)


class Claim(NamedTuple):
    """Who writes a part; and with a tag, that it is there."""

    writer: str
    part: Part
    tag: str | None


class PartsFolder:
    """A file that arrives in parts, perhaps several at once, in several processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data = path / "data"

    def create(self, size: int) -> None:
        """Makes room for `size` bytes, without taking it yet."""
        self.path.mkdir(mode=0o700)
        descriptor = create_file(self._data)
        try:
            os.ftruncate(descriptor, size)
        finally:
            os.close(descriptor)
        # Last: without it, there is no such upload.
        os.close(create_file(self.path / "lock"))
        sync_folder(self.path)
        sync_folder(self.path.parent)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone with the folder, for a moment. UploadIncomplete where it is not there."""
        try:
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise UploadIncomplete("There is no such upload; it may have been given up.") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def claim(self, part: Part, writer: str) -> None:
        """Makes `writer` the only one who may write the part, which is not there from now on."""
        with self.locked():
            self._put(Claim(writer, part, None))

    def add(self, part: Part, writer: str, block: bytes, *, at: int) -> None:
        """Writes a block at its place in the whole file."""
        with self.locked():
            self._require(part, writer)
            with self._opened() as descriptor:
                write_all(descriptor, block, at=at)

    def settle(self, part: Part, writer: str, tag: str) -> None:
        """The part is there, once this returns."""
        with self._opened() as descriptor:
            os.fsync(descriptor)
        with self.locked():
            self._require(part, writer)
            self._put(Claim(writer, part, tag))

    def stored(self) -> list[StoredPart]:
        """The parts that are there, by number."""
        with self.locked():
            return [_stored(claim) for claim in self._settled()]

    def finish(self, parts: Sequence[StoredPart], final: Path) -> None:
        """Makes the object of these parts; UploadIncomplete where they are not all of it.

        Repeatable after a death in the middle. UploadMismatch where the key holds something else.
        """
        with self.locked():
            settled = self._settled()
            end = 0
            for claim in settled:
                end += claim.part.size if claim.part.offset == end else 0
            if [_stored(claim) for claim in settled] != list(parts):
                raise UploadIncomplete("The parts are not those that are there.")
            if end != self._data.stat().st_size:
                raise UploadIncomplete(f"The parts hold {end} bytes of the file without a gap.")
            if not publish(self._data, final) and not self._data.samefile(final):
                raise UploadMismatch("Another file was finished under this upload's name.")
            shutil.rmtree(self.path, ignore_errors=True)
            sync_folder(self.path.parent)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            descriptor = os.open(self._data, os.O_WRONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise UploadIncomplete("The upload was finished or given up meanwhile.") from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _require(self, part: Part, writer: str) -> None:
        claim = self._claim_in(self._claim_of(part.number))
        if claim is None or claim.writer != writer:
            raise UploadIncomplete("Another request brings this part anew.")

    def _settled(self) -> list[Claim]:
        claims = map(self._claim_in, self.path.glob("part-*"))
        there = (claim for claim in claims if claim is not None and claim.tag is not None)
        return sorted(there, key=lambda claim: claim.part.number)

    def _claim_of(self, number: int) -> Path:
        return self.path / f"part-{number}"

    def _claim_in(self, path: Path) -> Claim | None:
        try:
            writer, part, tag = json.loads(path.read_bytes())
            return Claim(writer, Part(*part), tag)
        except (FileNotFoundError, ValueError):  # half written when the power went
            return None

    def _put(self, claim: Claim) -> None:
        part = claim.part
        content = json.dumps([claim.writer, [part.number, part.offset, part.size], claim.tag])
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        descriptor = os.open(self._claim_of(part.number), flags, 0o600)
        try:
            write_all(descriptor, content.encode(), at=0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(self.path)


def _stored(claim: Claim) -> StoredPart:
    assert claim.tag is not None  # noqa: S101 - settled
    return StoredPart(claim.part.number, claim.part.size, claim.tag)
