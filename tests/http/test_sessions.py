"""Sessions over HTTP: making one, safely again, reading one, erasing one."""

from typing import Any
from uuid import UUID

import pytest

from session_api.models import METADATA
from tests.support.answers import fault_at, refusal
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import Sql, all_rows, has_asset, has_workspace

V4 = "5f2c1a3e-8b4d-4c6f-9a7e-1d2b3c4d5e6f"
V7 = "0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21"
V1 = "c232ab00-9414-11ec-b3c8-9f6bdeced846"


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


# Making


async def test_a_new_session_is_active_and_has_an_empty_chat(ann: Person) -> None:
    session = await ann.has_session(name="Lisbon", session_metadata={"panel": "map"})
    assert session["status"] == "active"
    assert session["user_id"] == "ann"
    assert session["session_metadata"] == {"panel": "map"}
    assert session["version"] == 1
    whole = await ann.sees(session["id"])
    assert whole["chat"]["messages"] == []
    assert whole["mission"] is None
    assert whole["assets"] == []


async def test_a_session_needs_neither_a_field_nor_a_body(ann: Person) -> None:
    answer = await ann.post("/api/sessions/")
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["session_metadata"]) == (None, {})


async def test_a_new_session_is_announced_with_its_address_and_version(ann: Person) -> None:
    answer = await ann.post("/api/sessions/", json={})
    assert answer.headers["Location"] == f"/api/sessions/{answer.json()['id']}"
    assert answer.headers["ETag"] == '"1"'


async def test_an_id_that_the_service_makes_is_a_uuid_v7(ann: Person) -> None:
    assert UUID((await ann.has_session())["id"]).version == 7


@pytest.mark.parametrize("session_id", [V4, V7])
async def test_a_client_may_make_the_id(ann: Person, session_id: str) -> None:
    assert (await ann.has_session(id=session_id))["id"] == session_id


async def test_an_id_in_upper_case_comes_back_in_lower_case(ann: Person) -> None:
    session_id = new_id()
    assert (await ann.has_session(id=session_id.upper()))["id"] == session_id


@pytest.mark.parametrize(
    "session_id",
    ["", "7", "g" * 32, V4.replace("-", ""), f"{{{V4}}}", f"{V4}\n", V1, str(UUID(int=0))],
)
async def test_what_no_client_should_make_as_an_id_is_refused(ann: Person, session_id: str) -> None:
    answer = await ann.post("/api/sessions/", json={"id": session_id})
    assert fault_at(answer) == (422, "validation_failed", ["/id"])


# Safely again


async def test_a_repeat_answers_200_and_makes_nothing(ann: Person, sql: Sql) -> None:
    body = {"id": new_id(), "name": "Lisbon", "session_metadata": {"a": 1}}
    first = await ann.post("/api/sessions/", json=body)
    before = await all_rows(sql)
    again = await ann.post("/api/sessions/", json=body)
    assert (again.status_code, again.json()) == (200, first.json())
    assert await all_rows(sql) == before


async def test_a_repeat_may_name_its_keys_in_another_order(ann: Person) -> None:
    session_id = new_id()
    await ann.has_session(id=session_id, session_metadata={"a": 1, "b": 2})
    again = {"session_metadata": {"b": 2, "a": 1}, "id": session_id}
    assert (await ann.post("/api/sessions/", json=again)).status_code == 200


async def test_a_repeat_after_edits_answers_the_session_as_it_now_is(ann: Person) -> None:
    body = {"id": new_id(), "name": "Lisbon"}
    await ann.has_session(**body)
    await ann.put(f"/api/sessions/{body['id']}", json={"name": "Porto"})
    await ann.post(f"/api/sessions/{body['id']}/complete")
    again = (await ann.post("/api/sessions/", json=body)).json()
    assert (again["name"], again["status"]) == ("Porto", "completed")


