"""Coming back: one request that brings the whole workspace, whatever the client remembers."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.support.answers import exact, fault_at
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import Sql, all_rows, has_workspace

NIL = "00000000-0000-0000-0000-000000000000"
JUNK = [
    "",
    "undefined",
    "[object Object]",
    "null",
    NIL[:-1],
    f"{NIL} ",
    "../../etc",
    "🦊",
    "' OR 1=1",
]


async def _recover(person: Person, session_id: str | None = None, **body: Any) -> httpx.Response:
    sent = body if session_id is None else {"session_id": session_id, **body}
    answer = await person.post("/api/sessions/recover", json=sent)
    assert answer.status_code in (200, 201), answer.text
    return answer


async def _told(person: Person, session_id: str | None = None) -> tuple[str, str | None, str]:
    """Outcome, reset reason and id of the session of a recovery."""
    shown = (await _recover(person, session_id)).json()
    reason = shown["reset"] and shown["reset"]["reason"]
    return shown["outcome"], reason, shown["session"]["id"]


async def _unusable(person: Person, other: Person, reason: str) -> str:
    """An id that can't be used, for this reason."""
    if reason == "not_found":
        return new_id()
    if reason == "invalid_id":
        return "not-an-id"
    if reason == "of somebody else":
        return str((await other.has_session())["id"])
    session = await person.has_session()
    move = {"completed": "complete", "archived": "archive"}[reason]
    await person.post(f"/api/sessions/{session['id']}/{move}")
    return str(session["id"])


async def _abandoned(person: Person, clock: MovableClock, app: FastAPI) -> str:
    session = await person.has_session()
    clock.move(hours=25)
    await app.state.jobs.abandon(clock())
    return str(session["id"])


REASONS = {
    "not_found": "not_found",
    "of somebody else": "not_found",
    "invalid_id": "invalid_id",
    "completed": "completed",
    "archived": "archived",
}


# Which session


async def test_the_session_asked_for_is_restored_even_if_another_was_used_later(
    ann: Person, clock: MovableClock
) -> None:
    asked = await ann.has_session()
    clock.move(minutes=1)
    await ann.has_session()
    assert await _told(ann, asked["id"]) == ("restored", None, asked["id"])


async def test_an_id_in_upper_case_is_the_same_id(ann: Person) -> None:
    asked = await ann.has_session()
    assert await _told(ann, asked["id"].upper()) == ("restored", None, asked["id"])


async def test_without_an_id_the_session_used_last_is_restored(
    ann: Person, clock: MovableClock
) -> None:
    used, other = await ann.has_session(), await ann.has_session()
    clock.move(minutes=1)
    await ann.says(used["id"])
    assert await _told(ann) == ("restored", None, used["id"])
    assert other["status"] == "active"


@pytest.mark.parametrize("why", REASONS)
async def test_an_id_that_cant_be_used_falls_back_to_the_active_session(
    ann: Person, bob: Person, why: str
) -> None:
    active = await ann.has_session()
    asked = await _unusable(ann, bob, why)
    assert await _told(ann, asked) == ("fell_back", REASONS[why], active["id"])


@pytest.mark.parametrize("why", REASONS)
async def test_an_id_that_cant_be_used_leads_to_a_new_session_where_none_is_active(
    ann: Person, bob: Person, why: str
) -> None:
    asked = await _unusable(ann, bob, why)
    outcome, reason, session_id = await _told(ann, asked)
    assert (outcome, reason) == ("created", REASONS[why])
    assert session_id != asked
    assert (await ann.sees(session_id))["status"] == "active"


async def test_a_fresh_person_gets_a_new_session_of_the_name_wished_for(ann: Person) -> None:
    answer = await _recover(ann, name="Lisbon")
    shown = answer.json()
    assert (answer.status_code, shown["outcome"], shown["reset"]) == (201, "created", None)
    assert (shown["session"]["name"], shown["session"]["version"]) == ("Lisbon", 1)


async def test_a_name_renames_nothing_that_was_there(ann: Person) -> None:
    session = await ann.has_session(name="Lisbon")
    shown = (await _recover(ann, session["id"], name="Porto")).json()
    assert shown["session"]["name"] == "Lisbon"


async def test_recovery_needs_no_body(ann: Person) -> None:
    answer = await ann.post("/api/sessions/recover")
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created")


@pytest.mark.parametrize("junk", [*JUNK, "x" * 1000, "x" * 100_000], ids=lambda junk: junk[:20])
async def test_whatever_the_client_remembers_there_is_a_session_to_go_on_with(
    ann: Person, junk: str
) -> None:
    session = await ann.has_session()
    assert await _told(ann, junk) == ("fell_back", "invalid_id", session["id"])


async def test_an_id_with_nul_is_refused_like_nul_anywhere(ann: Person) -> None:
    answer = await ann.post("/api/sessions/recover", json={"session_id": "a\0"})
    assert fault_at(answer) == (422, "validation_failed", ["/session_id"])


# Abandoned ones


