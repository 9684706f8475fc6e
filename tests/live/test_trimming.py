"""Trimming the log: by age and by number, a little at a time, and 410 exactly where it matters."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from session_api.live.changes import ChangeTrimming
from session_api.live.changes.repository import TrimRepository
from tests.support.cached import CachedWorkspace, comparable_tree
from tests.support.chats import batch, grow, is_writing, send, version_of
from tests.support.people import MovableClock, Person
from tests.support.workspace import Sql, all_rows, has_workspace

MONTH = timedelta(days=30)


def _trimming(app: FastAPI, *, kept: int = 10_000) -> ChangeTrimming:
    return ChangeTrimming(app.state.database, kept_for=MONTH, kept=kept)


async def _since(person: Person, session_id: str, version: int) -> httpx.Response:
    return await person.get(
        f"/api/sessions/{session_id}/changes", params={"since": version, "limit": 1000}
    )


async def _versions(sql: Sql, session_id: str) -> list[int]:
    rows = await sql.fetch(
        "SELECT version FROM session_changes WHERE session_id = $1 ORDER BY 1", UUID(session_id)
    )
    return [row[0] for row in rows]


async def _is_honest(person: Person, sql: Sql, session_id: str, gone: set[int]) -> None:
    """Every version can be asked for, or not, as it should."""
    kept = await _versions(sql, session_id)
    present = await version_of(person, session_id)
    for version in range(present + 1):
        answer = await _since(person, session_id, version)
        if any(each > version for each in gone):
            assert answer.status_code == 410
            problem = answer.json()
            assert problem["code"] == "changes_gone"
            assert (problem["oldest_version"], problem["version"]) == (max(gone), present)
        else:
            assert answer.status_code == 200
            told = [change["version"] for change in answer.json()["changes"]]
            assert told == [each for each in kept if each > version]


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
async def test_what_is_too_old_goes_and_only_that(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql, batch_size: int
) -> None:
    session = await ann.has_session()
    await send(ann, session["id"], batch("a", "b"))
    clock.move(days=20)
    await send(ann, session["id"], batch("c", "d"))
    clock.move(days=9)
    assert await _trimming(app).trim_changes(clock(), batch_size) == 0
    clock.move(days=2)
    assert await _trimming(app).trim_changes(clock(), batch_size) == 3
    assert await _versions(sql, session["id"]) == [4, 5]
    await _is_honest(ann, sql, session["id"], {1, 2, 3})
    assert await _trimming(app).trim_changes(clock(), batch_size) == 0


@pytest.mark.parametrize("batch_size", [1, 2, 100])
async def test_what_is_too_many_goes_the_oldest_first(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql, batch_size: int
) -> None:
    session = await ann.has_session()
    path = await is_writing(ann, session["id"])
    for offset in range(8):  # versions that are no rows
        await grow(ann, path, offset, "x")
    await send(ann, session["id"], batch("a", "b", "c"))
    assert await _versions(sql, session["id"]) == [1, 10, 11, 12, 13]
    assert await _trimming(app, kept=5).trim_changes(clock(), batch_size) == 0
    assert await _trimming(app, kept=3).trim_changes(clock(), batch_size) == 2
    await _is_honest(ann, sql, session["id"], {1, 10})
    await grow(ann, path, 8, "y")
    assert await _trimming(app, kept=3).trim_changes(clock(), batch_size) == 1
    await _is_honest(ann, sql, session["id"], {1, 10, 11})


async def test_a_log_that_is_all_gone_still_serves_who_is_up_to_date(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    ids = await has_workspace(ann)
    cached = CachedWorkspace(ann, ids["session_id"])
    await cached.reload()
    clock.move(days=31)
    assert await _trimming(app).trim_changes(clock(), 100) == 3
    await _is_honest(ann, sql, ids["session_id"], {1, 2, 3})
    assert await cached.catch_up() == []
    await ann.says(ids["session_id"])
    assert await cached.catch_up() == [4]
    assert cached.comparable == await comparable_tree(ann, ids["session_id"])


async def test_a_clock_that_went_back_leaves_no_hole(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    session = await ann.has_session()
    clock.move(days=20)
    await ann.says(session["id"])
    clock.move(days=-20)
    await ann.says(session["id"])
    clock.move(days=31)
    assert await _trimming(app).trim_changes(clock(), 100) == 1
    await _is_honest(ann, sql, session["id"], {1})
    assert await _versions(sql, session["id"]) == [2, 3]


async def test_trimming_touches_nothing_else(
    ann: Person, bob: Person, app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    for person in (ann, bob):
        await has_workspace(person)
    before = await all_rows(sql)
    told = "SELECT version, updated_at, last_activity_at FROM user_sessions ORDER BY owner_id"
    tree = await sql.fetch(told)
    clock.move(days=31)
    assert await _trimming(app).trim_changes(clock(), 100) == 6
    after = await all_rows(sql)
    changed = {table for table in before if before[table] != after[table]}
    assert changed == {"session_changes", "user_sessions"}
    assert after["session_changes"] == []
    assert tree == await sql.fetch(told)


async def test_all_sessions_are_gone_through_page_by_page(
    ann: Person, app: FastAPI, clock: MovableClock
) -> None:
    made = {UUID((await ann.has_session())["id"]) for _ in range(5)}
    clock.move(days=31)
    found: list[tuple[UUID, UUID]] = []
    place: tuple[UUID, UUID] | None = (UUID(int=0), UUID(int=0))
    pages = 0
    async with app.state.database.transaction() as connection:
        while place is not None:
            looked = await TrimRepository(connection).look(
                place, kept_since=clock() - MONTH, kept=10, limit=2
            )
            found += looked.due
            place, pages = looked.last, pages + 1
    assert (sorted(found), pages) == (sorted((ann.owner_id, each) for each in made), 4)


async def test_a_session_that_is_being_written_to_is_left_for_the_next_time(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    busy, idle = await ann.has_session(), await ann.has_session()
    clock.move(days=31)
    async with sql.transaction():
        await sql.execute(
            "SELECT FROM user_sessions WHERE id = $1 FOR NO KEY UPDATE", UUID(busy["id"])
        )
        async with asyncio.timeout(3):
            assert await _trimming(app).trim_changes(clock(), 100) == 1
    assert await _versions(sql, idle["id"]) == []
    assert await _trimming(app).trim_changes(clock(), 100) == 1


async def test_readers_and_writers_go_on_while_a_log_is_trimmed(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    ids = await has_workspace(ann)
    session, path = ids["session_id"], f"/api/sessions/{ids['session_id']}/messages"
    cached = CachedWorkspace(ann, session)
    await cached.reload()

    async def write() -> None:
        for number in range(25):
            await grow(ann, f"{path}/{ids['message_id']}", number, "x")
            await send(ann, session, batch("a", "b"))

    async def trim() -> None:
        while not writing.done():
            await _trimming(app, kept=5).trim_changes(clock(), 2)
            await asyncio.sleep(0)

    writing = asyncio.create_task(write())
    trimming = asyncio.create_task(trim())
    while not writing.done():
        await cached.catch_up(limit=2, pages=3)
    await asyncio.gather(writing, trimming)
    await cached.catch_up()
    assert cached.comparable == await comparable_tree(ann, session)
    await _trimming(app, kept=5).trim_changes(clock(), 100)
    assert len(await _versions(sql, session)) == 5


async def test_the_job_is_one_of_the_services_jobs(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    session = await ann.has_session()
    await ann.post(f"/api/sessions/{session['id']}/complete")
    clock.move(days=31)
    (job,) = [job for job in app.state.jobs.all if job.name == "trim_changes"]
    assert job.every == timedelta(hours=1)
    assert await job.run(clock(), 100) == 2
    assert "trim_changes" in [job.name for job in app.state.jobs.thorough(clock())]


async def test_a_trim_cut_off_leaves_every_log_whole_from_some_version_on(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    session = await ann.has_session()
    await send(ann, session["id"], batch(*"abcdefgh"))
    clock.move(days=31)
    # As if the process had been killed between two batches, and in the middle of the third.
    await sql.execute(
        """
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'cut off'; END $$;
        CREATE TRIGGER cut BEFORE DELETE ON session_changes FOR EACH ROW WHEN (OLD.version = 6)
        EXECUTE FUNCTION fail()
        """
    )
    with pytest.raises(Exception, match="cut off"):
        await _trimming(app).trim_changes(clock(), 2)
    await _is_honest(ann, sql, session["id"], {1, 2, 3, 4})
    assert await _versions(sql, session["id"]) == [5, 6, 7, 8, 9]
