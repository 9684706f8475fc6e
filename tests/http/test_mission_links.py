"""A mission and its session: one each, and what becomes of one with the other."""

from typing import Any

import pytest

from session_api.settings import Settings
from tests.support.people import MovableClock, Person, new_id
from tests.support.settings import test_settings
from tests.support.workspace import has_workspace


async def _links(person: Person, session_id: str, mission_id: str) -> tuple[int, dict[str, Any]]:
    answer = await person.post(f"/api/sessions/{session_id}/link-mission/{mission_id}")
    return answer.status_code, answer.json()


# Linking


async def test_linking_shows_the_mission_and_moves_the_version_by_one(ann: Person) -> None:
    session, mission = await ann.has_session(), await ann.has_mission()
    status, shown = await _links(ann, session["id"], mission["id"])
    assert (status, shown["mission_id"]) == (200, mission["id"])
    assert shown["mission"]["session_id"] == session["id"]
    assert shown["version"] == session["version"] + 1
    assert "chat" not in shown


async def test_linking_the_same_again_is_safe_and_moves_nothing(ann: Person) -> None:
    session, mission = await ann.has_session(), await ann.has_mission()
    first = await _links(ann, session["id"], mission["id"])
    assert await _links(ann, session["id"], mission["id"]) == first


async def test_linking_the_same_again_is_safe_on_a_session_that_is_over(ann: Person) -> None:
    ids = await has_workspace(ann)
    await ann.post(f"/api/sessions/{ids['session_id']}/complete")
    status, _ = await _links(ann, ids["session_id"], ids["mission_id"])
    assert status == 200


async def test_a_session_with_a_mission_takes_no_other(ann: Person) -> None:
    ids = await has_workspace(ann)
    other = await ann.has_mission()
    status, problem = await _links(ann, ids["session_id"], other["id"])
    assert (status, problem["code"]) == (409, "mission_already_linked")
    assert (await ann.sees(ids["session_id"]))["mission_id"] == ids["mission_id"]


async def test_a_mission_with_a_session_takes_no_other(ann: Person) -> None:
    ids = await has_workspace(ann)
    other = await ann.has_session()
    status, problem = await _links(ann, other["id"], ids["mission_id"])
    assert (status, problem["code"]) == (409, "mission_already_linked")
    assert (await ann.sees(other["id"]))["version"] == other["version"]


async def test_linking_needs_a_session_and_a_mission_that_exist(ann: Person) -> None:
    session, mission = await ann.has_session(), await ann.has_mission()
    status, problem = await _links(ann, new_id(), mission["id"])
    assert (status, problem["code"]) == (404, "session_not_found")
    status, problem = await _links(ann, session["id"], new_id())
    assert (status, problem["code"]) == (404, "mission_not_found")


@pytest.mark.parametrize("leave", ["complete", "archive"])
async def test_linking_needs_an_active_session(ann: Person, leave: str) -> None:
    session, mission = await ann.has_session(), await ann.has_mission()
    await ann.post(f"/api/sessions/{session['id']}/{leave}")
    status, problem = await _links(ann, session["id"], mission["id"])
    assert (status, problem["code"]) == (409, "session_not_active")
    assert (await ann.get(f"/api/missions/{mission['id']}")).json()["session_id"] is None


# Of a session that is not active


