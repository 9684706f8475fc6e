"""The lifecycle of a session: every way of its table, and what leaving `active` brings about."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, get_args

import httpx
import pytest
from fastapi import FastAPI

from session_api.sessions.transitions import TRANSITIONS, SessionStatus, Trigger
from tests.support.answers import if_match, refusal
from tests.support.chats import batch, grow, send
from tests.support.people import MovableClock, Person
from tests.support.workspace import Sql, all_rows, has_workspace

CALLS: tuple[Trigger, ...] = ("complete", "archive", "resume")
STATUSES: tuple[SessionStatus, ...] = get_args(SessionStatus)
Write = Callable[[Person, dict[str, str]], Awaitable[httpx.Response]]

WRITES: dict[str, Write] = {
    "put": lambda p, ids: p.put("/api/sessions/{session_id}".format(**ids), json={"name": "x"}),
    "patch": lambda p, ids: p.patch("/api/sessions/{session_id}".format(**ids), {"name": "x"}),
    "append": lambda p, ids: send(p, ids["session_id"], batch("x")),
    "grow": lambda p, ids: grow(p, _message(ids), 0, "x"),
    "edit a message": lambda p, ids: p.patch(_message(ids), {"content": "x"}),
    "delete a message": lambda p, ids: p.delete(_message(ids)),
    "change a mission": lambda p, ids: p.patch(_mission(ids), {"name": "x"}),
    "add a hop": lambda p, ids: p.post(f"{_mission(ids)}/hops", json={"name": "x"}),
    "change a hop": lambda p, ids: p.patch(_hop(ids), {"name": "x"}),
    "add a step": lambda p, ids: p.post(f"{_hop(ids)}/tool-steps", json={"name": "x"}),
    "change a step": lambda p, ids: p.patch(
        f"{_hop(ids)}/tool-steps/{ids['step_id']}", {"output": "x"}
    ),
    "delete a mission": lambda p, ids: p.delete(_mission(ids)),
}


def _message(ids: dict[str, str]) -> str:
    return "/api/sessions/{session_id}/messages/{message_id}".format(**ids)


def _mission(ids: dict[str, str]) -> str:
    return "/api/missions/{mission_id}".format(**ids)


def _hop(ids: dict[str, str]) -> str:
    return "/api/missions/{mission_id}/hops/{hop_id}".format(**ids)


async def _moves(person: Person, session_id: str, trigger: str) -> httpx.Response:
    return await person.post(f"/api/sessions/{session_id}/{trigger}")


@pytest.fixture
def brought(
    ann: Person, app: FastAPI, clock: MovableClock
) -> Callable[[str, str], Awaitable[dict[str, Any]]]:
    """Brings an active session of Ann's into a status and returns it."""

    async def bring(session_id: str, status: str) -> dict[str, Any]:
        if status == "abandoned":
            clock.move(hours=25)
            await app.state.jobs.abandon(clock())
        elif status != "active":
            trigger = {"completed": "complete", "archived": "archive"}[status]
            assert (await _moves(ann, session_id, trigger)).status_code == 200
        return await ann.sees(session_id)

    return bring


Brought = Callable[[str, str], Awaitable[dict[str, Any]]]


# The table


@pytest.mark.parametrize("trigger", CALLS)
@pytest.mark.parametrize("status", STATUSES)
async def test_a_call_moves_a_session_as_the_table_says(
    ann: Person, brought: Brought, sql: Sql, status: SessionStatus, trigger: Trigger
) -> None:
    session = await brought((await ann.has_session())["id"], status)
    before = await all_rows(sql)
    transition = TRANSITIONS[trigger]
    answer = await _moves(ann, session["id"], trigger)
    if status == transition.target:
        assert (answer.status_code, answer.json()["version"]) == (200, session["version"])
        assert await all_rows(sql) == before
    elif status in transition.sources:
        assert (answer.status_code, answer.json()["status"]) == (200, transition.target)
        assert answer.json()["version"] == session["version"] + 1
    else:
        assert refusal(answer) == (409, "invalid_transition")
        assert await all_rows(sql) == before


