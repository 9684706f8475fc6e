"""Merges beside all else: writers, other merges, jobs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI

from session_api.app import create_app
from session_api.settings import Settings
from tests.support.assets import is_announced, uploaded
from tests.support.busy import busy, lacks
from tests.support.guests import Guest, left_with, merges, moved_whole
from tests.support.people import MovableClock, Person, new_id
from tests.support.races import Holder
from tests.support.workspace import Sql, has_workspace

MERGES = 50


@pytest.fixture
async def elsewhere(settings: Settings, clock: MovableClock) -> AsyncIterator[FastAPI]:
    """A replica that hears of revocations late: here never."""
    made = create_app(settings, clock=clock)
    await made.state.object_store.open()
    yield made
    await made.state.object_store.close()
    await made.state.database.close()


async def test_of_fifty_merges_at_once_exactly_one_moves(
    guest: Guest, ann: Person, bob: Person, app: FastAPI, sql: Sql
) -> None:
    ids = await has_workspace(guest)
    accounts = [ann, bob] * (MERGES // 2)
    answers = await asyncio.gather(*(merges(account, guest) for account in accounts))
    told = [(answer.status_code, answer.text if answer.is_success else "") for answer in answers]
    winner, loser = (ann, bob) if told[0][0] == 200 else (bob, ann)
    assert {answer for answer, account in zip(told, accounts, strict=True) if account is loser} == {
        (409, "")
    }
    (same,) = {answer for answer, account in zip(told, accounts, strict=True) if account is winner}
    assert ids["session_id"] in same[1]
    assert (await winner.sees(ids["session_id"]))["user_id"] == winner.name
    assert (await loser.get(f"/api/sessions/{ids['session_id']}")).status_code == 404
    events = await sql.fetch("SELECT owner_id FROM audit_events WHERE event = 'guest.merged'")
    assert {row["owner_id"] for row in events} == {winner.owner_id, guest.owner_id}
    assert len(events) == 2
    assert await moved_whole(app, sql, guest) == []


@pytest.mark.parametrize("round_number", range(3))
async def test_a_merge_under_fire_loses_nothing_and_leaves_nothing(
    guest: Guest,
    ann: Person,
    app: FastAPI,
    elsewhere: FastAPI,
    sql: Sql,
    round_number: int,
) -> None:
    async with AsyncExitStack() as stack:
        lines = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(replica),
                    base_url="http://test",
                    headers={"Authorization": f"Bearer {guest.token}"},
                )
            )
            for replica in (app, elsewhere)
        ]
        async with busy(lines, after=30 + 60 * round_number) as writing:
            merged = await merges(ann, guest)
            assert merged.status_code == 200, merged.text
        assert writing.refused > 0
        assert await lacks(ann.http, writing) == []
        assert merged.json()["sessions"] == sorted(writing.sessions)
        assert writing.missions <= set(merged.json()["missions"])
    assert await left_with(sql, guest.owner_id) == {}
    # What was cut off in the middle of its upload is pending, and goes as such uploads do.
    app.state.clock.move(hours=2)
    await app.state.asset_jobs.expire_uploads(app.state.clock(), 100)
    await app.state.asset_jobs.delete_objects(app.state.clock(), 100)
    assert await moved_whole(app, sql, guest) == []
    assert await lacks(ann.http, writing) == []


async def test_who_waits_for_a_merge_finds_nothing_and_is_told_so(
    guest: Guest, ann: Person, database_url: str, sql: Sql
) -> None:
    """The merge is held in its middle, when the guest's rows are locked already."""
    ids = await has_workspace(guest)
    asset = await uploaded(guest, ids["session_id"])
    path = f"/api/sessions/{ids['session_id']}"
    async with Holder(database_url) as holder:
        await holder.does("SELECT FROM assets WHERE id = $1 FOR UPDATE", asset["id"])
        merging = await holder.held_up(merges(ann, guest))
        writes = [
            asyncio.create_task(each)
            for each in (
                guest.says(ids["session_id"]),
                guest.post("/api/sessions/", json={"id": new_id()}),
                guest.post("/api/missions/", json={"name": "x"}),
                guest.put(path, json={"name": "x"}),
            )
        ]
        done, _ = await asyncio.wait(writes, timeout=0.3)
        assert done == set()
        await holder.commit()
        assert (await merging).status_code == 200
        (_, *answers) = await asyncio.gather(*writes, return_exceptions=True)
    told = [answer.status_code for answer in answers if isinstance(answer, httpx.Response)]
    assert told == [401, 401, 404]
    assert (await ann.sees(ids["session_id"]))["name"] is None
    assert await left_with(sql, guest.owner_id) == {}


@pytest.mark.parametrize(
    "job", ["abandon", "archive", "expire_uploads", "delete_objects", "erase_guests", "find_lost"]
)
async def test_a_job_that_runs_beside_a_merge_takes_nothing_of_it(
    guest: Guest, ann: Person, app: FastAPI, clock: MovableClock, sql: Sql, job: str
) -> None:
    ids = await has_workspace(guest)
    kept = await uploaded(guest, ids["session_id"])
    for _ in range(20):
        session = await guest.has_session()
        await is_announced(guest, session["id"])
        gone = await uploaded(guest, session["id"])
        await guest.delete(f"/api/sessions/{session['id']}/assets/{gone['id']}")
    clock.move(days=29)
    (run,) = (each.run for each in app.state.jobs.all if each.name == job)
    merged, *_ = await asyncio.gather(merges(ann, guest), *(run(clock(), 5) for _ in range(4)))
    assert merged.status_code == 200, merged.text
    assert len(merged.json()["sessions"]) == 21
    assert (await ann.sees(ids["session_id"]))["assets"][0]["id"] == kept["id"]
    assert await left_with(sql, guest.owner_id) == {}
    for again in app.state.jobs.of_files():
        await again.run(clock(), 100)
    assert await moved_whole(app, sql, guest) == []


async def test_an_account_that_makes_the_same_id_meanwhile_is_never_overwritten(
    guest: Guest, ann: Person, app: FastAPI, sql: Sql
) -> None:
    for _ in range(10):
        same = new_id()
        await guest.has_session(id=same, name="the guest's")
        made, merged = await asyncio.gather(
            ann.post("/api/sessions/", json={"id": same, "name": "the account's"}),
            merges(ann, guest),
        )
        seen = await ann.sees(same)
        if merged.status_code == 200:
            # The guest's was there first: what the account sent is another request.
            assert (made.status_code, seen["name"]) == (409, "the guest's")
            break
        assert (merged.status_code, made.status_code) == (409, 201)
        assert seen["name"] == "the account's"
        assert (await guest.sees(same))["name"] == "the guest's"
        await ann.delete(f"/api/sessions/{same}")
