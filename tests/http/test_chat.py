"""Appending to a chat, safely again, and reading it page by page."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.support.answers import fault_at, if_match, refusal
from tests.support.chats import batch, chat_of, grow, is_writing, send, version_of
from tests.support.people import Person, new_id
from tests.support.workspace import Sql, all_rows, has_asset


@pytest.fixture
async def session_id(ann: Person) -> str:
    """A session of Ann's."""
    return str((await ann.has_session())["id"])


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


# Appending


async def test_a_message_shows_what_was_sent_and_what_was_left_out(
    ann: Person, session_id: str
) -> None:
    answer = await send(ann, session_id, {"role": "user", "content": "hello"})
    (message,) = answer.json()["messages"]
    assert answer.status_code == 201
    assert message.keys() == {
        *("id", "seq", "role", "content", "metadata", "asset_ids"),
        *("parent_id", "status", "created_at", "edited_at"),
    }
    assert (message["seq"], message["role"], message["content"]) == (1, "user", "hello")
    assert (message["metadata"], message["asset_ids"], message["parent_id"]) == ({}, [], None)
    assert (message["status"], message["edited_at"]) == ("complete", None)


@pytest.mark.parametrize("role", ["user", "assistant", "system", "tool"])
async def test_every_role_may_speak(ann: Person, session_id: str, role: str) -> None:
    assert (await ann.says(session_id, role=role))["role"] == role


async def test_an_append_answers_the_version_it_made(ann: Person, session_id: str) -> None:
    answer = await send(ann, session_id, batch("a", "b", "c"))
    assert answer.json()["version"] == await version_of(ann, session_id) == 4


async def test_a_batch_keeps_its_order(ann: Person, session_id: str) -> None:
    answer = await send(ann, session_id, batch(*map(str, range(100))))
    shown = [message["content"] for message in answer.json()["messages"]]
    assert shown == [content for _, content in await chat_of(ann, session_id)]
    assert shown == [str(number) for number in range(100)]


@pytest.mark.parametrize("size", [0, 101])
async def test_a_batch_of_another_size_is_refused(ann: Person, session_id: str, size: int) -> None:
    answer = await send(ann, session_id, batch(*["x"] * size))
    assert fault_at(answer) == (422, "validation_failed", ["/messages"])


@pytest.mark.parametrize(
    ("bad", "pointer"),
    [
        ({"role": "robot", "content": "x"}, "/messages/1/role"),
        ({"role": "user", "content": 7}, "/messages/1/content"),
        ({"role": "user", "content": "x", "colour": "red"}, "/messages/1/colour"),
        ({"role": "user", "content": "x", "status": "failed"}, "/messages/1/status"),
    ],
)
async def test_one_bad_message_refuses_the_whole_batch(
    ann: Person, session_id: str, sql: Sql, bad: dict[str, Any], pointer: str
) -> None:
    before = await all_rows(sql)
    good = {"role": "user", "content": "good"}
    answer = await send(ann, session_id, {"messages": [good, bad]})
    status, code, pointers = fault_at(answer)
    assert (status, code, set(pointers)) == (422, "validation_failed", {pointer})
    assert await all_rows(sql) == before


async def test_a_batch_that_fails_in_the_database_leaves_nothing(
    ann: Person, session_id: str, sql: Sql
) -> None:
    before = await all_rows(sql)
    body = batch("good", "orphan")
    body["messages"][1]["parent_id"] = new_id()
    assert fault_at(await send(ann, session_id, body)) == (
        422,
        "validation_failed",
        ["/messages/1/parent_id"],
    )
    assert await all_rows(sql) == before


async def test_seq_has_no_gap_and_is_never_given_twice(ann: Person, session_id: str) -> None:
    await send(ann, session_id, batch("a", "b", "c"))
    last = await ann.says(session_id, "d")
    await ann.delete(f"/api/sessions/{session_id}/messages/{last['id']}")
    await send(ann, session_id, {"role": "robot", "content": "refused"})
    await ann.says(session_id, "e")
    assert await chat_of(ann, session_id) == [(1, "a"), (2, "b"), (3, "c"), (5, "e")]


