"""What is written most often, a session's row, is updated in place.

A heap-only update (HOT) adds nothing to any index and leaves nothing behind for a vacuum to find.
It takes two things: no index holds a column that was changed, and the page has room.
"""

from typing import Any

import pytest
from fastapi import FastAPI

from tests.support.counters import counted_from_now, updates
from tests.support.database import Server
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import Sql

CHANGES = 200
NEIGHBOURS = 40


@pytest.fixture(autouse=True)
async def _counted_from_now(app: FastAPI, sql: Sql, server: Server, database_url: str) -> None:
    await app.state.database.close()
    await counted_from_now(server, sql, database_url, "user_sessions", "devices")


@pytest.mark.parametrize("metadata_bytes", [200, 1_800])
async def test_appends_touches_and_autosaves_add_nothing_to_the_indexes_of_sessions(
    ann: Person, app: FastAPI, sql: Sql, clock: MovableClock, metadata_bytes: int
) -> None:
    metadata: dict[str, Any] = {"draft": "x" * metadata_bytes}
    made = [await ann.has_session(session_metadata=metadata) for _ in range(NEIGHBOURS)]
    path = f"/api/sessions/{made[-1]['id']}"
    for number in range(CHANGES):
        if number % 4 == 0:
            clock.move(seconds=6)
            answer = await ann.post(f"{path}/activity")
        elif number % 4 == 1:
            answer = await ann.patch(path, {"session_metadata": {"place": number}})
        else:
            answer = await ann.post(f"{path}/messages", json={"role": "user", "content": "hello"})
        assert answer.is_success, answer.text
    # A connection tells what it counted when it ends, at the latest.
    await app.state.database.close()
    found = await updates(sql, "user_sessions", at_least=CHANGES)
    assert found["n_tup_hot_upd"] / found["n_tup_upd"] >= 0.95, dict(found)


async def test_trimming_adds_nothing_to_the_indexes_of_sessions(
    ann: Person, app: FastAPI, sql: Sql, clock: MovableClock
) -> None:
    session = await ann.has_session()
    for _ in range(2):
        hundred = {"messages": [{"role": "user", "content": "hello"}] * 100}
        answer = await ann.post(f"/api/sessions/{session['id']}/messages", json=hundred)
        assert answer.is_success, answer.text
    clock.move(days=31)
    assert await app.state.change_trimming.trim_changes(clock(), 2) == 201
    await app.state.database.close()
    found = await updates(sql, "user_sessions", at_least=101)
    assert found["n_tup_hot_upd"] / found["n_tup_upd"] >= 0.95, dict(found)


async def test_touches_of_devices_add_nothing_to_their_index(
    ann: Person, app: FastAPI, sql: Sql, clock: MovableClock
) -> None:
    names = [new_id() for _ in range(5)]
    for number in range(CHANGES):
        clock.move(seconds=61)
        answer = await ann.get("/api/devices", headers={"X-Device-ID": names[number % 5]})
        assert answer.is_success, answer.text
    await app.state.database.close()
    found = await updates(sql, "devices", at_least=CHANGES - 5)
    assert found["n_tup_hot_upd"] / found["n_tup_upd"] >= 0.95, dict(found)


async def test_a_change_of_status_is_no_update_in_place(
    ann: Person, app: FastAPI, sql: Sql
) -> None:
    """The indexes of active and of abandoned sessions hold it, so the counters are those meant."""
    session = await ann.has_session()
    await ann.post(f"/api/sessions/{session['id']}/complete")
    await app.state.database.close()
    found = await updates(sql, "user_sessions", at_least=1)
    assert found["n_tup_hot_upd"] < found["n_tup_upd"]
