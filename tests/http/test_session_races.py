"""A session that somebody changes between two looks at it: nobody is told what no longer holds."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from session_api.settings import Settings
from tests.support.answers import refusal
from tests.support.people import MovableClock, Person, new_id
from tests.support.races import Holder
from tests.support.settings import patient_settings
from tests.support.workspace import Sql

PAIRS = 50

ABANDON = "UPDATE user_sessions SET status = 'abandoned', abandoned_at = now() WHERE id = $1"
ARCHIVE = "UPDATE user_sessions SET status = 'archived', archived_at = now() WHERE id = $1"
LOCK_PEOPLE = "SELECT FROM users FOR NO KEY UPDATE"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return patient_settings(database_url)


async def _abandoned(person: Person, clock: MovableClock, app: FastAPI) -> str:
    session = await person.has_session()
    clock.move(hours=25)
    await app.state.jobs.abandon(clock())
    return str(session["id"])


async def _recover(person: Person, **body: Any) -> httpx.Response:
    return await person.post("/api/sessions/recover", json=body)


async def _touch(person: Person, session_id: str) -> httpx.Response:
    return await person.post(f"/api/sessions/{session_id}/activity")


# Erased between two looks


@pytest.mark.parametrize("what", ["sessions", "missions"])
async def test_a_repeated_create_that_races_a_delete_is_one_or_the_other(
    ann: Person, what: str
) -> None:
    body = {"id": new_id(), "name": "Lisbon"}
    calls = [
        call
        for _ in range(PAIRS)
        for call in (
            ann.post(f"/api/{what}/", json=body),
            ann.delete(f"/api/{what}/{body['id']}"),
        )
    ]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers[::2]} <= {200, 201}
    assert {answer.status_code for answer in answers[1::2]} <= {204, 404}


async def test_recovery_restores_no_session_that_leaves_active_meanwhile(
    ann: Person, database_url: str
) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    await ann.post(f"{path}/complete")
    async with Holder(database_url) as another, Holder(database_url) as archiving:
        await another.does(LOCK_PEOPLE)
        recovering = await another.held_up(_recover(ann))  # it saw no active session
        await ann.post(f"{path}/resume")
        await archiving.does(ARCHIVE, session["id"])
        await another.commit()
        await archiving.held_up(recovering)
        await archiving.commit()
        answer = await recovering
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created")
    assert answer.json()["session"]["id"] != session["id"]


# Archived while one comes back


async def test_activity_brings_nothing_back_that_is_archived_meanwhile(
    ann: Person, app: FastAPI, clock: MovableClock, database_url: str
) -> None:
    session_id = await _abandoned(ann, clock, app)
    async with Holder(database_url) as archiving:
        await archiving.does(ARCHIVE, session_id)
        touching = await archiving.held_up(_touch(ann, session_id))
        await archiving.commit()
        assert refusal(await touching) == (409, "session_not_active")
    assert (await ann.sees(session_id))["status"] == "archived"


async def test_recovery_brings_nothing_back_that_is_archived_meanwhile(
    ann: Person, app: FastAPI, clock: MovableClock, database_url: str
) -> None:
    session_id = await _abandoned(ann, clock, app)
    async with Holder(database_url) as archiving:
        await archiving.does(ARCHIVE, session_id)
        recovering = await archiving.held_up(_recover(ann, session_id=session_id))
        await archiving.commit()
        shown = (await recovering).json()
    assert (shown["outcome"], shown["reset"]) == ("created", {"reason": "archived"})
    assert (await ann.sees(session_id))["status"] == "archived"


# Abandoned, or used, while one is there


async def test_activity_that_waits_for_the_abandoning_resumes_the_session(
    ann: Person, clock: MovableClock, database_url: str
) -> None:
    session_id = (await ann.has_session())["id"]
    clock.move(hours=25)
    async with Holder(database_url) as abandoning:
        await abandoning.does(ABANDON, session_id)
        touching = await abandoning.held_up(_touch(ann, session_id))
        await abandoning.commit()
        assert (await touching).status_code == 204
    assert (await ann.sees(session_id))["status"] == "active"


async def test_activity_that_waits_for_the_erasing_is_not_acknowledged(
    ann: Person, clock: MovableClock, database_url: str
) -> None:
    session_id = (await ann.has_session())["id"]
    clock.move(hours=1)
    async with Holder(database_url) as erasing:
        await erasing.does("DELETE FROM user_sessions WHERE id = $1", session_id)
        touching = await erasing.held_up(_touch(ann, session_id))
        await erasing.commit()
        assert refusal(await touching) == (404, "session_not_found")


async def test_activity_that_waits_for_a_write_leaves_the_later_time(
    ann: Person, clock: MovableClock, database_url: str, sql: Sql
) -> None:
    session_id = (await ann.has_session())["id"]
    clock.move(hours=1)
    written_at = clock()
    async with Holder(database_url) as writing:
        later = "UPDATE user_sessions SET last_activity_at = $2 WHERE id = $1"
        await writing.does(later, session_id, written_at)
        touching = await writing.held_up(_touch(ann, session_id))
        await writing.commit()
        assert (await touching).status_code == 204
    assert await sql.fetchval("SELECT last_activity_at FROM user_sessions") == written_at
