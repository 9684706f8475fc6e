"""What only the filesystem store has to hold: power cuts, rivals, links, and what it leaves."""

import asyncio
import os
import stat
import tracemalloc
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from session_api.assets.storage import MIN_PART_BYTES, Upload, part_of
from session_api.assets.storage.filesystem import FilesystemStore
from session_api.assets.storage.tickets import PartGrant
from session_api.ports import new_id, system_clock
from session_api.problems import StorageUnavailable, UploadIncomplete, UploadMismatch
from tests.storage.places import MIB, Place, chunked, endless, new_key
from tests.support.waiting import until

SIZE = MIN_PART_BYTES + 8


@pytest.fixture
def files(filesystem: Place, tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def store(filesystem: Place) -> FilesystemStore:
    assert isinstance(filesystem.store, FilesystemStore)
    return filesystem.store


def grant(upload: Upload, upload_id: str, number: int) -> PartGrant:
    part = part_of(SIZE, number, part_size=MIN_PART_BYTES)
    return PartGrant(upload.key, upload_id, number, part.offset, part.size, upload.expires_at)


def letters(letter: bytes, number: int) -> bytes:
    return letter * part_of(SIZE, number, part_size=MIN_PART_BYTES).size


async def bring(
    store: FilesystemStore, upload: Upload, upload_id: str, number: int, letter: bytes
) -> None:
    await store.write_part(grant(upload, upload_id, number), chunked(letters(letter, number)))


def below(folder: Path, name: str = "*") -> list[Path]:
    return list(folder.rglob(name))


async def test_files_are_for_the_service_alone(filesystem: Place, files: Path) -> None:
    upload = filesystem.upload(b"x" * SIZE)
    await filesystem.store.begin_parts(upload)
    await filesystem.has(b"mine")
    found = [files / "objects", files / "staging", *below(files)]
    assert len(found) > 8
    for path in found:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


async def test_deleting_takes_empty_folders_along(filesystem: Place, files: Path) -> None:
    await filesystem.store.delete([await filesystem.has(b"x"), await filesystem.has(b"y")])
    assert list((files / "objects").iterdir()) == []


async def test_deleting_and_writing_at_once_lose_nothing(filesystem: Place) -> None:
    async def come_and_go() -> None:
        for _ in range(30):
            await filesystem.store.delete([await filesystem.has(b"x")])

    await asyncio.gather(*(come_and_go() for _ in range(4)))
    assert await filesystem.holds_nothing()


async def test_two_who_bring_the_same_object_at_once(filesystem: Place) -> None:
    key = new_key()

    async def bring_object(content: bytes) -> None:
        await filesystem.store.write(key, chunked(content), content_type="text/plain", limit=9)

    rivals = [b"same", b"same", b"other"]
    results = await asyncio.gather(*map(bring_object, rivals), return_exceptions=True)
    refused = [result for result in results if result is not None]
    # Who was first is there, whole; and all who brought something else know.
    assert all(isinstance(result, UploadMismatch) for result in refused)
    assert len(refused) in (1, 2)
    stored = await filesystem.store.stat(key)
    assert stored is not None
    assert stored.size == (4 if len(refused) == 1 else 5)


async def test_the_digest_is_known_without_reading(filesystem: Place, files: Path) -> None:
    key = await filesystem.has(b"hello")
    stored = await filesystem.store.stat(key)
    assert stored is not None
    if stored.sha256 is None:
        assert os.listxattr(files / "objects" / key) == []  # a file system without attributes
    else:
        assert stored.sha256 == await filesystem.store.sha256(key)


async def test_a_large_object_is_hashed_when_it_is_asked_for(
    filesystem: Place, files: Path
) -> None:
    key = await filesystem.has(b"x" * (40 * MIB))
    before = await filesystem.store.sha256(key)
    os.removexattr(files / "objects" / key, "user.session_api.sha256")
    stored = await filesystem.store.stat(key)
    assert stored is not None
    assert stored.sha256 is None
    assert await filesystem.store.sha256(key) == before
    again = await filesystem.store.stat(key)
    assert again is not None
    assert again.sha256 == before


async def test_memory_stays_flat_however_large_the_file(filesystem: Place) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(1024):
            yield bytes(64 * 1024)

    tracemalloc.start()
    await filesystem.store.write(new_key(), body(), content_type="text/plain", limit=64 * MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB


# Links


async def test_no_link_is_followed(filesystem: Place, files: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"a secret")
    key = await filesystem.has(b"x")
    path = files / "objects" / key
    path.unlink()
    path.symlink_to(outside)
    for call in (filesystem.store.stat, filesystem.store.sha256):
        with pytest.raises(StorageUnavailable):
            await call(key)
    assert (await filesystem.http.get(await filesystem.link(key))).status_code == 503
    with pytest.raises(StorageUnavailable):
        await filesystem.store.write(key, chunked(b"y"), content_type="text/plain", limit=9)
    assert [each async for each in filesystem.store.walk()] == []
    assert outside.read_bytes() == b"a secret"


async def test_no_folder_leads_elsewhere(filesystem: Place, files: Path, tmp_path: Path) -> None:
    key = await filesystem.has(b"x")
    session = (files / "objects" / key).parent
    outside = tmp_path / "outside"
    session.rename(outside)
    session.symlink_to(outside)
    with pytest.raises(StorageUnavailable):
        await filesystem.store.delete([key])
    with pytest.raises(StorageUnavailable):
        await filesystem.store.write(new_key(), chunked(b"y"), content_type="text/plain", limit=9)
    assert [path.name for path in outside.iterdir()] == [key.rpartition("/")[2]]


async def test_the_root_may_be_a_link(
    filesystem: Place, store: FilesystemStore, files: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(files)
    other = FilesystemStore(tmp_path / "link", store.tickets, new_id)
    await other.open()
    key = await filesystem.has(b"x")
    assert await other.stat(key) == await store.stat(key)
    await other.close()


# Death in the middle


async def test_what_a_killed_process_left_is_found_and_cleared(
    filesystem: Place, files: Path
) -> None:
    key = new_key()
    writing = asyncio.create_task(
        filesystem.store.write(key, endless(), content_type="text/plain", limit=1 << 40)
    )
    await until(lambda: bool(list((files / "staging").iterdir())))
    (draft,) = (files / "staging").iterdir()
    copy = draft.read_bytes()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    draft.write_bytes(copy)  # as a kill would have left it
    (found,) = [each async for each in filesystem.store.walk_unfinished()]
    assert found.key == key
    assert abs((found.started_at - filesystem.clock()).total_seconds()) < 60
    await filesystem.store.abort_parts(found.key, found.upload_id)
    assert await filesystem.holds_nothing()


async def test_a_claim_half_written_promises_nothing(
    filesystem: Place, store: FilesystemStore, files: Path
) -> None:
    upload = filesystem.upload(b"x" * SIZE)
    upload_id = await store.begin_parts(upload)
    for number in (1, 2):
        await bring(store, upload, upload_id, number, b"x")
    parts = await store.list_parts(upload.key, upload_id)
    (claim,) = below(files, "part-2")
    claim.write_bytes(claim.read_bytes()[:-5])
    assert await store.list_parts(upload.key, upload_id) == parts[:1]
    with pytest.raises(UploadIncomplete):
        await store.finish_parts(upload.key, upload_id, parts)
    await bring(store, upload, upload_id, 2, b"x")
    assert (await store.finish_parts(upload.key, upload_id, parts)).size == SIZE


@pytest.mark.parametrize("left", [["data", "lock", "part-1", "part-2"], ["lock", "part-2"], []])
async def test_finishing_goes_on_after_a_death(
    filesystem: Place, store: FilesystemStore, files: Path, left: list[str]
) -> None:
    upload = filesystem.upload(b"x" * SIZE)
    upload_id = await store.begin_parts(upload)
    for number in (1, 2):
        await bring(store, upload, upload_id, number, b"x")
    parts = await store.list_parts(upload.key, upload_id)
    # It got as far as giving the file its name, and cleared some of the rest away.
    (folder,) = (files / "staging").iterdir()
    final = files / "objects" / upload.key
    final.parent.mkdir(parents=True)
    final.hardlink_to(folder / "data")
    for path in folder.iterdir():
        if path.name not in left:
            path.unlink()
    made = await store.finish_parts(upload.key, upload_id, parts)
    assert (made.key, made.size) == (upload.key, SIZE)
    assert [each async for each in store.walk_unfinished()] == []


# Rivals


async def test_a_part_brought_anew_is_not_there_until_it_is_whole(
    filesystem: Place, store: FilesystemStore
) -> None:
    upload = filesystem.upload(b"x" * SIZE)
    upload_id = await store.begin_parts(upload)
    await bring(store, upload, upload_id, 1, b"x")
    with pytest.raises(UploadMismatch):
        await store.write_part(grant(upload, upload_id, 1), chunked(b"too short"))
    assert await store.list_parts(upload.key, upload_id) == []


async def test_the_last_who_brings_a_part_wins(filesystem: Place, store: FilesystemStore) -> None:
    upload = filesystem.upload(b"x" * SIZE)
    upload_id = await store.begin_parts(upload)
    go_on = asyncio.Event()
    moved = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"o" * (2 * MIB)
        moved.set()
        await go_on.wait()
        yield b"o" * (MIN_PART_BYTES - 2 * MIB)

    old = asyncio.create_task(store.write_part(grant(upload, upload_id, 1), stuck()))
    await moved.wait()
    await bring(store, upload, upload_id, 1, b"n")
    await bring(store, upload, upload_id, 2, b"n")
    go_on.set()
    with pytest.raises(UploadIncomplete, match="anew"):
        await old
    parts = await store.list_parts(upload.key, upload_id)
    await store.finish_parts(upload.key, upload_id, parts)
    link = await filesystem.link(upload.key)
    assert set((await filesystem.http.get(link)).content) == {ord("n")}


@pytest.mark.parametrize("end", ["finish", "abort"])
async def test_nobody_writes_into_what_was_finished_or_given_up(
    filesystem: Place, store: FilesystemStore, files: Path, end: str
) -> None:
    upload = filesystem.upload(b"x" * SIZE)
    upload_id = await store.begin_parts(upload)
    for number in (1, 2):
        await bring(store, upload, upload_id, number, b"x")
    parts = await store.list_parts(upload.key, upload_id)
    go_on, moved = asyncio.Event(), asyncio.Event()

    async def late() -> AsyncIterator[bytes]:
        moved.set()
        await go_on.wait()
        yield b"late" * (MIN_PART_BYTES // 4)

    # It holds no claim yet when the upload ends: its first block comes after.
    writing = asyncio.create_task(store.write_part(grant(upload, upload_id, 1), late()))
    await moved.wait()
    if end == "finish":
        with pytest.raises(UploadIncomplete):  # its claim undid the part
            await store.finish_parts(upload.key, upload_id, parts)
    await store.abort_parts(upload.key, upload_id)
    go_on.set()
    with pytest.raises(UploadIncomplete):
        await writing
    assert await filesystem.holds_nothing()
    assert list((files / "staging").iterdir()) == []


async def test_parts_with_a_gap_make_nothing(filesystem: Place, store: FilesystemStore) -> None:
    upload = filesystem.upload(b"x" * SIZE)
    upload_id = await store.begin_parts(upload)
    await bring(store, upload, upload_id, 2, b"x")
    parts = await store.list_parts(upload.key, upload_id)
    with pytest.raises(UploadIncomplete, match="0 bytes"):
        await store.finish_parts(upload.key, upload_id, parts)


async def test_an_upload_id_is_no_path(filesystem: Place) -> None:
    for upload_id in ("../../x", "", "a,b", "a/b"):
        with pytest.raises(ValueError, match="not an upload"):
            await filesystem.store.abort_parts(new_key(), upload_id)


async def test_what_a_killed_process_left_half_written_goes_an_hour_later(
    filesystem: Place, store: FilesystemStore, files: Path
) -> None:
    staging, now = files / "staging", system_clock()
    left = {staging / f"{what},{new_id().hex}" for what in ("record", "probe", "mark")}
    for path in left:
        path.write_bytes(b"half")
    await store.begin_parts(filesystem.upload(b"x" * SIZE))
    await store.clear_scratch(now + timedelta(minutes=59))
    assert left < set(staging.iterdir())
    await store.clear_scratch(now + timedelta(minutes=61))
    (upload,) = staging.iterdir()
    assert upload not in left
