"""Refused access in the audit trail: of known callers, counted, bounded, and no oracle."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from session_api.audit import refusals
from session_api.settings import Settings
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import Sql

LIMITS = "read=6/minute"


async def _told(app: FastAPI, person: Person, event: str = "access.refused") -> list[Any]:
    """What was refused, written first."""
    await app.state.refusals.write()
    answer = await person.get("/api/audit", params={"event": event})
    return list(answer.json()["items"])


async def test_a_refusal_is_told_in_the_callers_own_trail(
    ann: Person, bob: Person, app: FastAPI
) -> None:
    session = await ann.has_session()
    headers = {"X-Request-ID": "req-9", "User-Agent": "a browser"}
    assert (await bob.get(f"/api/sessions/{session['id']}", headers=headers)).status_code == 404
    (told,) = await _told(app, bob)
    assert told["data"] == {
        "method": "GET",
        "route": "/api/sessions/{session_id}",
        "code": "session_not_found",
        "status": 404,
        "count": 1,
    }
    assert (told["actor"], told["request_id"], told["severity"]) == ("bob", "req-9", "info")
    assert (told["address"], told["user_agent"]) == ("127.0.0.1", "a browser")
    # Nothing of whose it is, nor which it was: it is told as what does not exist is.
    assert told["session_id"] is None
    assert session["id"] not in str(told)
    assert await _told(app, ann) == []


async def test_a_scope_or_role_that_lacks_is_told(
    app: FastAPI, transport: httpx.ASGITransport, settings: Settings, clock: MovableClock,
    bob: Person,
) -> None:  # fmt: skip
    await bob.get("/api/admin/audit")
    async with Person("bob", transport, settings, clock, scopes=["sessions:read"]) as reader:
        await reader.post("/api/sessions/", json={})
    told = await _told(app, bob)
    assert {(each["data"]["route"], each["data"]["status"], each["severity"]) for each in told} == {
        ("/api/admin/audit", 403, "notice"),
        ("/api/sessions/", 403, "notice"),
    }


async def test_what_is_no_refusal_of_access_is_not_told(ann: Person, app: FastAPI) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    await ann.put(path, json={"nonsense": 1})
    await ann.put(path, json={"name": "x"}, headers={"If-Match": '"99"'})
    await ann.post(f"{path}/complete")
    await ann.put(path, json={"name": "late"})
    assert await _told(app, ann) == []


async def test_a_token_that_is_no_good_is_in_nobodys_trail(
    stranger: httpx.AsyncClient, app: FastAPI, sql: Sql
) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}):
        assert (await stranger.get("/api/sessions/", headers=headers)).status_code == 401
    assert await app.state.refusals.write() == 0
    assert await sql.fetchval("SELECT count(*) FROM audit_events") == 0


async def test_a_refusal_again_and_again_is_one_event(ann: Person, app: FastAPI, sql: Sql) -> None:
    for _ in range(20):
        await ann.get(f"/api/sessions/{new_id()}")
    (told,) = await _told(app, ann)
    assert told["data"]["count"] == 20
    await ann.get(f"/api/sessions/{new_id()}")
    assert [each["data"]["count"] for each in await _told(app, ann)] == [1, 20]
    assert await sql.fetchval("SELECT count(*) FROM audit_unsealed") == 2


async def test_what_there_is_no_room_for_is_counted_and_the_count_is_told(
    ann: Person, bob: Person, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "SHARE", 2)
    ids = {"id": new_id()}
    paths = [path.format(**ids) for path in ("{id}", "{id}/messages", "{id}/assets")]
    for path in paths:
        await bob.get(f"/api/sessions/{path}")
    # One's share leaves the others theirs.
    await ann.get(f"/api/sessions/{new_id()}")
    assert len(await _told(app, bob)) == 2
    assert len(await _told(app, ann)) == 1
    page = await ann.get("/api/admin/audit", params={"event": "audit.refusals_dropped"})
    (dropped,) = page.json()["items"]
    assert (dropped["data"], dropped["severity"]) == ({"count": 1}, "warning")
    assert (dropped["actor"], dropped["user_id"]) == ("system:audit", None)


async def test_what_could_not_be_written_is_written_later(
    ann: Person, app: FastAPI, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ann.get(f"/api/sessions/{new_id()}")
    await sql.execute(
        "ALTER TABLE audit_events ADD CONSTRAINT none CHECK (severity = '') NOT VALID"
    )
    try:
        with pytest.raises(Exception, match="audit_events"):
            await app.state.refusals.write()
        monkeypatch.setattr(refusals, "ROOM", 1)
        await ann.get(f"/api/sessions/{new_id()}")
        await ann.get(f"/api/missions/{new_id()}")
    finally:
        await sql.execute("ALTER TABLE audit_events DROP CONSTRAINT none")
    (told,) = await _told(app, ann)
    assert told["data"]["count"] == 2
    dropped = "SELECT data->>'count' FROM audit_events WHERE event = 'audit.refusals_dropped'"
    assert await sql.fetchval(dropped) == "1"


class TestBeyondALimit:
    """Somebody who asks too often."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"rate_limits": LIMITS})

    async def test_who_is_told_to_wait_is_told_of_once(
        self, bob: Person, app: FastAPI, clock: MovableClock, sql: Sql
    ) -> None:
        found = "SELECT (data->>'count')::int FROM audit_events WHERE event = 'access.refused'"
        answers = [(await bob.get("/api/sessions/")).status_code for _ in range(20)]
        assert answers.count(429) >= 10
        await app.state.refusals.write()
        assert (await bob.get("/api/sessions/")).status_code == 429
        await app.state.refusals.write()
        assert [row[0] for row in await sql.fetch(found)] == [1]
        clock.move(minutes=5)
        for _ in range(20):
            await bob.get("/api/sessions/")
        await app.state.refusals.write()
        assert [row[0] for row in await sql.fetch(found)] == [1, 1]
