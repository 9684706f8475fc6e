"""What a transaction tells of the sessions that it moved, and when."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from session_api.database.commits import GONE, Moved, SessionKey
from session_api.database.engine import Database
from session_api.problems import DatabaseUnavailable
from session_api.settings import Settings
from session_api.sync import Change, Journal
from tests.faults.lines import line_to
from tests.support.chats import version_of
from tests.support.guests import becomes_guest, merges
from tests.support.people import Person, new_id
from tests.support.settings import test_settings
from tests.support.statements import statements_of


@pytest.fixture
def told(app: FastAPI) -> Iterator[list[Moved]]:
    """What the app's database told, in its order."""
    heard: list[Moved] = []
    database: Database = app.state.database
    own = database.committed
    database.committed = heard.append
    yield heard
    database.committed = own


def _key(person: Person, session_id: str) -> SessionKey:
    return person.owner_id, UUID(session_id)


async def test_each_change_is_told_once_with_its_version(ann: Person, told: list[Moved]) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    message = await ann.says(session["id"], "", role="assistant", status="in_progress")
    for offset in range(2):
        await ann.post(
            f"{path}/messages/{message['id']}/append", json={"offset": offset, "text": "x"}
        )
    await ann.post(f"{path}/messages", json={"messages": [{"role": "user", "content": "x"}] * 3})
    await ann.patch(path, json={"name": "new"})
    await ann.post(f"{path}/complete")
    version = await version_of(ann, session["id"])
    await ann.delete(path)
    key = _key(ann, session["id"])
    versions = [moved[key] for moved in told]
    assert versions == [1, 2, 3, 4, 7, 8, version, GONE]
    assert all(moved.keys() == {key} for moved in told)


async def test_what_changes_nothing_tells_nobody(ann: Person, told: list[Moved]) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    message = {"id": new_id(), "role": "user", "content": "once"}
    await ann.post(f"{path}/messages", json=message)
    told.clear()
    assert (await ann.post(f"{path}/messages", json=message)).status_code == 200
    assert (await ann.post(f"{path}/activity")).status_code == 204
    assert (await ann.get(path)).status_code == 200
    stale = await ann.patch(path, json={"name": "x"}, headers={"If-Match": '"99"'})
    assert stale.status_code == 412
    assert told == []


async def _move(database: Database, key: SessionKey, *, give_up: bool = False) -> None:
    """A transaction that moves a session."""
    async with database.transaction() as connection:
        journal = Journal(connection, key[0])
        locked = await journal.lock(key[1])
        change = Change("session.updated", key[1])
        await journal.advance(locked, [change], at=datetime.now(UTC), actor="ann")
        if give_up:
            raise LookupError


async def test_a_rollback_tells_nobody_and_leaves_nothing_for_the_next(
    ann: Person, app: FastAPI, told: list[Moved]
) -> None:
    session = await ann.has_session()
    database: Database = app.state.database
    told.clear()
    with suppress(LookupError):
        await _move(database, _key(ann, session["id"]), give_up=True)
    async with database.transaction() as connection:
        await connection.exec_driver_sql("SELECT 1")
    assert told == []
    assert await version_of(ann, session["id"]) == 1


async def test_a_commit_whose_answer_is_lost_is_told(ann: Person, settings: Settings) -> None:
    session = await ann.has_session()
    assert settings.database_url is not None
    heard: list[Moved] = []
    async with line_to(settings.database_url.get_secret_value()) as line:
        database = Database(test_settings(line.url))
        database.committed = heard.append
        moving = asyncio.create_task(_move(database, _key(ann, session["id"])))
        await line.hold_at(b"COMMIT")
        assert heard == [], "not before there is an answer"
        line.cut()
        with pytest.raises(DatabaseUnavailable):
            await moving
        await database.close()
    assert heard == [{_key(ann, session["id"]): 2}]


async def test_a_guest_who_is_merged_leaves_their_sessions(
    ann: Person, stranger: httpx.AsyncClient, told: list[Moved]
) -> None:
    guest = await becomes_guest(stranger)
    sessions = [await guest.has_session() for _ in range(2)]
    told.clear()
    assert (await merges(ann, guest)).status_code == 200
    assert told == [{_key(guest, session["id"]): GONE for session in sessions}]


async def test_no_writing_transaction_notifies(ann: Person, app: FastAPI) -> None:
    with statements_of(app.state.database) as asked:
        session = await ann.has_session()
        await ann.says(session["id"])
        await ann.delete(f"/api/sessions/{session['id']}")
    assert asked
    assert not [statement for statement in asked if "notify" in statement.lower()]