@pytest.mark.parametrize("leave", ["complete", "archive"])
async def test_the_mission_of_a_session_that_is_over_takes_no_writes(
    ann: Person, leave: str
) -> None:
    ids = await has_workspace(ann)
    await ann.post(f"/api/sessions/{ids['session_id']}/{leave}")
    mission = f"/api/missions/{ids['mission_id']}"
    hop = f"{mission}/hops/{ids['hop_id']}"
    step = f"{hop}/tool-steps/{ids['step_id']}"
    before = (await ann.get(mission)).json()
    writes: list[tuple[str, str, Any]] = [
        ("PATCH", mission, {"name": "new"}),
        ("POST", f"{mission}/hops", {"name": "new"}),
        ("PATCH", hop, {"status": "active"}),
        ("POST", f"{hop}/tool-steps", {"name": "new"}),
        ("PATCH", step, {"output": "new"}),
        ("DELETE", step, None),
        ("DELETE", hop, None),
        ("DELETE", mission, None),
    ]
    for method, url, body in writes:
        answer = await ann.request(method, url, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "session_not_active"), url
    new = await ann.post("/api/missions/", json={"name": "new", "session_id": ids["session_id"]})
    assert new.json()["code"] == "session_not_active"
    assert (await ann.get(mission)).json() == before


async def test_a_patch_that_changes_nothing_is_taken_even_then(ann: Person) -> None:
    ids = await has_workspace(ann)
    await ann.post(f"/api/sessions/{ids['session_id']}/complete")
    answer = await ann.patch(f"/api/missions/{ids['mission_id']}", {"status": "pending"})
    assert answer.status_code == 200


async def test_active_tool_steps_are_cancelled_when_the_session_leaves_active(
    ann: Person,
) -> None:
    ids = await has_workspace(ann)
    pending = await ann.post(
        f"/api/missions/{ids['mission_id']}/hops/{ids['hop_id']}/tool-steps",
        json={"name": "for later"},
    )
    await ann.post(f"/api/sessions/{ids['session_id']}/complete")
    steps = (await ann.sees(ids["session_id"]))["mission"]["hops"][0]["tool_steps"]
    assert [step["status"] for step in steps] == ["cancelled", "pending"]
    assert steps[0]["finished_at"] is not None
    assert steps[1] == pending.json()


async def test_a_mission_whose_steps_were_cancelled_was_changed(
    ann: Person, clock: MovableClock
) -> None:
    ids = await has_workspace(ann)
    path = f"/api/missions/{ids['mission_id']}"
    before = (await ann.get(path)).json()["updated_at"]
    clock.move(seconds=1)
    await ann.post(f"/api/sessions/{ids['session_id']}/complete")
    assert (await ann.get(path)).json()["updated_at"] > before


# A finished mission


async def test_a_completed_mission_completes_its_session(ann: Person) -> None:
    ids = await has_workspace(ann)
    await ann.patch(f"/api/missions/{ids['mission_id']}", {"status": "completed"})
    seen = await ann.sees(ids["session_id"])
    assert (seen["status"], seen["mission"]["status"]) == ("completed", "completed")
    assert seen["completed_at"] is not None


@pytest.mark.parametrize("linked_by", ["its creation", "a call"])
async def test_a_mission_that_was_completed_before_leaves_its_session_active(
    ann: Person, linked_by: str
) -> None:
    session = await ann.has_session()
    if linked_by == "a call":
        mission = await ann.has_mission(status="completed")
        await _links(ann, session["id"], mission["id"])
    else:
        mission = await ann.has_mission(status="completed", session_id=session["id"])
    seen = await ann.sees(session["id"])
    assert (seen["status"], seen["mission_id"]) == ("active", mission["id"])
    assert seen["version"] == session["version"] + 1


@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_a_mission_that_ends_otherwise_leaves_its_session_active(
    ann: Person, status: str
) -> None:
    ids = await has_workspace(ann)
    await ann.patch(f"/api/missions/{ids['mission_id']}", {"status": status})
    assert (await ann.sees(ids["session_id"]))["status"] == "active"


class TestWithTheSettingOff:
    @pytest.fixture
    def settings(self, database_url: str) -> Settings:
        return test_settings(database_url, mission_completes_session=False)

    async def test_a_completed_mission_leaves_its_session_active(self, ann: Person) -> None:
        ids = await has_workspace(ann)
        await ann.patch(f"/api/missions/{ids['mission_id']}", {"status": "completed"})
        assert (await ann.sees(ids["session_id"]))["status"] == "active"