async def test_each_chat_counts_for_itself(ann: Person, session_id: str) -> None:
    await ann.says(session_id)
    assert (await ann.says((await ann.has_session())["id"]))["seq"] == 1


async def test_an_answer_names_the_message_it_answers(ann: Person, session_id: str) -> None:
    asked = await ann.says(session_id)
    assert (await ann.says(session_id, parent_id=asked["id"]))["parent_id"] == asked["id"]


async def test_a_batch_may_answer_itself(ann: Person, session_id: str) -> None:
    asked = new_id()
    body = batch("question", "answer")
    body["messages"][0]["id"] = body["messages"][1]["parent_id"] = asked
    assert (await send(ann, session_id, body)).json()["messages"][1]["parent_id"] == asked


async def test_a_message_of_another_chat_is_no_parent(ann: Person, session_id: str) -> None:
    elsewhere = await ann.says((await ann.has_session())["id"])
    body = {"role": "user", "content": "x", "parent_id": elsewhere["id"]}
    assert fault_at(await send(ann, session_id, body)) == (422, "validation_failed", ["/parent_id"])


async def test_an_asset_that_is_not_there_is_no_attachment(ann: Person, session_id: str) -> None:
    body = {"role": "user", "content": "x", "asset_ids": [new_id()]}
    assert fault_at(await send(ann, session_id, body)) == (422, "validation_failed", ["/asset_ids"])


async def test_of_a_batch_the_first_message_whose_asset_is_not_there_is_named(
    ann: Person, session_id: str, sql: Sql
) -> None:
    asset = await has_asset(sql, ann, {"session_id": session_id})
    body = batch("a", "b", "c", "d")
    for place, ids in {1: [asset, asset], 2: [asset, new_id()], 3: [new_id()]}.items():
        body["messages"][place]["asset_ids"] = ids
    pointers = ["/messages/2/asset_ids"]
    assert fault_at(await send(ann, session_id, body)) == (422, "validation_failed", pointers)


# Safely again