@pytest.mark.parametrize(
    "other", [{"name": "Porto"}, {}, {"name": "Lisbon", "session_metadata": {"a": 1.0}}]
)
async def test_the_same_id_with_another_body_is_a_conflict(
    ann: Person, sql: Sql, other: dict[str, Any]
) -> None:
    session = await ann.has_session(id=new_id(), name="Lisbon", session_metadata={"a": 1})
    before = await all_rows(sql)
    answer = await ann.post("/api/sessions/", json=other | {"id": session["id"]})
    assert refusal(answer) == (409, "id_conflict")
    assert await all_rows(sql) == before


async def test_an_idempotency_key_is_taken_as_the_id(ann: Person) -> None:
    key = new_id()
    first = await ann.post("/api/sessions/", json={"name": "Lisbon"}, headers=_key(key))
    again = await ann.post("/api/sessions/", json={"name": "Lisbon"}, headers=_key(f'"{key}"'))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"] == key


async def test_an_idempotency_key_of_another_request_is_a_conflict(ann: Person) -> None:
    key = new_id()
    await ann.post("/api/sessions/", json={"name": "Lisbon"}, headers=_key(key))
    answer = await ann.post("/api/sessions/", json={"name": "Porto"}, headers=_key(key))
    assert refusal(answer) == (409, "id_conflict")


async def test_an_idempotency_key_beside_another_id_is_refused(ann: Person) -> None:
    answer = await ann.post("/api/sessions/", json={"id": new_id()}, headers=_key(new_id()))
    assert fault_at(answer) == (422, "validation_failed", ["/id"])


async def test_an_idempotency_key_that_is_no_uuid_is_refused(ann: Person) -> None:
    answer = await ann.post("/api/sessions/", json={}, headers=_key("my-key"))
    assert fault_at(answer) == (422, "validation_failed", ["/Idempotency-Key"])


async def test_two_people_may_hold_the_same_id_and_never_notice(ann: Person, bob: Person) -> None:
    session_id = new_id()
    await ann.has_session(id=session_id, name="Ann's", session_metadata={"of": "ann"})
    await bob.has_session(id=session_id, name="Bob's", session_metadata={"of": "bob"})
    await ann.says(session_id, "mine")
    await bob.delete(f"/api/sessions/{session_id}")
    seen = await ann.sees(session_id)
    assert (seen["name"], seen["session_metadata"]) == ("Ann's", {"of": "ann"})
    assert [message["content"] for message in seen["chat"]["messages"]] == ["mine"]


# Reading


async def test_include_chooses_the_parts(ann: Person) -> None:
    session_id = (await has_workspace(ann))["session_id"]
    shown = {
        include: {"chat", "mission", "assets"}
        & (await ann.sees(session_id, include=include)).keys()
        for include in ("", "chat", "mission,assets", "chat,mission,assets")
    }
    assert shown == {
        "": set(),
        "chat": {"chat"},
        "mission,assets": {"mission", "assets"},
        "chat,mission,assets": {"chat", "mission", "assets"},
    }


async def test_include_of_an_unknown_part_is_refused(ann: Person) -> None:
    session = await ann.has_session()
    answer = await ann.get(f"/api/sessions/{session['id']}", params={"include": "chat,hops"})
    assert fault_at(answer) == (422, "validation_failed", ["/include"])


@pytest.mark.parametrize(
    ("messages", "shown", "has_more", "next_before"),
    [(0, [], True, 4), (1, [3], True, 3), (2, [2, 3], True, 2), (3, [1, 2, 3], False, None)],
)
async def test_messages_says_how_many_of_the_latest_come_along(
    ann: Person, messages: int, shown: list[int], has_more: bool, next_before: int | None
) -> None:
    session = await ann.has_session()
    for _ in range(3):
        await ann.says(session["id"])
    chat = (await ann.sees(session["id"], messages=messages))["chat"]
    assert [message["seq"] for message in chat["messages"]] == shown
    assert (chat["message_count"], chat["has_more"], chat["next_before"]) == (
        3,
        has_more,
        next_before,
    )


@pytest.mark.parametrize("messages", [-1, 201, "many"])
async def test_messages_out_of_range_is_refused(ann: Person, messages: int | str) -> None:
    session = await ann.has_session()
    answer = await ann.get(f"/api/sessions/{session['id']}", params={"messages": messages})
    assert fault_at(answer) == (422, "validation_failed", ["/messages"])


