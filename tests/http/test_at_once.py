"""What is written in one statement waits for the writer before it, and finds what that one left.

The bug it prevents: the statement began before the other was done, so all that it sees but the row
it waited for is as it was then.
"""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from tests.support.answers import refusal
from tests.support.assets import announce, rows_of
from tests.support.chats import version_of
from tests.support.people import Person, new_id
from tests.support.races import Holder
from tests.support.workspace import Sql

HOLD = "SELECT FROM user_sessions WHERE id = $1 FOR UPDATE"
ARCHIVE = "UPDATE user_sessions SET status = 'archived', archived_at = now() WHERE id = $1"
TAKE_TURN = (
    "UPDATE user_sessions SET turn_number = 1, turn_version = 1, turn_seq = 0, turn_id = id,"
    " turn_user_id = 'bob', turn_expires_at = now() + interval '1 minute' WHERE id = $1"
)
RENAME = (
    "UPDATE user_sessions SET name = 'theirs', version = version + 1, fields_version = version + 1"
    " WHERE id = $1"
)
AGENTS = {"role": "assistant", "content": "hello"}
SAVES = [
    pytest.param("PUT", id="replaced"),
    pytest.param("PATCH", id="merged"),
]


async def _messages(person: Person, session_id: str) -> list[dict[str, Any]]:
    page = await person.get(f"/api/sessions/{session_id}/messages")
    return list(page.json()["items"])


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [(ARCHIVE, "session_not_active"), (TAKE_TURN, "turn_in_progress")],
    ids=["archived", "a turn taken"],
)
async def test_an_append_that_waited_is_refused_by_what_it_finds(
    ann: Person, database_url: str, meanwhile: str, code: str
) -> None:
    session_id = (await ann.has_session())["id"]
    async with Holder(database_url) as holder:
        await holder.does(meanwhile, session_id)
        path = f"/api/sessions/{session_id}/messages"
        task = await holder.held_up(ann.post(path, json=AGENTS))
        assert not task.done()
        await holder.commit()
        assert refusal(await task) == (409, code)
    assert await _messages(ann, session_id) == []


@pytest.mark.parametrize(("other", "status"), [("hello", 200), ("something else", 409)])
async def test_of_two_appends_with_one_id_the_second_is_a_repeat_or_a_conflict(
    ann: Person, database_url: str, other: str, status: int
) -> None:
    session_id = (await ann.has_session())["id"]
    message = {"id": new_id(), "role": "user", "content": "hello"}
    path = f"/api/sessions/{session_id}/messages"
    async with Holder(database_url) as holder:
        await holder.does(HOLD, session_id)
        first = await holder.held_up(ann.post(path, json=message))
        second = asyncio.create_task(ann.post(path, json={**message, "content": other}))
        await asyncio.sleep(0.05)  # it waits behind the first, which can't be told apart
        assert not first.done()
        assert not second.done()
        await holder.commit()
        answers = await asyncio.gather(first, second)
    assert sorted(answer.status_code for answer in answers) == sorted([201, status])
    assert len(await _messages(ann, session_id)) == 1
    assert await version_of(ann, session_id) == 2


async def test_appends_that_waited_together_follow_one_another(
    ann: Person, database_url: str
) -> None:
    session_id = (await ann.has_session())["id"]
    path = f"/api/sessions/{session_id}/messages"
    batch = {"messages": [AGENTS, AGENTS]}
    async with Holder(database_url) as holder:
        await holder.does(HOLD, session_id)
        tasks = [await holder.held_up(ann.post(path, json=batch)) for _ in range(3)]
        await holder.commit()
        answers = await asyncio.gather(*tasks)
    assert sorted(answer.json()["version"] for answer in answers) == [3, 5, 7]
    assert [message["seq"] for message in await _messages(ann, session_id)] == [*range(1, 7)]