@pytest.mark.parametrize("has_another", [False, True])
async def test_an_abandoned_session_is_resumed(
    ann: Person, app: FastAPI, clock: MovableClock, has_another: bool
) -> None:
    abandoned = await _abandoned(ann, clock, app)
    if has_another:
        await ann.has_session()
    assert await _told(ann, abandoned) == ("resumed", None, abandoned)
    session = await ann.sees(abandoned)
    assert (session["status"], session["abandoned_at"]) == ("active", None)


async def test_a_resumed_session_is_restored_from_then_on(
    ann: Person, app: FastAPI, clock: MovableClock
) -> None:
    abandoned = await _abandoned(ann, clock, app)
    await _recover(ann, abandoned)
    assert await _told(ann, abandoned) == ("restored", None, abandoned)


async def test_two_tabs_that_resume_at_once_resume_once(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    abandoned = await _abandoned(ann, clock, app)
    told = await asyncio.gather(*(_told(ann, abandoned) for _ in range(4)))
    assert {session_id for _, _, session_id in told} == {abandoned}
    resumed = "SELECT count(*) FROM audit_events WHERE event = 'session.resumed'"
    assert await sql.fetchval(resumed) == 1


async def test_an_abandoned_session_is_not_resumed_unless_asked_for(
    ann: Person, app: FastAPI, clock: MovableClock
) -> None:
    abandoned = await _abandoned(ann, clock, app)
    outcome, reason, session_id = await _told(ann)
    assert (outcome, reason) == ("created", None)
    assert (await ann.sees(abandoned))["status"] == "abandoned"
    assert session_id != abandoned


async def test_somebody_elses_abandoned_session_stays_abandoned(
    ann: Person, bob: Person, app: FastAPI, clock: MovableClock
) -> None:
    abandoned = await _abandoned(bob, clock, app)
    assert (await _told(ann, abandoned))[:2] == ("created", "not_found")
    assert (await bob.sees(abandoned))["status"] == "abandoned"


# What comes back


@pytest.mark.parametrize("known", [False, True])
async def test_tabs_of_somebody_without_an_active_session_get_the_same_new_one(
    ann: Person, sql: Sql, known: bool
) -> None:
    if known:
        await ann.post(f"/api/sessions/{(await ann.has_session())['id']}/complete")
    answers = await asyncio.gather(*(_recover(ann) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["session"]["id"] for answer in answers}) == 1
    active = "SELECT count(*) FROM user_sessions WHERE status = 'active'"
    assert await sql.fetchval(active) == 1


async def test_recovery_brings_what_a_get_brings(ann: Person) -> None:
    ids = await has_workspace(ann, name="Lisbon", session_metadata={"panel": "map"})
    answer = await _recover(ann, ids["session_id"])
    session = await ann.sees(ids["session_id"])
    assert answer.json()["session"] == session
    assert answer.headers["ETag"] == f'"{session["version"]}"'


async def test_recovery_shows_the_latest_fifty_messages(ann: Person) -> None:
    session = await ann.has_session()
    batch = [{"role": "user", "content": str(number)} for number in range(1, 61)]
    await ann.post(f"/api/sessions/{session['id']}/messages", json={"messages": batch})
    chat = (await _recover(ann)).json()["session"]["chat"]
    assert [message["seq"] for message in chat["messages"]] == list(range(11, 61))
    assert (chat["message_count"], chat["has_more"], chat["next_before"]) == (60, True, 11)


async def test_recovery_touches_the_session_but_moves_nothing(
    ann: Person, clock: MovableClock, sql: Sql
) -> None:
    session = await ann.has_session()
    clock.move(hours=1)
    shown = (await _recover(ann)).json()["session"]
    assert shown["last_activity_at"] > session["last_activity_at"]
    assert (shown["version"], shown["updated_at"]) == (session["version"], session["updated_at"])
    assert await sql.fetchval("SELECT count(*) FROM session_changes") == 1


async def test_recovery_again_at_once_writes_nothing(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    before = await all_rows(sql)
    await _recover(ann, session["id"])
    assert await all_rows(sql) == before


async def test_everything_comes_back_exactly_as_it_was_sent(ann: Person) -> None:
    odd = {
        "z": 1.0,
        "a": [1, 1.5, -0.0, 1e300, 2**63 - 1, -(2**63), True, False, None, "", {}, []],
        "ünïcödé 🦊": "\u0001\u007f\u2028\u2029\ufeff\uffff \\u0041 \"'</script>",
        "": {"nested": {"b": 2, "a": 1}},
        "x-unknown": {"type": "of a later release"},
    }
    parts = [{"type": "reasoning", "signature": "…", "providerMetadata": odd}, "bare", 1.0, None]
    session = await ann.has_session(session_metadata=odd)
    await ann.says(session["id"], parts, metadata=odd)
    await ann.has_mission(
        session_id=session["id"],
        data=odd,
        hops=[{"name": "hop", "data": odd, "tool_steps": [{"name": "step", "input": parts}]}],
    )
    shown = (await _recover(ann, session["id"])).json()["session"]
    (message,) = shown["chat"]["messages"]
    (hop,) = shown["mission"]["hops"]
    for back, sent in (
        (shown["session_metadata"], odd),
        (message["content"], parts),
        (message["metadata"], odd),
        (shown["mission"]["data"], odd),
        (hop["data"], odd),
        (hop["tool_steps"][0]["input"], parts),
    ):
        assert exact(back) == exact(sent)
