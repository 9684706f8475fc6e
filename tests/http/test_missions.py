"""Missions over HTTP: making them, their hops and tool steps, and what a session sees of them."""

from typing import Any

import pytest

from session_api.missions.work import FINISHED, WORK_TRANSITIONS, WorkStatus
from tests.support.answers import exact
from tests.support.people import MovableClock, Person, new_id

PLANNED: dict[str, Any] = {
    "name": "Lisbon",
    "description": "three days",
    "data": {"budget": 300},
    "hops": [
        {"name": "museums", "tool_steps": [{"name": "search", "input": {"q": "hours"}}]},
        {"name": "food", "tool_steps": [{"name": "book"}, {"name": "pay"}]},
    ],
}
KINDS = ("mission", "hop", "tool step")


async def _version(person: Person, session_id: str) -> int:
    return int((await person.sees(session_id))["version"])


async def _made(person: Person, kind: str, status: str) -> str:
    """The path of a new mission, hop or tool step of this status."""
    step = {"name": "step", "status": status if kind == "tool step" else "pending"}
    hop = {"name": "hop", "status": status if kind == "hop" else "pending", "tool_steps": [step]}
    mission = await person.has_mission(
        hops=[hop], status=status if kind == "mission" else "pending"
    )
    path = f"/api/missions/{mission['id']}"
    if kind != "mission":
        path += f"/hops/{mission['hops'][0]['id']}"
    if kind == "tool step":
        path += f"/tool-steps/{mission['hops'][0]['tool_steps'][0]['id']}"
    return path


async def _linked(person: Person) -> tuple[str, str]:
    """A session and the path of the mission that is linked to it."""
    session = await person.has_session()
    mission = await person.has_mission(session_id=session["id"])
    return session["id"], f"/api/missions/{mission['id']}"


# Making


async def test_a_mission_is_made_with_its_hops_and_tool_steps_in_order(ann: Person) -> None:
    made = await ann.post("/api/missions/", json=PLANNED)
    assert made.status_code == 201
    mission = made.json()
    assert made.headers["Location"] == f"/api/missions/{mission['id']}"
    assert [(hop["seq"], hop["name"]) for hop in mission["hops"]] == [(1, "museums"), (2, "food")]
    assert [(s["seq"], s["name"]) for s in mission["hops"][1]["tool_steps"]] == [
        (1, "book"),
        (2, "pay"),
    ]
    assert mission["session_id"] is None
    assert (await ann.get(f"/api/missions/{mission['id']}")).json() == mission


@pytest.mark.parametrize("by_header", [False, True], ids=["id in the body", "Idempotency-Key"])
async def test_repeating_a_create_answers_the_mission_as_it_now_is(
    ann: Person, *, by_header: bool
) -> None:
    mission_id = new_id()
    body = PLANNED if by_header else PLANNED | {"id": mission_id}
    headers = {"Idempotency-Key": mission_id} if by_header else {}
    assert (await ann.post("/api/missions/", json=body, headers=headers)).status_code == 201
    await ann.patch(f"/api/missions/{mission_id}", {"name": "Porto"})
    again = await ann.post("/api/missions/", json=body, headers=headers)
    assert again.status_code == 200
    assert (again.json()["id"], again.json()["name"]) == (mission_id, "Porto")


async def test_another_create_with_the_same_id_is_a_conflict(ann: Person) -> None:
    mission = await ann.has_mission(id=new_id())
    other = await ann.post("/api/missions/", json={"id": mission["id"], "name": "another"})
    assert (other.status_code, other.json()["code"]) == (409, "id_conflict")


async def test_a_mission_made_for_a_session_is_linked_at_once(ann: Person) -> None:
    session = await ann.has_session()
    mission = await ann.has_mission(session_id=session["id"])
    seen = await ann.sees(session["id"])
    assert (seen["mission_id"], seen["mission"]) == (mission["id"], mission)
    assert seen["version"] == session["version"] + 1


async def test_a_second_mission_for_a_session_is_refused_and_not_stored(ann: Person) -> None:
    session_id, _ = await _linked(ann)
    second = await ann.post("/api/missions/", json={"name": "second", "session_id": session_id})
    assert (second.status_code, second.json()["code"]) == (409, "mission_already_linked")
    assert len((await ann.get("/api/missions/")).json()["items"]) == 1