@pytest.mark.parametrize("method", SAVES)
async def test_an_autosave_that_waited_keeps_what_the_other_saved(
    ann: Person, sql: Sql, database_url: str, method: str
) -> None:
    session = await ann.has_session(name="ours")
    path = f"/api/sessions/{session['id']}"
    async with Holder(database_url) as holder:
        await holder.does(RENAME, session["id"])
        body = {"session_metadata": {"scroll": 3}}
        task = await holder.held_up(ann.request(method, path, json=body))
        assert not task.done()
        await holder.commit()
        saved = (await task).json()
    assert (saved["name"], saved["session_metadata"]) == ("theirs", {"scroll": 3})
    assert saved["version"] == session["version"] + 2
    kinds = await sql.fetch(
        "SELECT version FROM session_changes WHERE session_id = $1 AND kind = 'session.updated'",
        session["id"],
    )
    assert [row["version"] for row in kinds] == [saved["version"]]


@pytest.mark.parametrize("method", SAVES)
async def test_an_autosave_that_waited_is_refused_where_its_view_is_stale(
    ann: Person, database_url: str, method: str
) -> None:
    session = await ann.has_session(name="ours")
    path = f"/api/sessions/{session['id']}"
    async with Holder(database_url) as holder:
        await holder.does(RENAME, session["id"])
        seen = {"If-Match": f'"{session["version"]}"'}
        task = await holder.held_up(ann.request(method, path, json={"name": "mine"}, headers=seen))
        await holder.commit()
        assert refusal(await task) == (412, "version_mismatch")
    assert (await ann.sees(session["id"]))["name"] == "theirs"


async def test_an_announcement_that_waited_is_refused_by_what_it_finds(
    ann: Person, sql: Sql, database_url: str
) -> None:
    session_id = (await ann.has_session())["id"]
    async with Holder(database_url) as holder:
        await holder.does(ARCHIVE, session_id)
        task = await holder.held_up(announce(ann, session_id))
        assert not task.done()
        await holder.commit()
        assert refusal(await task) == (409, "session_not_active")
    assert await rows_of(sql) == 0


@pytest.mark.parametrize(("size", "status"), [(11, 200), (12, 409)])
async def test_of_two_announcements_with_one_id_the_second_is_a_repeat_or_a_conflict(
    ann: Person, sql: Sql, database_url: str, size: int, status: int
) -> None:
    session_id, asset_id = (await ann.has_session())["id"], new_id()
    async with Holder(database_url) as holder:
        await holder.does(HOLD, session_id)
        first = await holder.held_up(announce(ann, session_id, id=asset_id))
        second = asyncio.create_task(announce(ann, session_id, id=asset_id, size=size))
        await asyncio.sleep(0.05)  # it waits behind the first, which can't be told apart
        assert not first.done()
        assert not second.done()
        await holder.commit()
        answers = await asyncio.gather(first, second)
    assert sorted(answer.status_code for answer in answers) == sorted([201, status])
    assert await rows_of(sql) == 1


async def test_an_announcement_that_waited_for_an_autosave_is_made(
    ann: Person, sql: Sql, database_url: str
) -> None:
    session_id = (await ann.has_session())["id"]
    async with Holder(database_url) as holder:
        await holder.does(RENAME, session_id)
        task = await holder.held_up(announce(ann, session_id))
        await holder.commit()
        assert (await task).status_code == 201
    assert await rows_of(sql) == 1
    assert (await ann.sees(session_id))["name"] == "theirs"


@pytest.mark.parametrize("what", ["append", "autosave", "announcement"])
async def test_a_write_that_is_given_up_while_it_waits_is_never_done(
    ann: Person, sql: Sql, database_url: str, what: str
) -> None:
    session_id = (await ann.has_session())["id"]
    path = f"/api/sessions/{session_id}"
    requests = {
        "append": lambda: ann.post(f"{path}/messages", json=AGENTS),
        "autosave": lambda: ann.put(path, json={"name": "late"}),
        "announcement": lambda: announce(ann, session_id),
    }
    async with Holder(database_url) as holder:
        await holder.does(HOLD, session_id)
        task = await holder.held_up(requests[what]())
        task.cancel()
        with suppress(asyncio.CancelledError):
            assert (await task).status_code == 503
        assert not await holder.waited_for()  # nobody is left who would do it after all
        await holder.commit()
    assert await version_of(ann, session_id) == 1
    assert await rows_of(sql) == 0
