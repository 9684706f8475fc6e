"""The audit trail over HTTP: what it tells, of whom, and what it never tells."""

from typing import Any

import pytest
from fastapi import FastAPI

from tests.support.assets import caller_of
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import has_workspace

SECRET = "a sentence that nobody else should read"


async def _events(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = await person.get("/api/audit", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def _event(person: Person, name: str) -> dict[str, Any]:
    """The one event of this name."""
    (event,) = await _events(person, event=name)
    return event


# What is told


async def test_creating_a_session_is_told_with_who_and_in_which_request(ann: Person) -> None:
    made = await ann.post("/api/sessions/", headers={"X-Request-ID": "req-1"})
    event = await _event(ann, "session.created")
    assert event["session_id"] == made.json()["id"]
    assert (event["actor"], event["request_id"]) == ("ann", "req-1")


@pytest.mark.parametrize(
    ("call", "name", "came_from", "went_to"),
    [
        ("complete", "session.completed", "active", "completed"),
        ("archive", "session.archived", "active", "archived"),
    ],
)
async def test_a_move_by_call_is_told_with_its_cause(
    ann: Person, call: str, name: str, came_from: str, went_to: str
) -> None:
    session = await ann.has_session()
    await ann.post(f"/api/sessions/{session['id']}/{call}", headers={"X-Request-ID": "req-2"})
    event = await _event(ann, name)
    assert event["data"] == {"from": came_from, "to": went_to, "cause": "request"}
    assert (event["actor"], event["request_id"]) == ("ann", "req-2")


@pytest.mark.parametrize(
    ("path", "body", "cause"),
    [
        ("{session_id}/resume", None, "request"),
        ("{session_id}/activity", None, "activity"),
        ("recover", {"session_id": "{session_id}"}, "recovery"),
    ],
)
async def test_coming_back_to_an_abandoned_session_is_told_with_its_cause(
    ann: Person, app: FastAPI, clock: MovableClock, path: str, body: Any, cause: str
) -> None:
    session = await ann.has_session()
    clock.move(hours=25)
    await app.state.jobs.abandon(clock())
    if body is not None:
        body = {"session_id": session["id"]}
    await ann.post("/api/sessions/" + path.format(session_id=session["id"]), json=body)
    event = await _event(ann, "session.resumed")
    assert event["data"] == {"from": "abandoned", "to": "active", "cause": cause}
    assert event["actor"] == "ann"


async def test_the_jobs_are_told_as_the_system_without_a_request(
    ann: Person, app: FastAPI, clock: MovableClock
) -> None:
    await ann.has_session()
    clock.move(hours=25)
    await app.state.jobs.abandon(clock())
    clock.move(days=8)
    await app.state.jobs.archive(clock())
    abandoned = await _event(ann, "session.abandoned")
    archived = await _event(ann, "session.archived")
    assert (abandoned["actor"], abandoned["request_id"]) == ("system:abandon", None)
    assert (archived["actor"], archived["request_id"]) == ("system:archive_idle", None)
    assert abandoned["data"] == {"from": "active", "to": "abandoned", "cause": "idle"}
    assert archived["data"] == {"from": "abandoned", "to": "archived", "cause": "idle"}


async def test_a_session_completed_by_its_mission_is_told_with_that_cause(ann: Person) -> None:
    ids = await has_workspace(ann)
    await ann.patch(f"/api/missions/{ids['mission_id']}", {"status": "completed"})
    assert (await _event(ann, "session.completed"))["data"]["cause"] == "mission.completed"
    mission = (await _event(ann, "mission.completed"))["data"]
    assert mission == {"mission_id": ids["mission_id"], "before": "pending"}


async def test_the_life_of_a_mission_is_told(ann: Person) -> None:
    ids = await has_workspace(ann, linked=False)
    mission = f"/api/missions/{ids['mission_id']}"
    await ann.post(f"/api/sessions/{ids['session_id']}/link-mission/{ids['mission_id']}")
    await ann.patch(mission, {"status": "active"})
    await ann.delete(mission)
    told = [event for event in await _events(ann) if event["event"].startswith("mission.")]
    assert [event["event"] for event in reversed(told)] == [
        "mission.created",
        "mission.linked",
        "mission.active",
        "mission.deleted",
    ]
    assert {event["data"]["mission_id"] for event in told} == {ids["mission_id"]}


async def test_every_change_of_a_workspace_is_told_by_what_was_changed_and_never_to_what(
    ann: Person,
) -> None:
    ids = await has_workspace(ann)
    session, mission = f"/api/sessions/{ids['session_id']}", f"/api/missions/{ids['mission_id']}"
    message, hop = f"{session}/messages/{ids['message_id']}", f"{mission}/hops/{ids['hop_id']}"
    step = f"{hop}/tool-steps/{ids['step_id']}"
    of_mission = {"mission_id": ids["mission_id"]}
    of_hop = of_mission | {"hop_id": ids["hop_id"]}
    of_step = of_hop | {"step_id": ids["step_id"]}
    of_message = {"message_id": ids["message_id"]}
    done = {"fields": ["status"], "from": "active", "to": "completed"}
    calls: list[tuple[str, str, Any, list[tuple[str, dict[str, Any]]]]] = [
        ("PATCH", session, {"name": SECRET}, [("session.updated", {"fields": ["name"]})]),
        (
            *("PATCH", session, {"session_metadata": {"a": SECRET}}),
            [("session.updated", {"fields": ["session_metadata"]})],
        ),
        ("PATCH", session, {"name": SECRET}, []),
        ("POST", f"{message}/append", {"offset": 0, "text": SECRET}, []),
        (
            *("PATCH", message, {"status": "complete", "metadata": {"b": SECRET}}),
            [
                (
                    "message.updated",
                    of_message
                    | {"fields": ["metadata", "status"], "from": "in_progress", "to": "complete"},
                )
            ],
        ),
        (
            *("PATCH", message, {"content": f"{SECRET}!"}),
            [("message.updated", of_message | {"fields": ["content"]})],
        ),
        ("DELETE", message, None, [("message.deleted", of_message | {"seq": 1})]),
        (
            *("PATCH", step, {"status": "completed"}),
            [("tool_step.updated", of_step | done)],
        ),
        (
            *("PATCH", step, {"output": {"c": SECRET}}),
            [("tool_step.updated", of_step | {"fields": ["output"]})],
        ),
        ("DELETE", step, None, [("tool_step.deleted", of_step)]),
        ("PATCH", hop, {"name": SECRET}, [("hop.updated", of_hop | {"fields": ["name"]})]),
        ("DELETE", hop, None, [("hop.deleted", of_hop)]),
        (
            *("PATCH", mission, {"name": SECRET, "status": "active"}),
            [
                ("mission.updated", of_mission | {"fields": ["name"]}),
                ("mission.active", of_mission | {"before": "pending"}),
            ],
        ),
    ]
    for method, path, body, told in calls:
        known = {event["id"] for event in await _events(ann, limit=100)}
        answer = await ann.request(method, path, **({} if body is None else {"json": body}))
        assert answer.is_success, answer.text
        new = [event for event in await _events(ann, limit=100) if event["id"] not in known]
        assert [(event["event"], event["data"]) for event in new] == told, (method, path)
        assert {event["session_id"] for event in new} <= {ids["session_id"]}
    assert SECRET not in (await ann.get("/api/audit", params={"limit": 100})).text


async def test_what_is_added_is_told(ann: Person) -> None:
    ids = await has_workspace(ann, linked=False)
    mission = f"/api/missions/{ids['mission_id']}"
    steps = [{"name": "one"}, {"name": "two"}]
    hop = (await ann.post(f"{mission}/hops", json={"name": "x", "tool_steps": steps})).json()
    step = await ann.post(f"{mission}/hops/{hop['id']}/tool-steps", json={"name": "three"})
    of_hop = {"mission_id": ids["mission_id"], "hop_id": hop["id"]}
    assert (await _event(ann, "hop.created"))["data"] == of_hop | {"tool_steps": 2}
    assert (await _event(ann, "tool_step.created"))["data"] == of_hop | {
        "step_id": step.json()["id"]
    }
    path = f"/api/sessions/{ids['session_id']}/messages"
    batch = [{"role": "user", "content": SECRET, "id": new_id()} for _ in range(3)]
    await ann.post(path, json={"messages": batch})
    await ann.post(path, json={"messages": batch})  # a repeat adds nothing
    of_batch, first = await _events(ann, event="message.created")
    assert of_batch["data"] == {"message_ids": [message["id"] for message in batch]}
    assert first["data"] == {"message_ids": [ids["message_id"]]}


async def test_what_was_erased_is_still_told(ann: Person) -> None:
    session = await ann.has_session()
    await ann.delete(f"/api/sessions/{session['id']}")
    names = [event["event"] for event in await _events(ann, session_id=session["id"])]
    assert names == ["session.deleted", "session.created"]


@pytest.mark.parametrize("call", ["complete", "archive", "resume"])
async def test_a_repeated_call_is_told_once(ann: Person, call: str) -> None:
    session = await ann.has_session()
    for _ in range(3):
        await ann.post(f"/api/sessions/{session['id']}/{call}")
    assert len(await _events(ann)) == (1 if call == "resume" else 2)


async def test_what_was_refused_is_not_told(ann: Person) -> None:
    session = await ann.has_session()
    await ann.post(f"/api/sessions/{session['id']}/archive")
    before = await _events(ann)
    await ann.post(f"/api/sessions/{session['id']}/complete")
    await ann.put(f"/api/sessions/{session['id']}", json={"name": "late"})
    assert await _events(ann) == before


# What is never told


async def test_no_metadata_no_text_and_no_data_is_in_the_trail(ann: Person) -> None:
    ids = await has_workspace(ann, name=SECRET, session_metadata={SECRET: SECRET})
    session, mission = f"/api/sessions/{ids['session_id']}", f"/api/missions/{ids['mission_id']}"
    await ann.says(ids["session_id"], SECRET, metadata={"note": SECRET})
    await ann.patch(session, {"session_metadata": {"more": SECRET}})
    await ann.patch(f"{session}/messages/{ids['message_id']}", {"content": SECRET})
    await ann.patch(
        mission,
        {"name": SECRET, "description": SECRET, "data": {"a": SECRET}, "status": "completed"},
    )
    await ann.delete(session)
    trail = await ann.get("/api/audit")
    assert "session.deleted" in trail.text
    assert SECRET not in trail.text


# Whose, which, in which order


async def test_nobody_reads_the_trail_of_another(ann: Person, bob: Person) -> None:
    session = await ann.has_session()
    assert await _events(bob) == []
    assert await _events(bob, session_id=session["id"]) == []


async def test_the_filters_narrow_the_trail(ann: Person, clock: MovableClock) -> None:
    first = await ann.has_session()
    clock.move(hours=1)
    between = clock().isoformat()
    clock.move(hours=1)
    second = await ann.has_session()
    await ann.post(f"/api/sessions/{second['id']}/complete")
    assert [e["session_id"] for e in await _events(ann, until=between)] == [first["id"]]
    assert {e["session_id"] for e in await _events(ann, since=between)} == {second["id"]}
    assert [e["session_id"] for e in await _events(ann, session_id=first["id"])] == [first["id"]]
    assert len(await _events(ann, event="session.created")) == 2
    assert await _events(ann, event="session.created", session_id=new_id()) == []
    assert await _events(ann, event="nothing.of_the_kind") == []


async def test_the_pages_join_without_gap_or_repeat_newest_first(ann: Person) -> None:
    for _ in range(5):
        await ann.has_session()
    whole = await _events(ann)
    query: dict[str, Any] = {"limit": 2}
    joined: list[dict[str, Any]] = []
    while True:
        page = (await ann.get("/api/audit", params=query)).json()
        joined += page["items"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert joined == whole
    assert [event["at"] for event in whole] == sorted((e["at"] for e in whole), reverse=True)


async def test_a_cursor_of_other_filters_is_refused(ann: Person) -> None:
    await ann.has_session()
    await ann.has_session()
    page = (await ann.get("/api/audit", params={"limit": 1})).json()
    query = {"cursor": page["next_cursor"], "event": "session.created"}
    assert (await ann.get("/api/audit", params=query)).status_code == 422


# From where, and how grave


async def test_an_event_tells_from_where_and_by_which_program(ann: Person) -> None:
    await ann.post("/api/sessions/", headers={"User-Agent": "a browser/1.0"})
    event = await _event(ann, "session.created")
    assert (event["address"], event["user_agent"]) == ("127.0.0.1", "a browser/1.0")
    assert event["severity"] == "info"


async def test_a_user_agent_is_kept_short_and_in_one_line(ann: Person) -> None:
    await ann.post("/api/sessions/", headers={b"User-Agent": b"a\x85b\t" + b"x" * 5000})
    event = await _event(ann, "session.created")
    assert event["user_agent"] == "a\ufffdb\ufffd" + "x" * 252


async def test_the_severity_narrows_the_trail(ann: Person, app: FastAPI) -> None:
    await ann.has_session()
    caller = caller_of(ann)
    await app.state.audit.record_alone(caller, "a.b", session_id=None, severity="critical", n=1)
    (event,) = await _events(ann, severity="critical")
    assert (event["event"], event["data"], event["address"]) == ("a.b", {"n": 1}, None)
    assert [each["event"] for each in await _events(ann, severity="info")] == ["session.created"]
    assert (await ann.get("/api/audit", params={"severity": "grave"})).status_code == 422
