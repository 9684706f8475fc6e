"""The jobs of files: whatever was cut off, rows and objects agree again, within 15 minutes."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from session_api.assets.cleanup import AssetJobs, ForeignStore
from session_api.assets.storage import ObjectStore, StoredObject, object_key, open_store
from session_api.assets.storage.filesystem import FilesystemStore
from session_api.assets.storage.staging import Draft, staged
from session_api.guests import GuestRetention
from session_api.lifecycle import JobRunner, LifecycleJobs
from session_api.ports import new_id
from session_api.problems import StorageUnavailable
from session_api.security import KeyRing
from session_api.sessions.lifecycle import SessionLifecycle
from session_api.settings import Settings
from tests.support.people import MovableClock, Person
from tests.support.races import Holder
from tests.support.settings import KEYS, test_settings
from tests.support.waiting import WAIT_SECONDS
from tests.support.workspace import Sql, all_rows, has_asset

BATCH = 100
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
IN_PARTS = b"x" * (1024 * 1024 + 1)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return test_settings(database_url, upload_parts_above=1024 * 1024)


@pytest.fixture
def jobs(app: FastAPI) -> AssetJobs:
    made: AssetJobs = app.state.asset_jobs
    return made


@pytest.fixture
def store(app: FastAPI) -> ObjectStore:
    made: ObjectStore = app.state.object_store
    return made


@pytest.fixture
def folder(settings: Settings) -> Path:
    """Where the filesystem store keeps its things."""
    assert settings.storage is not None
    return Path(settings.storage.removeprefix("file://"))


class Unpluggable(FilesystemStore):
    """A store on the same folder, that can be out of reach."""

    plugged = True

    def _require(self) -> None:
        if not self.plugged:
            raise StorageUnavailable

    async def check(self) -> None:
        self._require()
        await super().check()

    async def stat(self, key: str) -> StoredObject | None:
        self._require()
        return await super().stat(key)

    async def delete(self, keys: Collection[str]) -> None:
        self._require()
        await super().delete(keys)


@pytest.fixture
async def line(app: FastAPI, folder: Path) -> AsyncIterator[Unpluggable]:
    made = Unpluggable(folder, app.state.object_store.tickets, new_id)
    await made.open()
    yield made
    await made.close()


def over(line: ObjectStore, app: FastAPI) -> AssetJobs:
    """The jobs, with another way to the store."""
    return AssetJobs(app.state.database, app.state.audit, line)


class Files:
    """A person's files, brought as a browser brings them."""

    def __init__(self, person: Person, session_id: str) -> None:
        self.person = person
        self.session_id = session_id
        self.path = f"/api/sessions/{session_id}/assets"

    async def announced(self, content: bytes = b"hello") -> dict[str, Any]:
        body = {"name": "a.txt", "content_type": "text/plain", "size": len(content)}
        answer = await self.person.post(self.path, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def brought(self, announced: dict[str, Any], content: bytes = b"hello") -> httpx.Response:
        """The bytes go where the ticket says, without a token."""
        upload = announced["upload"]
        if upload["parts"] is not None:
            answer = await self.person.post(upload["url"], json={"numbers": [1]})
            upload = answer.json()["parts"][0]
        return await self.person.request(
            upload["method"],
            upload["url"],
            content=content,
            headers=upload["headers"] | {"Authorization": ""},
        )

    async def completed(self, asset_id: str) -> httpx.Response:
        return await self.person.post(f"{self.path}/{asset_id}/complete")

    async def pending(self, content: bytes = b"hello") -> str:
        """An asset whose bytes are there, and that nobody has completed."""
        announced = await self.announced(content)
        assert (await self.brought(announced, content)).status_code == 200
        return str(announced["asset"]["id"])

    async def ready(self, content: bytes = b"hello") -> str:
        asset_id = await self.pending(content)
        answer = await self.completed(asset_id)
        assert answer.status_code == 200, answer.text
        return asset_id

    async def deleted(self, asset_id: str) -> None:
        answer = await self.person.delete(f"{self.path}/{asset_id}")
        assert answer.status_code == 204, answer.text


async def files_of(person: Person) -> Files:
    return Files(person, (await person.has_session())["id"])


@pytest.fixture
async def files(ann: Person) -> Files:
    return await files_of(ann)


def objects(folder: Path) -> list[str]:
    """The keys of all objects."""
    root = folder / "objects"
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*_*") if path.is_file())


def arriving(folder: Path) -> list[str]:
    """What arrives, or was left behind."""
    return sorted(path.name for path in (folder / "staging").iterdir())


async def deletions(sql: Sql) -> int:
    return int(await sql.fetchval("SELECT count(*) FROM object_deletions"))


async def waiting(sql: Sql, count: int) -> None:
    """Returns once so many wait for what others have locked."""
    async with asyncio.timeout(WAIT_SECONDS):
        # It watches another process, which has no event to wait for.
        while await sql.fetchval(_WAITING) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def statuses(sql: Sql) -> list[str]:
    return [row[0] for row in await sql.fetch("SELECT status FROM assets ORDER BY id")]


async def events(sql: Sql, event: str) -> list[dict[str, Any]]:
    rows = await sql.fetch("SELECT * FROM audit_events WHERE event = $1 ORDER BY id", event)
    return [dict(row) | {"data": json.loads(row["data"])} for row in rows]


async def assert_counted(sql: Sql) -> None:
    """What users are said to have is what they have."""
    wrong = await sql.fetch(
        "SELECT u.asset_count, u.asset_bytes, count(a.id), coalesce(sum(a.size), 0)"
        "  FROM users u LEFT JOIN assets a ON a.owner_id = u.owner_id"
        " GROUP BY u.owner_id, u.asset_count, u.asset_bytes"
        " HAVING (u.asset_count, u.asset_bytes) <> (count(a.id), coalesce(sum(a.size), 0))"
    )
    assert wrong == []


def a_key(owner_id: UUID) -> str:
    return object_key("default", owner_id, uuid4(), uuid4(), attempt=uuid4())


async def put(store: ObjectStore, key: str, content: bytes = b"left over") -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    await store.write(key, chunks(), content_type="text/plain", limit=len(content))


# What was announced and never completed


@pytest.mark.parametrize(("minutes", "left"), [(59, ["pending"]), (61, [])])
async def test_an_upload_that_nobody_completes_goes_with_its_ticket(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, minutes: int, left: list[str]
) -> None:
    await files.announced()
    clock.move(minutes=minutes)
    assert await jobs.expire_uploads(clock(), BATCH) == 1 - len(left)
    assert await statuses(sql) == left
    await assert_counted(sql)


async def test_its_bytes_go_with_it(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    await files.pending()
    assert len(objects(folder)) == 1
    clock.move(minutes=62)
    await jobs.expire_uploads(clock(), BATCH)
    assert await jobs.delete_objects(clock(), BATCH) == 1
    assert objects(folder) == []
    assert await deletions(sql) == 0


async def test_parts_that_arrived_go_with_it(
    files: Files, jobs: AssetJobs, clock: MovableClock, folder: Path
) -> None:
    await files.pending(IN_PARTS)
    assert len(arriving(folder)) == 1
    clock.move(hours=2)
    await jobs.expire_uploads(clock(), BATCH)
    await jobs.delete_objects(clock(), BATCH)
    assert arriving(folder) == []


async def test_a_file_that_is_ready_never_expires(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql
) -> None:
    await files.ready()
    before = await all_rows(sql)
    clock.move(days=400)
    assert await jobs.expire_uploads(clock(), BATCH) == 0
    assert await all_rows(sql) == before


async def test_an_upload_that_expires_is_in_the_trail_of_its_owner(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql
) -> None:
    announced = await files.announced()
    clock.move(hours=2)
    await jobs.expire_uploads(clock(), BATCH)
    (event,) = await events(sql, "asset.expired")
    assert event["actor"] == "system:clean-up"
    assert (event["owner_id"], event["tenant_id"]) == (files.person.owner_id, "default")
    assert str(event["session_id"]) == files.session_id
    assert event["data"] == {"asset_id": announced["asset"]["id"], "size": 5}


async def test_uploads_expire_in_batches_over_every_owner(
    ann: Person, bob: Person, jobs: AssetJobs, clock: MovableClock, sql: Sql
) -> None:
    for person in (ann, bob, ann, bob, ann):
        await (await files_of(person)).announced()
    clock.move(hours=2)
    assert [await jobs.expire_uploads(clock(), 2) for _ in range(4)] == [2, 2, 1, 0]
    await assert_counted(sql)


async def test_two_runs_at_once_expire_each_upload_once(
    ann: Person, bob: Person, jobs: AssetJobs, clock: MovableClock, sql: Sql
) -> None:
    for person in (ann, bob, ann, bob, ann, bob):
        await (await files_of(person)).announced()
    clock.move(hours=2)
    moved = await asyncio.gather(*(jobs.expire_uploads(clock(), 6) for _ in range(3)))
    assert sum(moved) == 6
    assert len(await events(sql, "asset.expired")) == 6
    await assert_counted(sql)


async def test_a_completion_under_way_is_not_disturbed(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, database_url: str, folder: Path
) -> None:
    asset_id = await files.pending()
    clock.move(hours=2)
    async with Holder(database_url) as holder:
        # As a completion has it, from its check of the row to its commit.
        await holder.does("SELECT FROM assets FOR NO KEY UPDATE")
        assert await jobs.expire_uploads(clock(), BATCH) == 0
        await holder.does("UPDATE assets SET status = 'ready', ready_at = now()")
        await holder.commit()
    assert await jobs.expire_uploads(clock(), BATCH) == 0
    assert (await files.completed(asset_id)).status_code == 200
    assert len(objects(folder)) == 1


async def test_a_completion_that_comes_too_late_finds_no_asset(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, database_url: str, folder: Path
) -> None:
    asset_id = await files.pending()
    clock.move(hours=2)
    async with Holder(database_url) as holder:
        # The job has the asset, and waits for its owner's counters.
        await holder.does("SELECT FROM users FOR NO KEY UPDATE")
        expiring = asyncio.ensure_future(jobs.expire_uploads(clock(), BATCH))
        await waiting(sql, 1)
        completing = asyncio.create_task(files.completed(asset_id))
        await waiting(sql, 2)
        await holder.commit()
        assert await expiring == 1
        assert (await completing).json()["code"] == "asset_not_found"
    await jobs.delete_objects(clock(), BATCH)
    assert (await statuses(sql), objects(folder)) == ([], [])
    await assert_counted(sql)


async def test_complete_and_expire_at_once_leave_a_whole_file_or_none(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    asset_ids = [await files.pending() for _ in range(20)]
    clock.move(hours=2)

    async def expire() -> None:
        while await jobs.expire_uploads(clock(), 2):
            await jobs.delete_objects(clock(), BATCH)

    answers = await asyncio.gather(*map(files.completed, reversed(asset_ids[5:])), expire())
    codes = {answer.status_code for answer in answers if answer is not None}
    assert codes <= {200, 404, 409}, answers
    await jobs.expire_uploads(clock(), BATCH)
    await jobs.delete_objects(clock(), BATCH)
    kept = [row[0] for row in await sql.fetch("SELECT object_key FROM assets WHERE status='ready'")]
    assert sum(answer is not None and answer.status_code == 200 for answer in answers) == len(kept)
    assert objects(folder) == sorted(kept)
    await assert_counted(sql)


# What must go


async def test_a_deleted_files_object_goes_once_and_again_when_no_ticket_can_bring_it_back(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    announced = await files.announced()
    await files.brought(announced)
    await files.completed(announced["asset"]["id"])
    await files.deleted(announced["asset"]["id"])
    assert await jobs.delete_objects(clock(), BATCH) == 1
    assert objects(folder) == []

    # The ticket is still good, and its holder uses it.
    assert (await files.brought(announced)).status_code == 200
    assert len(objects(folder)) == 1
    assert await jobs.delete_objects(clock(), BATCH) == 0
    assert await jobs.remove_orphans(clock(), BATCH) == 0, "it is written down already"
    clock.move(minutes=62)
    assert await jobs.delete_objects(clock(), BATCH) == 1
    assert objects(folder) == []
    assert await deletions(sql) == 0


async def test_objects_of_a_deleted_session_go(
    ann: Person, files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    for _ in range(3):
        await files.ready()
    await files.pending(IN_PARTS)
    await ann.delete(f"/api/sessions/{files.session_id}")
    assert await jobs.delete_objects(clock(), BATCH) == 4
    assert (objects(folder), arriving(folder)) == ([], [])
    await assert_counted(sql)


async def test_an_outage_of_the_store_loses_no_deletion(
    files: Files, app: FastAPI, line: Unpluggable, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    await files.deleted(await files.ready())
    jobs = over(line, app)
    line.plugged = False
    waits = []
    for attempt in range(1, 8):
        now = clock()
        with pytest.raises(StorageUnavailable):
            await jobs.delete_objects(now, BATCH)
        row = await sql.fetchrow("SELECT attempts, due_at - $1 AS wait FROM object_deletions", now)
        assert row is not None
        assert row["attempts"] == attempt
        waits.append(row["wait"].total_seconds())
        assert await jobs.delete_objects(clock(), BATCH) == 0, "before its time"
        clock.move(seconds=waits[-1])
    assert waits == [10, 20, 40, 80, 160, 300, 300]
    assert len(objects(folder)) == 1
    line.plugged = True
    assert await jobs.delete_objects(clock(), BATCH) == 1
    assert objects(folder) == []


async def test_a_store_behind_a_dead_address_loses_no_deletion(
    files: Files,
    app: FastAPI,
    jobs: AssetJobs,
    clock: MovableClock,
    sql: Sql,
    settings: Settings,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    await files.deleted(await files.ready())
    nowhere = settings.model_copy(update={"storage": "s3://bucket?endpoint=http://127.0.0.1:9"})
    dead = open_store(nowhere, KeyRing.parse(KEYS), clock, new_id)
    await dead.open()
    try:
        for job in (over(dead, app).delete_objects, over(dead, app).remove_orphans):
            with pytest.raises(StorageUnavailable):
                await job(clock(), BATCH)
    finally:
        await dead.close()
    assert await sql.fetchval("SELECT attempts FROM object_deletions") == 1
    clock.move(seconds=10)
    assert await jobs.delete_objects(clock(), BATCH) == 1
    assert objects(folder) == []


async def test_an_object_that_the_store_refuses_to_delete_does_not_keep_the_others(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    for _ in range(5):
        await files.deleted(await files.ready())
    stubborn = folder / "objects" / objects(folder)[2]
    stubborn.unlink()
    stubborn.mkdir()  # which is no file, so that it can't be unlinked
    assert await jobs.delete_objects(clock(), BATCH) == 5
    assert objects(folder) == []
    assert await sql.fetchval("SELECT count(*) FROM object_deletions WHERE attempts > 0") == 1


async def test_a_key_that_a_row_has_is_never_deleted(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    await files.ready()
    await sql.execute(
        "INSERT INTO object_deletions"
        " (owner_id, object_key, size, attempts, created_at, due_at, last_at)"
        " SELECT owner_id, object_key, size, 0, now(), now(), now() FROM assets"
    )
    clock.move(hours=2)
    assert await jobs.delete_objects(clock(), BATCH) == 0
    assert await jobs.remove_orphans(clock(), BATCH) == 0
    assert len(objects(folder)) == 1


async def test_objects_are_deleted_in_batches_and_by_two_at_once_without_harm(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    for _ in range(6):
        await files.deleted(await files.ready())
    clock.move(hours=2)
    assert await jobs.delete_objects(clock(), 2) == 2
    await asyncio.gather(*(jobs.delete_objects(clock(), BATCH) for _ in range(3)))
    assert (objects(folder), await deletions(sql)) == ([], 0)


# What is there without a row


async def test_an_object_without_a_row_is_removed_and_its_owner_told(
    files: Files, jobs: AssetJobs, store: ObjectStore, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    kept = await files.ready()
    await put(store, a_key(files.person.owner_id), b"0123456789")
    assert await jobs.remove_orphans(clock(), BATCH) == 1
    assert [kept in key for key in objects(folder)] == [True]
    (event,) = await events(sql, "asset.orphan_removed")
    assert event["actor"] == "system:clean-up"
    assert (event["owner_id"], event["tenant_id"]) == (files.person.owner_id, "default")
    assert event["data"]["size"] == 10
    assert await deletions(sql) == 0


async def test_an_object_of_somebody_unknown_is_removed_without_a_trail(
    jobs: AssetJobs, store: ObjectStore, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    await put(store, a_key(uuid4()))
    assert await jobs.remove_orphans(clock(), BATCH) == 1
    assert objects(folder) == []
    assert await events(sql, "asset.orphan_removed") == []


async def test_what_has_a_row_of_any_kind_is_left_alone(
    files: Files, jobs: AssetJobs, clock: MovableClock, folder: Path
) -> None:
    await files.ready()
    await files.pending()
    await files.pending(IN_PARTS)
    await files.deleted(await files.ready())
    before = objects(folder), arriving(folder)
    assert [len(names) for names in before] == [3, 1]
    assert await jobs.remove_orphans(clock(), BATCH) == 0
    assert (objects(folder), arriving(folder)) == before


async def test_a_thousand_orphans_go_in_one_walk_and_no_file_among_them(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    kept = [await files.ready() for _ in range(3)]
    for _ in range(1200):
        path = folder / "objects" / a_key(files.person.owner_id)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"left over")
    assert await jobs.remove_orphans(clock(), BATCH) == 1200
    assert len(objects(folder)) == len(kept)
    assert len(await events(sql, "asset.orphan_removed")) == 1200


async def test_two_walks_at_once_tell_of_each_orphan_once(
    files: Files, jobs: AssetJobs, store: ObjectStore, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    for _ in range(20):
        await put(store, a_key(files.person.owner_id))
    removed = await asyncio.gather(*(jobs.remove_orphans(clock(), BATCH) for _ in range(3)))
    assert sum(removed) == 20
    assert objects(folder) == []
    assert len(await events(sql, "asset.orphan_removed")) == 20


async def test_uploads_under_way_are_never_taken_for_orphans(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    done = asyncio.Event()

    async def walk() -> int:
        removed = 0
        while not done.is_set():
            removed += await jobs.remove_orphans(clock(), BATCH)
        return removed

    walking = asyncio.create_task(walk())
    for _ in range(5):
        await asyncio.gather(*(files.ready(content) for content in (b"a", b"b", b"c", IN_PARTS)))
        form = {"file": ("a.txt", b"in one call")}
        answer = await files.person.post(f"{files.path}/upload", files=form)
        assert answer.status_code == 201, answer.text
    done.set()
    assert await walking == 0
    assert len(objects(folder)) == len(await statuses(sql)) == 25


async def test_what_a_killed_process_left_half_written_goes_with_its_row(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    await files.announced()
    key = await sql.fetchval("SELECT object_key FROM assets")
    # As if it had been killed: nobody closes or discards it.
    draft = Draft(staged(folder / "staging", key, new_id().hex))
    draft.create()
    draft.add(b"hel")
    assert await jobs.remove_orphans(clock(), BATCH) == 0, "its client may be at it"
    clock.move(hours=2)
    await jobs.expire_uploads(clock(), BATCH)
    assert await jobs.remove_orphans(clock(), BATCH) == 1
    assert arriving(folder) == []


async def test_an_upload_in_parts_that_its_row_does_not_name_goes(
    files: Files, jobs: AssetJobs, clock: MovableClock, folder: Path
) -> None:
    await files.pending(IN_PARTS)
    (named,) = arriving(folder)
    other = f"{named.rpartition(',')[0]},{new_id().hex}"
    (folder / "staging" / other).mkdir()
    assert await jobs.remove_orphans(clock(), BATCH) == 1
    assert arriving(folder) == [named]


async def test_an_orphan_found_during_an_outage_goes_after_it(
    files: Files, app: FastAPI, line: Unpluggable, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    await put(line, a_key(files.person.owner_id))
    jobs = over(line, app)
    line.plugged = False
    with pytest.raises(StorageUnavailable):
        await jobs.remove_orphans(clock(), BATCH)
    line.plugged = True
    assert await jobs.remove_orphans(clock(), BATCH) == 1
    assert objects(folder) == []
    assert len(await events(sql, "asset.orphan_removed")) == 1


# What is not there, though a row says so


async def lose(sql: Sql, folder: Path, asset_id: str) -> Path:
    """Takes an object away, as an accident does; where it was."""
    key = str(await sql.fetchval("SELECT object_key FROM assets WHERE id = $1", asset_id))
    path = folder / "objects" / key
    path.rename(folder / asset_id)
    return path


async def test_a_file_whose_object_vanished_is_named_as_damaged(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    lost, kept = await files.ready(), await files.ready()
    await lose(sql, folder, lost)
    before = await files.person.sees(files.session_id)
    clock.move(hours=25)
    assert await jobs.find_lost(clock(), BATCH) == 2
    seen = await files.person.sees(files.session_id)
    assert seen["damaged"] == [{"part": f"assets/{lost}", "code": "object_missing"}]
    (summary,) = (await files.person.get("/api/sessions/")).json()["items"]
    assert summary["asset_count"] == len(seen["assets"]) == 1
    assert [asset["id"] for asset in seen["assets"]] == [kept]
    assert seen["version"] == before["version"] + 1
    assert seen["last_activity_at"] == before["last_activity_at"]
    (event,) = await events(sql, "asset.lost")
    assert event["actor"] == "system:clean-up"
    assert (event["owner_id"], event["data"]["asset_id"]) == (files.person.owner_id, lost)
    log = await sql.fetchrow("SELECT * FROM session_changes ORDER BY version DESC LIMIT 1")
    assert log is not None
    assert (log["kind"], str(log["entity_id"]), log["actor"]) == (
        ("asset.deleted", lost, "system:clean-up")
    )
    assert json.loads(log["data"]) == {"reason": "object_missing"}


async def test_a_file_that_is_found_again_comes_back(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    lost = await files.ready()
    before = await files.person.sees(files.session_id)
    place = await lose(sql, folder, lost)
    await jobs.find_lost(clock(), BATCH, unchecked_since=clock())
    place.parent.mkdir(parents=True, exist_ok=True)
    (folder / lost).rename(place)
    await jobs.find_lost(clock(), BATCH, unchecked_since=clock())
    seen = await files.person.sees(files.session_id)
    assert seen["assets"] == before["assets"]
    assert seen["damaged"] == []
    kinds = await sql.fetch("SELECT kind FROM session_changes ORDER BY version DESC LIMIT 2")
    assert [row["kind"] for row in kinds] == ["asset.created", "asset.deleted"]


async def test_each_file_is_looked_for_once_a_day_in_batches(
    files: Files, jobs: AssetJobs, clock: MovableClock
) -> None:
    for _ in range(5):
        await files.ready()
    clock.move(hours=23)
    assert await jobs.find_lost(clock(), BATCH) == 0
    clock.move(hours=2)
    assert [await jobs.find_lost(clock(), 2) for _ in range(4)] == [2, 2, 1, 0]
    clock.move(hours=23)
    assert await jobs.find_lost(clock(), BATCH) == 0


async def test_a_thorough_run_looks_for_each_file_once(
    files: Files, jobs: AssetJobs, clock: MovableClock
) -> None:
    for _ in range(5):
        await files.ready()
    begun = clock()
    found = [await jobs.find_lost(clock(), 2, unchecked_since=begun) for _ in range(4)]
    assert found == [2, 2, 1, 0]


async def test_a_lost_file_is_told_of_once(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    await lose(sql, folder, await files.ready())
    for _ in range(3):
        clock.move(hours=25)
        runs = (jobs.find_lost(clock(), BATCH) for _ in range(3))
        await asyncio.gather(*runs)
    assert len(await events(sql, "asset.lost")) == 1


async def test_out_of_reach_is_not_lost(
    files: Files, app: FastAPI, line: Unpluggable, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    for _ in range(12):
        await files.ready()
    await lose(sql, folder, await files.ready())
    before = await all_rows(sql)
    line.plugged = False
    clock.move(hours=25)
    with pytest.raises(StorageUnavailable):
        await over(line, app).find_lost(clock(), BATCH)
    assert await all_rows(sql) == before


async def test_a_file_that_is_deleted_while_it_is_looked_for_is_not_lost(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path, database_url: str
) -> None:
    lost = await files.ready()
    await lose(sql, folder, lost)
    async with Holder(database_url) as holder:
        await holder.does("SELECT FROM user_sessions FOR NO KEY UPDATE")
        looking = asyncio.create_task(jobs.find_lost(clock(), BATCH, unchecked_since=clock()))
        await waiting(sql, 1)
        await holder.does("DELETE FROM assets")
        await holder.commit()
        assert await looking == 1
    assert await events(sql, "asset.lost") == []


async def test_a_lost_file_can_be_deleted(
    files: Files, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    lost = await files.ready()
    await lose(sql, folder, lost)
    await jobs.find_lost(clock(), BATCH, unchecked_since=clock())
    await files.deleted(lost)
    assert await jobs.delete_objects(clock(), BATCH) == 1
    assert (await files.person.sees(files.session_id))["damaged"] == []
    await assert_counted(sql)


# Together


def a_runner(app: FastAPI, clock: MovableClock, jobs: AssetJobs) -> JobRunner:
    made = LifecycleJobs(
        app.state.database,
        SessionLifecycle(app.state.audit, clock),
        jobs,
        app.state.audit_sealing,
        app.state.devices,
        app.state.change_trimming,
        GuestRetention(app.state.database, app.state.audit),
        app.state.handoff,
        abandon_after=timedelta(hours=24),
        archive_after=timedelta(days=7),
        orphan_interval=app.state.settings.orphan_interval,
    )
    interval: timedelta = app.state.settings.job_interval
    return JobRunner(made.all, app.state.leases, clock, interval=interval)


async def minutes_until_gone(runner: JobRunner, clock: MovableClock, folder: Path) -> int:
    """Minutes, by the jobs' interval, until the store is empty."""
    for minute in range(1, 30):
        clock.move(minutes=1)
        await runner.run_once()
        if not objects(folder) and not arriving(folder):
            return minute
    return 30


@pytest.mark.parametrize("late_by_minutes", range(7))
async def test_an_orphan_is_gone_within_15_minutes_whenever_it_appears(
    files: Files,
    app: FastAPI,
    jobs: AssetJobs,
    store: ObjectStore,
    clock: MovableClock,
    folder: Path,
    late_by_minutes: int,
) -> None:
    runner = a_runner(app, clock, jobs)
    await runner.run_once()
    for _ in range(late_by_minutes):
        clock.move(minutes=1)
        await runner.run_once()
    key = a_key(files.person.owner_id)
    await put(store, key)
    draft = Draft(staged(folder / "staging", key, new_id().hex))
    draft.create()
    draft.add(b"hel")
    assert await minutes_until_gone(runner, clock, folder) <= 15


@pytest.mark.parametrize("content", [b"hello", IN_PARTS], ids=["whole", "in parts"])
async def test_an_upload_that_nobody_completed_is_gone_within_15_minutes_of_its_end(
    files: Files,
    app: FastAPI,
    jobs: AssetJobs,
    clock: MovableClock,
    sql: Sql,
    folder: Path,
    content: bytes,
) -> None:
    runner = a_runner(app, clock, jobs)
    await files.pending(content)
    await runner.run_once()
    clock.move(minutes=59, seconds=30)
    await runner.run_once()
    assert objects(folder) or arriving(folder)
    assert await minutes_until_gone(runner, clock, folder) <= 15
    clock.move(minutes=2)
    await runner.run_once()
    assert (await statuses(sql), await deletions(sql)) == ([], 0)
    await assert_counted(sql)


async def test_an_outage_holds_up_no_other_job_and_is_made_up_for_within_15_minutes(
    files: Files, app: FastAPI, line: Unpluggable, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    runner = a_runner(app, clock, over(line, app))
    await files.pending()
    await put(line, a_key(files.person.owner_id))
    line.plugged = False
    clock.move(hours=25)
    for _ in range(20):
        clock.move(minutes=1)
        await runner.run_once()
    assert await sql.fetchval("SELECT status FROM user_sessions") == "abandoned"
    assert await statuses(sql) == []
    assert len(objects(folder)) == 2
    line.plugged = True
    assert await minutes_until_gone(runner, clock, folder) <= 15


async def test_a_process_killed_after_each_step_leaves_the_rest_to_the_next(
    files: Files, app: FastAPI, line: Unpluggable, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    class Killed(BaseException):
        pass

    class Dying(Unpluggable):
        async def delete(self, keys: Collection[str]) -> None:
            await super().delete(keys)
            raise Killed

    dying = Dying(folder, line.tickets, new_id)
    await dying.open()
    await files.pending()
    await put(line, a_key(files.person.owner_id))
    clock.move(hours=2)
    await over(dying, app).expire_uploads(clock(), BATCH)
    for job in (over(dying, app).delete_objects, over(dying, app).remove_orphans):
        with pytest.raises(Killed):
            await job(clock(), BATCH)
    await dying.close()
    assert await deletions(sql) == 2, "what was not settled is not forgotten"
    assert await over(line, app).delete_objects(clock(), BATCH) == 2
    assert (objects(folder), await deletions(sql)) == ([], 0)
    assert len(await events(sql, "asset.orphan_removed")) == 1


async def test_files_of_others_are_not_touched_by_what_happens_to_mine(
    files: Files, bob: Person, jobs: AssetJobs, clock: MovableClock, sql: Sql, folder: Path
) -> None:
    bobs = await files_of(bob)
    content = b"bob's own"
    kept = await bobs.ready(content)
    await files.deleted(await files.ready())
    await files.pending()
    clock.move(hours=2)
    await jobs.expire_uploads(clock(), BATCH)
    await jobs.delete_objects(clock(), BATCH)
    await jobs.remove_orphans(clock(), BATCH)
    (key,) = objects(folder)
    assert kept in key
    stored = (folder / "objects" / key).read_bytes()
    assert hashlib.sha256(stored).digest() == hashlib.sha256(content).digest()


async def test_a_row_made_by_hand_without_any_object_is_lost_and_nothing_else(
    ann: Person, jobs: AssetJobs, clock: MovableClock, sql: Sql
) -> None:
    session = await ann.has_session()
    asset_id = await has_asset(sql, ann, {"session_id": session["id"]})
    clock.move(hours=25)
    assert await jobs.find_lost(clock(), BATCH) == 1
    seen = await ann.sees(session["id"])
    assert [part["part"] for part in seen["damaged"]] == [f"assets/{asset_id}"]


async def test_a_wrong_database_takes_nothing_for_an_orphan_and_no_file_for_lost(
    files: Files, jobs: AssetJobs, app: FastAPI, sql: Sql, clock: MovableClock
) -> None:
    asset_id = await files.ready()
    assert await jobs.remove_orphans(clock(), BATCH) == 0  # which marks the store
    mark = await sql.fetchval("SELECT id FROM installation")
    await sql.execute("UPDATE installation SET id = $1", uuid4())
    # As to a new database that was given an old store: no row knows of the file.
    await sql.execute("UPDATE assets SET object_key = object_key || '0'")

    with pytest.raises(ForeignStore, match="another database"):
        await jobs.remove_orphans(clock(), BATCH)
    with pytest.raises(ForeignStore):
        await jobs.find_lost(clock(), BATCH, unchecked_since=clock())
    await sql.execute("UPDATE installation SET id = $1", mark)
    await sql.execute("UPDATE assets SET object_key = left(object_key, -1)")

    assert await jobs.remove_orphans(clock(), BATCH) == 0
    content = await files.person.get(f"{files.path}/{asset_id}/content", follow_redirects=True)
    assert content.content == b"hello"

    await sql.execute("UPDATE installation SET id = $1", uuid4())
    await jobs.adopt_store()
    assert await jobs.remove_orphans(clock(), BATCH) == 0