async def test_a_repeat_answers_200_and_adds_nothing(
    ann: Person, session_id: str, sql: Sql
) -> None:
    body = batch("a", "b")
    for message in body["messages"]:
        message["id"] = new_id()
    first = await send(ann, session_id, body)
    before = await all_rows(sql)
    again = await send(ann, session_id, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert await all_rows(sql) == before


async def test_a_repeat_after_an_edit_answers_the_message_as_it_now_is(
    ann: Person, session_id: str
) -> None:
    body = {"id": new_id(), "role": "user", "content": "helo"}
    await send(ann, session_id, body)
    await ann.patch(f"/api/sessions/{session_id}/messages/{body['id']}", {"content": "hello"})
    again = await send(ann, session_id, body)
    assert again.status_code == 200
    assert again.json()["messages"][0]["content"] == "hello"


async def test_a_batch_that_was_partly_sent_is_completed(ann: Person, session_id: str) -> None:
    body = batch("a", "b", "c")
    for message in body["messages"]:
        message["id"] = new_id()
    await send(ann, session_id, body["messages"][1])
    answer = await send(ann, session_id, body)
    assert answer.status_code == 201
    assert await chat_of(ann, session_id) == [(1, "b"), (2, "a"), (3, "c")]
    assert answer.json()["version"] == await version_of(ann, session_id) == 4


@pytest.mark.parametrize("other", [{"content": "b"}, {"role": "tool"}, {"metadata": {"a": 1}}])
async def test_the_same_id_with_another_message_is_a_conflict(
    ann: Person, session_id: str, sql: Sql, other: dict[str, Any]
) -> None:
    body = {"id": new_id(), "role": "user", "content": "a"}
    await send(ann, session_id, body)
    before = await all_rows(sql)
    fresh = {"role": "user", "content": "fresh"}
    answer = await send(ann, session_id, {"messages": [fresh, body | other]})
    assert refusal(answer) == (409, "id_conflict")
    assert await all_rows(sql) == before


async def test_two_messages_of_one_batch_may_not_share_an_id(ann: Person, session_id: str) -> None:
    message = {"id": new_id(), "role": "user", "content": "a"}
    answer = await send(ann, session_id, {"messages": [message, message]})
    assert refusal(answer) == (422, "validation_failed")


async def test_two_chats_may_hold_the_same_message_id(ann: Person, session_id: str) -> None:
    other = (await ann.has_session())["id"]
    message = await ann.says(session_id, "here", id=new_id())
    await ann.says(other, "there", id=message["id"])
    assert await chat_of(ann, session_id) == [(1, "here")]


async def test_an_idempotency_key_is_the_id_of_one_message(ann: Person, session_id: str) -> None:
    key = new_id()
    body = {"role": "user", "content": "a"}
    first, again = [await send(ann, session_id, body, _key(key)) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["messages"][0]["id"] == key


async def test_an_idempotency_key_makes_a_batch_safe_to_repeat(
    ann: Person, session_id: str
) -> None:
    key = new_id()
    first, again = [await send(ann, session_id, batch("a", "b"), _key(key)) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["messages"] == first.json()["messages"]


async def test_an_idempotency_key_of_another_batch_is_a_conflict(
    ann: Person, session_id: str
) -> None:
    key = new_id()
    await send(ann, session_id, batch("a", "b"), _key(key))
    answer = await send(ann, session_id, batch("a", "c"), _key(key))
    assert refusal(answer) == (409, "id_conflict")


async def test_repeats_at_once_add_one_message(ann: Person, session_id: str) -> None:
    body = {"id": new_id(), "role": "user", "content": "a"}
    answers = await asyncio.gather(*(send(ann, session_id, body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert await chat_of(ann, session_id) == [(1, "a")]


async def test_a_completed_session_still_answers_a_repeat(ann: Person, session_id: str) -> None:
    body = {"id": new_id(), "role": "user", "content": "a"}
    await send(ann, session_id, body)
    await ann.post(f"/api/sessions/{session_id}/complete")
    again = await send(ann, session_id, body)
    assert (again.status_code, again.json()["messages"][0]["id"]) == (200, body["id"])


# If-Match on the chat


async def test_an_append_from_a_stale_view_of_the_chat_is_refused(
    ann: Person, session_id: str, sql: Sql
) -> None:
    seen = await version_of(ann, session_id)
    await ann.says(session_id, "from the phone")
    before = await all_rows(sql)
    answer = await send(ann, session_id, batch("from the old tab"), if_match(seen))
    assert refusal(answer) == (412, "version_mismatch")
    assert answer.json()["current_version"] == seen + 1
    assert await all_rows(sql) == before


async def test_growth_and_edits_and_deletes_make_a_view_of_the_chat_stale(
    ann: Person, session_id: str
) -> None:
    path = await is_writing(ann, session_id)
    changes: list[Callable[[], Awaitable[httpx.Response]]] = [
        lambda: grow(ann, path, 0, "text"),
        lambda: ann.patch(path, {"content": "edited"}),
        lambda: ann.delete(path),
    ]
    for change in changes:
        seen = await version_of(ann, session_id)
        assert (await change()).status_code in (200, 204)
        answer = await send(ann, session_id, batch("stale"), if_match(seen))
        assert refusal(answer) == (412, "version_mismatch")


async def test_an_autosave_does_not_refuse_an_append(ann: Person, session_id: str) -> None:
    seen = await version_of(ann, session_id)
    await ann.patch(f"/api/sessions/{session_id}", {"session_metadata": {"draft": 1}})
    assert (await send(ann, session_id, batch("a"), if_match(seen))).status_code == 201


async def test_a_repeat_is_answered_though_its_if_match_is_stale_by_then(
    ann: Person, session_id: str
) -> None:
    seen = await version_of(ann, session_id)
    body = {"id": new_id(), "role": "user", "content": "a"}
    first, again = [await send(ann, session_id, body, if_match(seen)) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