@pytest.mark.parametrize("trigger", CALLS)
async def test_a_call_repeated_with_the_version_seen_before_is_safe(
    ann: Person, brought: Brought, sql: Sql, trigger: Trigger
) -> None:
    start = "abandoned" if trigger == "resume" else "active"
    session = await brought((await ann.has_session())["id"], start)
    path, seen = f"/api/sessions/{session['id']}/{trigger}", if_match(session["version"])
    first = await ann.post(path, headers=seen)
    before = await all_rows(sql)
    again = await ann.post(path, headers=seen)
    assert (again.status_code, again.json()) == (200, first.json())
    assert await all_rows(sql) == before


def test_the_table_says_what_the_contract_says() -> None:
    ways = {
        (source, transition.target)
        for transition in TRANSITIONS.values()
        for source in transition.sources
    }
    assert ways == {
        ("active", "completed"),
        ("active", "abandoned"),
        ("active", "archived"),
        ("completed", "archived"),
        ("abandoned", "archived"),
        ("completed", "active"),
        ("abandoned", "active"),
        ("archived", "active"),
    }


@pytest.mark.parametrize("status", STATUSES)
async def test_a_status_has_its_time_and_resuming_forgets_it(
    ann: Person, brought: Brought, status: str
) -> None:
    session = await brought((await ann.has_session())["id"], status)
    times = {name for name in ("completed", "abandoned", "archived") if session[f"{name}_at"]}
    assert times == {status} - {"active"}
    resumed = (await _moves(ann, session["id"], "resume")).json()
    assert not any(resumed[f"{name}_at"] for name in ("completed", "abandoned", "archived"))


@pytest.mark.parametrize("trigger", CALLS)
async def test_nobody_moves_somebody_elses_session(
    ann: Person, bob: Person, trigger: Trigger
) -> None:
    session = await ann.has_session()
    assert refusal(await _moves(bob, session["id"], trigger)) == (404, "session_not_found")
    assert (await ann.sees(session["id"]))["status"] == "active"


@pytest.mark.parametrize("trigger", CALLS)
async def test_a_move_leaves_an_audit_event_that_says_who_and_why(
    ann: Person, brought: Brought, sql: Sql, trigger: Trigger
) -> None:
    session = await brought((await ann.has_session())["id"], "abandoned")
    if trigger == "complete":
        await _moves(ann, session["id"], "resume")
    start = (await ann.sees(session["id"]))["status"]
    await _moves(ann, session["id"], trigger)
    event = await sql.fetchrow("SELECT * FROM audit_events ORDER BY id DESC LIMIT 1")
    assert event is not None
    assert (event["event"], event["actor"]) == (TRANSITIONS[trigger].event, "ann")
    told = {"from": start, "to": TRANSITIONS[trigger].target, "cause": "request"}
    assert _json(event["data"]) == told


def _json(text: str) -> Any:
    return httpx.Response(200, text=text).json()


# Leaving active


@pytest.mark.parametrize("status", ["completed", "abandoned", "archived"])
async def test_what_was_running_is_cancelled_and_keeps_what_it_had(
    ann: Person, brought: Brought, status: str
) -> None:
    ids = await has_workspace(ann)
    await grow(ann, _message(ids), 0, "so far")
    done = await ann.says(ids["session_id"], "done")
    await ann.post(f"{_hop(ids)}/tool-steps", json={"name": "later"})
    running = await ann.sees(ids["session_id"])
    session = await brought(ids["session_id"], status)
    written, kept = session["chat"]["messages"]
    assert (written["status"], written["content"], written["edited_at"]) == (
        "cancelled",
        "so far",
        None,
    )
    assert kept == done
    stopped, pending = session["mission"]["hops"][0]["tool_steps"]
    assert (stopped["status"], pending["status"]) == ("cancelled", "pending")
    assert stopped["finished_at"] is not None
    assert session["mission"]["status"] == running["mission"]["status"]
    # One for the status, one for the message, one for the step.
    assert session["version"] == running["version"] + 3