async def test_a_mission_for_an_unknown_session_is_refused(ann: Person) -> None:
    answer = await ann.post("/api/missions/", json={"name": "lost", "session_id": new_id()})
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


# Listing


async def test_missions_are_listed_newest_first_in_pages_without_gap_or_repeat(
    ann: Person,
) -> None:
    made = [(await ann.has_mission(name=f"m{number}"))["id"] for number in range(5)]
    listed: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await ann.get("/api/missions/", params=query)).json()
        listed += [mission["id"] for mission in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert listed == made[::-1]


async def test_the_list_takes_several_statuses(ann: Person) -> None:
    for status in WORK_TRANSITIONS:
        await ann.has_mission(name=status, status=status)
    page = await ann.get("/api/missions/", params={"status": ["active", "failed"]})
    assert {mission["name"] for mission in page.json()["items"]} == {"active", "failed"}


# Changing


@pytest.mark.parametrize("present", WORK_TRANSITIONS)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_status_moves_exactly_as_the_table_says(
    ann: Person, kind: str, present: WorkStatus
) -> None:
    for wanted in WORK_TRANSITIONS:
        path = await _made(ann, kind, present)
        answer = await ann.patch(path, {"status": wanted})
        if wanted == present or wanted in WORK_TRANSITIONS[present]:
            assert (answer.status_code, answer.json()["status"]) == (200, wanted)
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
            assert answer.json()["current_status"] == present


@pytest.mark.parametrize("kind", ["mission", "hop"])
async def test_a_patch_merges_data_and_leaves_the_rest(ann: Person, kind: str) -> None:
    path = await _made(ann, kind, "pending")
    await ann.patch(path, {"data": {"keep": 1, "drop": 2, "deep": {"a": 1}}})
    changed = await ann.patch(path, {"data": {"drop": None, "deep": {"b": 2}}})
    assert changed.json()["data"] == {"keep": 1, "deep": {"a": 1, "b": 2}}
    assert changed.json()["name"] == ("a mission" if kind == "mission" else "hop")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("field", ["name", "status"])
async def test_null_is_refused_for_what_cannot_be_absent(
    ann: Person, kind: str, field: str
) -> None:
    answer = await ann.patch(await _made(ann, kind, "pending"), {field: None})
    assert answer.status_code == 422


async def test_only_a_completed_mission_has_a_time_of_completion(ann: Person) -> None:
    for status in FINISHED:
        path = await _made(ann, "mission", "active")
        finished = (await ann.patch(path, {"status": status})).json()
        assert (finished["completed_at"] is not None) == (status == "completed")


async def test_a_tool_step_tells_when_it_started_and_when_it_finished(
    ann: Person, clock: MovableClock
) -> None:
    path = await _made(ann, "tool step", "pending")
    started = (await ann.patch(path, {"status": "active"})).json()
    assert started["started_at"] is not None
    assert started["finished_at"] is None
    clock.move(minutes=5)
    done = (await ann.patch(path, {"status": "completed", "output": {"ok": True}})).json()
    assert done["started_at"] == started["started_at"]
    assert done["finished_at"] > done["started_at"]


@pytest.mark.parametrize("status", sorted(FINISHED))
async def test_a_tool_step_that_never_ran_starts_when_it_finishes(ann: Person, status: str) -> None:
    done = (await ann.patch(await _made(ann, "tool step", "pending"), {"status": status})).json()
    assert done["started_at"] == done["finished_at"] is not None


async def test_a_repeated_patch_does_not_move_the_times_again(
    ann: Person, clock: MovableClock
) -> None:
    path = await _made(ann, "tool step", "active")
    first = (await ann.patch(path, {"status": "failed", "error": "no table"})).json()
    clock.move(minutes=5)
    assert (await ann.patch(path, {"status": "failed", "error": "no table"})).json() == first


async def test_output_and_error_come_back_exactly_as_they_were_sent(ann: Person) -> None:
    path = await _made(ann, "tool step", "active")
    output = [{"z": 1.50, "a": "é😀", "n": None}, [], ""]
    changed = await ann.patch(path, {"output": output, "error": "partly"})
    assert (changed.json()["output"], changed.json()["error"]) == (output, "partly")


# Hops and tool steps


@pytest.mark.parametrize("child", ["hops", "tool-steps"])
async def test_a_child_is_added_at_the_end_and_adding_it_again_is_safe(
    ann: Person, child: str
) -> None:
    path = await _made(ann, "mission" if child == "hops" else "hop", "pending")
    body = {"id": new_id(), "name": "next"}
    added = await ann.post(f"{path}/{child}", json=body)
    again = await ann.post(f"{path}/{child}", json=body)
    other = await ann.post(f"{path}/{child}", json=body | {"name": "another"})
    assert (added.status_code, added.json()["seq"]) == (201, 2)
    assert (again.status_code, again.json()) == (200, added.json())
    assert (other.status_code, other.json()["code"]) == (409, "id_conflict")


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_deleted_is_gone_with_all_that_hung_on_it(ann: Person, kind: str) -> None:
    path = await _made(ann, kind, "pending")
    assert (await ann.delete(path)).status_code == 204
    again = await ann.delete(path)
    assert (again.status_code, again.json()["code"]) == (
        404,
        f"{kind.replace(' ', '_')}_not_found",
    )


async def test_a_session_outlives_its_mission(ann: Person) -> None:
    session_id, path = await _linked(ann)
    await ann.delete(path)
    seen = await ann.sees(session_id)
    assert (seen["status"], seen["mission_id"], seen["mission"]) == ("active", None, None)


# With a session


async def test_the_version_of_the_session_moves_by_one_with_every_change(ann: Person) -> None:
    session_id, path = await _linked(ann)
    version = await _version(ann, session_id)
    hop, step = f"{path}/hops/{new_id()}", new_id()
    steps: list[tuple[str, str, Any]] = [
        ("POST", f"{path}/hops", {"id": hop.rpartition("/")[2], "name": "hop"}),
        ("PATCH", hop, {"status": "active"}),
        ("POST", f"{hop}/tool-steps", {"id": step, "name": "step"}),
        ("PATCH", f"{hop}/tool-steps/{step}", {"output": 1}),
        ("PATCH", path, {"data": {"a": 1}}),
        ("DELETE", f"{hop}/tool-steps/{step}", None),
        ("DELETE", hop, None),
        ("DELETE", path, None),
    ]
    for method, url, body in steps:
        answer = await ann.request(method, url, json=body)
        assert answer.is_success, answer.text
        version += 1
        assert await _version(ann, session_id) == version, (method, url)


@pytest.mark.parametrize("field", ["data", "input", "output"])
@pytest.mark.parametrize(
    ("before", "after"), [(1, True), (1, 1.0), (True, 1), (1.0, 1), (0, False), (False, 0)]
)
async def test_what_python_takes_for_equal_is_a_change(
    ann: Person, field: str, before: Any, after: Any
) -> None:
    path = await _made(ann, "mission" if field == "data" else "tool step", "pending")
    await ann.patch(path, {field: {"a": before}})
    changed = await ann.patch(path, {field: {"a": after}})
    assert exact(changed.json()[field]) == exact({"a": after})


async def test_a_mission_tells_when_anything_in_it_changed(
    ann: Person, clock: MovableClock
) -> None:
    _, path = await _linked(ann)
    hop, step = f"{path}/hops/{new_id()}", new_id()
    calls: list[tuple[str, str, Any]] = [
        ("POST", f"{path}/hops", {"id": hop.rpartition("/")[2], "name": "hop"}),
        ("PATCH", hop, {"status": "active"}),
        ("POST", f"{hop}/tool-steps", {"id": step, "name": "step"}),
        ("PATCH", f"{hop}/tool-steps/{step}", {"output": 1}),
        ("DELETE", f"{hop}/tool-steps/{step}", None),
        ("DELETE", hop, None),
    ]
    for method, url, body in calls:
        before = (await ann.get(path)).json()["updated_at"]
        clock.move(seconds=1)
        assert (await ann.request(method, url, json=body)).is_success
        assert (await ann.get(path)).json()["updated_at"] > before, (method, url)


async def test_a_patch_that_changes_nothing_does_not_move_the_version(ann: Person) -> None:
    session_id, path = await _linked(ann)
    version = await _version(ann, session_id)
    assert (await ann.patch(path, {"name": "a mission", "data": {}})).status_code == 200
    assert await _version(ann, session_id) == version
