"""Repeats of appends and edits, and references within a batch."""

from typing import Any

import pytest

from tests.support.answers import fault_at, refusal
from tests.support.people import Person, new_id

A = {"role": "user", "content": "a"}
B = {"role": "user", "content": "b"}
X, Y = A | {"id": new_id()}, A | {"id": new_id()}


@pytest.fixture
async def path(ann: Person) -> str:
    return f"/api/sessions/{(await ann.has_session())['id']}/messages"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"messages": [A, B]}, {"messages": [A, B, B]}),
        ({"messages": [A, B]}, {"messages": [A]}),
        ({"messages": [A, B]}, A),
        (A, {"messages": [A]}),
        (A, B),
        ({"messages": [A, X]}, {"messages": [A, Y]}),
        ({"messages": [X, A]}, {"messages": [A, X]}),
        ({"messages": [X, A]}, {"messages": [Y, A]}),
        ({"messages": [X, A]}, A),
    ],
)
async def test_a_key_that_was_used_for_something_else_is_a_conflict(
    ann: Person, path: str, first: dict[str, Any], then: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": new_id()}
    assert (await ann.post(path, json=first, headers=key)).status_code == 201
    before = (await ann.get(path)).json()
    assert refusal(await ann.post(path, json=then, headers=key)) == (409, "id_conflict")
    assert (await ann.get(path)).json() == before


@pytest.mark.parametrize("body", [A, {"messages": [A]}, {"messages": [A, B, A]}])
async def test_a_key_used_again_for_the_same_is_a_repeat(
    ann: Person, path: str, body: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": new_id()}
    first = await ann.post(path, json=body, headers=key)
    again = await ann.post(path, json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


async def test_a_message_may_bear_the_key_of_its_batch(ann: Person, path: str) -> None:
    key = new_id()
    batch = {"messages": [A, B | {"id": key}, A]}
    answers = [await ann.post(path, json=batch, headers={"Idempotency-Key": key}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    ids = [message["id"] for message in answers[0].json()["messages"]]
    assert ids[1] == key
    assert len(set(ids)) == 3


async def test_a_message_named_after_a_key_can_be_answered(ann: Person, path: str) -> None:
    key = {"Idempotency-Key": new_id()}
    sent = (await ann.post(path, json={"messages": [A, B]}, headers=key)).json()["messages"]
    answer = await ann.post(path, json=A | {"parent_id": sent[1]["id"]})
    assert answer.status_code == 201


async def test_no_message_answers_itself(ann: Person, path: str) -> None:
    itself = new_id()
    answer = await ann.post(path, json=A | {"id": itself, "parent_id": itself})
    assert fault_at(answer) == (422, "validation_failed", ["/parent_id"])


async def test_no_message_answers_a_later_one_of_its_batch(ann: Person, path: str) -> None:
    one, two = new_id(), new_id()
    batch = [A, A | {"id": one, "parent_id": two}, A | {"id": two, "parent_id": one}]
    answer = await ann.post(path, json={"messages": batch})
    assert fault_at(answer) == (422, "validation_failed", ["/messages/1/parent_id"])
    assert (await ann.get(path)).json()["items"] == []


async def test_stopping_again_with_the_version_of_the_first_time_is_safe(
    ann: Person, path: str
) -> None:
    sent = await ann.post(path, json=A | {"status": "in_progress"})
    message, seen = sent.json()["messages"][0], {"If-Match": f'"{sent.json()["version"]}"'}
    first = await ann.patch(f"{path}/{message['id']}", {"status": "cancelled"}, headers=seen)
    again = await ann.patch(f"{path}/{message['id']}", {"status": "cancelled"}, headers=seen)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()


async def test_an_edit_to_what_is_there_already_is_no_edit(ann: Person, path: str) -> None:
    sent = (await ann.post(path, json=A | {"metadata": {"n": 1}})).json()
    message = sent["messages"][0]
    answer = await ann.patch(f"{path}/{message['id']}", {"content": "a", "metadata": {"n": 1}})
    assert answer.json() == message
    assert answer.headers["ETag"] == f'"{sent["version"]}"'


@pytest.mark.parametrize("other", [True, 1.0, "1"])
async def test_an_edit_to_what_only_python_takes_for_the_same_is_one(
    ann: Person, path: str, other: object
) -> None:
    message = (await ann.post(path, json=A | {"metadata": {"n": 1}})).json()["messages"][0]
    answer = await ann.patch(f"{path}/{message['id']}", {"metadata": {"n": other}})
    assert repr(answer.json()["metadata"]["n"]) == repr(other)


@pytest.mark.parametrize(
    "name", ["batch", "message", "str", "union:batch", "union:message", "list[any]", "function-x"]
)
async def test_a_field_named_like_a_part_of_ours_is_pointed_at(
    ann: Person, path: str, name: str
) -> None:
    assert fault_at(await ann.post("/api/sessions/", json={name: 1}))[2] == [f"/{name}"]
    assert fault_at(await ann.post(path, json=A | {name: 1}))[2] == [f"/{name}"]
    batch = {"messages": [A, A | {name: 1}]}
    assert fault_at(await ann.post(path, json=batch))[2] == [f"/messages/1/{name}"]


async def test_a_fault_in_a_batch_is_pointed_at(ann: Person, path: str) -> None:
    for field, value in {"parent_id": new_id(), "asset_ids": [new_id()], "id": "x"}.items():
        batch = {"messages": [A, A | {field: value}]}
        assert fault_at(await ann.post(path, json=batch))[2] == [f"/messages/1/{field}"]