async def test_resuming_restarts_nothing(ann: Person, brought: Brought) -> None:
    ids = await has_workspace(ann)
    over = await brought(ids["session_id"], "completed")
    await _moves(ann, ids["session_id"], "resume")
    session = await ann.sees(ids["session_id"])
    assert session["chat"] == over["chat"]
    assert session["mission"] == over["mission"]


async def test_leaving_active_makes_a_view_of_a_running_chat_stale(
    ann: Person, brought: Brought
) -> None:
    ids = await has_workspace(ann)
    seen = (await ann.sees(ids["session_id"]))["version"]
    await brought(ids["session_id"], "completed")
    await _moves(ann, ids["session_id"], "resume")
    answer = await send(ann, ids["session_id"], batch("x"), {"If-Match": f'"{seen}"'})
    assert refusal(answer) == (412, "version_mismatch")


@pytest.mark.parametrize(
    ("write", "status"),
    [*((write, "completed") for write in WRITES), ("append", "abandoned"), ("put", "archived")],
)
async def test_a_session_that_is_not_active_takes_no_write(
    ann: Person, brought: Brought, sql: Sql, write: str, status: str
) -> None:
    ids = await has_workspace(ann)
    await brought(ids["session_id"], status)
    before = await all_rows(sql)
    assert refusal(await WRITES[write](ann, ids)) == (409, "session_not_active")
    assert await all_rows(sql) == before


# Activity


async def _active_at(person: Person, session_id: str) -> datetime:
    return datetime.fromisoformat((await person.sees(session_id))["last_activity_at"])


@pytest.mark.parametrize(("seconds", "written"), [(0, False), (4, False), (6, True)])
async def test_activity_is_written_at_most_once_in_five_seconds(
    ann: Person, clock: MovableClock, seconds: int, written: bool
) -> None:
    session = await ann.has_session()
    before = await _active_at(ann, session["id"])
    clock.move(seconds=seconds)
    assert (await _moves(ann, session["id"], "activity")).status_code == 204
    assert (await _active_at(ann, session["id"]) > before) is written


async def test_activity_moves_no_version(ann: Person, clock: MovableClock, sql: Sql) -> None:
    session = await ann.has_session()
    clock.move(hours=1)
    await _moves(ann, session["id"], "activity")
    seen = await ann.sees(session["id"], include="")
    assert {**seen, "last_activity_at": None} == {**session, "last_activity_at": None}
    assert await sql.fetchval("SELECT count(*) FROM session_changes") == 1


async def test_activity_resumes_an_abandoned_session(ann: Person, brought: Brought) -> None:
    session = await brought((await ann.has_session())["id"], "abandoned")
    assert (await _moves(ann, session["id"], "activity")).status_code == 204
    assert (await ann.sees(session["id"]))["status"] == "active"


@pytest.mark.parametrize("status", ["completed", "archived"])
async def test_activity_on_what_is_over_is_refused(
    ann: Person, brought: Brought, status: str
) -> None:
    session = await brought((await ann.has_session())["id"], status)
    answer = await _moves(ann, session["id"], "activity")
    assert refusal(answer) == (409, "session_not_active")
    assert answer.json()["session_status"] == status


async def test_activity_of_somebody_else_touches_nothing(
    ann: Person, bob: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    clock.move(hours=1)
    assert refusal(await _moves(bob, session["id"], "activity")) == (404, "session_not_found")
    assert await ann.sees(session["id"], include="") == session


@pytest.mark.parametrize("write", WRITES)
async def test_every_write_counts_as_activity(ann: Person, clock: MovableClock, write: str) -> None:
    ids = await has_workspace(ann)
    before = await _active_at(ann, ids["session_id"])
    clock.move(hours=1)
    assert (await WRITES[write](ann, ids)).status_code < 300
    assert await _active_at(ann, ids["session_id"]) - before >= timedelta(hours=1)