@pytest.mark.parametrize("tag", ['"{}"', 'W/"{}"', '"1", "{}"', '"1",W/"{}"', ' "{}" '])
async def test_a_version_that_is_present_is_not_sent_again(ann: Person, tag: str) -> None:
    session = await ann.has_session()
    await ann.says(session["id"])
    path = f"/api/sessions/{session['id']}"
    answer = await ann.get(path, headers={"If-None-Match": tag.format(session["version"] + 1)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == f'"{session["version"] + 1}"'


@pytest.mark.parametrize(
    "tag",
    [
        '"1"',
        '"3"',
        'W/"1"',
        '"1", "3"',
        '"2-gzip"',
        "2",
        '"',
        "",
        "*",
        '"9999999999999999999"',
    ],
)
async def test_a_version_that_is_not_present_brings_the_session(ann: Person, tag: str) -> None:
    session = await ann.has_session()
    await ann.says(session["id"])
    answer = await ann.get(f"/api/sessions/{session['id']}", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')


async def test_having_seen_a_version_opens_nobody_elses_session(ann: Person, bob: Person) -> None:
    session = await ann.has_session()
    answer = await bob.get(f"/api/sessions/{session['id']}", headers={"If-None-Match": '"1"'})
    assert refusal(answer) == (404, "session_not_found")


# The most recently active


async def test_there_is_no_active_session_at_first(ann: Person, bob: Person) -> None:
    await bob.has_session()
    answer = await ann.get("/api/sessions/active")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_the_active_session_is_the_one_used_last_and_whole(
    ann: Person, clock: MovableClock
) -> None:
    used, idle, over = [await ann.has_session(name=name) for name in ("used", "idle", "over")]
    clock.move(seconds=1)
    await ann.says(used["id"], "hello")
    await ann.post(f"/api/sessions/{over['id']}/complete")
    answer = await ann.get("/api/sessions/active")
    session = answer.json()
    assert session["name"] == "used"
    assert answer.headers["ETag"] == f'"{session["version"]}"'
    assert [message["content"] for message in session["chat"]["messages"]] == ["hello"]
    assert (session["mission"], session["assets"]) == (None, [])
    assert idle["status"] == "active"


async def test_asking_for_the_active_session_touches_it_but_not_its_version(
    ann: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    clock.move(hours=1)
    shown = (await ann.get("/api/sessions/active")).json()
    seen = await ann.sees(session["id"])
    assert shown["last_activity_at"] == seen["last_activity_at"] > session["last_activity_at"]
    assert (seen["version"], seen["updated_at"]) == (session["version"], session["updated_at"])


# Erasing


async def test_erasing_leaves_nothing_of_the_tree(ann: Person, sql: Sql) -> None:
    ids = await has_workspace(ann)
    await has_asset(sql, ann, ids)
    assert (await ann.delete(f"/api/sessions/{ids['session_id']}")).status_code == 204
    rows = await all_rows(sql)
    left = {table for table in METADATA.tables if rows[table]}
    # What is left of a file is that its object is to go.
    assert left == {
        *("users", "audit_events", "audit_unsealed", "object_deletions", "installation")
    }


async def test_erasing_one_session_leaves_the_others(ann: Person, sql: Sql) -> None:
    kept = await has_workspace(ann)
    before = await ann.sees(kept["session_id"])
    await ann.delete(f"/api/sessions/{(await has_workspace(ann))['session_id']}")
    assert await ann.sees(kept["session_id"]) == before


async def test_what_was_erased_is_gone_for_good(ann: Person) -> None:
    path = f"/api/sessions/{(await ann.has_session())['id']}"
    await ann.delete(path)
    assert refusal(await ann.delete(path)) == (404, "session_not_found")
    assert refusal(await ann.get(path)) == (404, "session_not_found")


async def test_a_session_of_any_status_can_be_erased(ann: Person) -> None:
    path = f"/api/sessions/{(await ann.has_session())['id']}"
    await ann.post(f"{path}/archive")
    assert (await ann.delete(path)).status_code == 204
