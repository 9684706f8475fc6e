"""Two devices write: who is told, what survives, who wins, and where it is written down."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from session_api.settings import Settings
from tests.support.answers import if_match, refusal
from tests.support.chats import version_of
from tests.support.operations import Operation, operations
from tests.support.people import MovableClock, Person
from tests.support.workspace import has_workspace

GUARDED = [
    operation
    for operation in operations()
    if any(parameter["name"].lower() == "if-match" for parameter in operation.parameters)
]


async def _all_changes(person: Person, ids: dict[str, str], operation: Operation) -> None:
    """Somebody else changes the session's fields, the chat and the message meanwhile."""
    session = f"/api/sessions/{ids['session_id']}"
    answers = [
        await person.patch(session, {"session_metadata": {"meanwhile": 1}}),
        await person.post(f"{session}/messages", json={"role": "user", "content": "meanwhile"}),
        await person.post(
            f"{session}/messages/{ids['message_id']}/append", json={"offset": 0, "text": "more"}
        ),
    ]
    if operation.name == "resume_session":  # of an active one there is nothing to refuse
        answers.append(await person.post(f"{session}/complete"))
    assert all(answer.status_code < 300 for answer in answers)


async def _send(
    person: Person, operation: Operation, ids: dict[str, str], version: int
) -> httpx.Response:
    request = operation.request()
    headers = request.pop("headers", {}) | if_match(version)
    return await person.request(operation.method, operation.at(ids), headers=headers, **request)


def test_these_operations_are_guarded() -> None:
    assert {operation.name for operation in GUARDED} == {
        *("update_session", "merge_session", "delete_session"),
        *("complete_session", "archive_session", "resume_session"),
        *("append_messages", "update_message", "delete_message"),
    }


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.name)
async def test_who_saw_too_little_is_told_the_present_version_and_succeeds_with_it(
    ann: Person, operation: Operation
) -> None:
    ids = await has_workspace(ann)
    seen = await version_of(ann, ids["session_id"])
    await _all_changes(ann, ids, operation)
    present = await version_of(ann, ids["session_id"])
    refused = await _send(ann, operation, ids, seen)
    assert refusal(refused) == (412, "version_mismatch")
    assert refused.json()["current_version"] == present > seen
    assert await version_of(ann, ids["session_id"]) == present  # nothing was changed
    told = refused.json()["current_version"]
    assert (await _send(ann, operation, ids, told)).status_code < 300


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.name)
async def test_a_version_from_the_future_is_refused_with_the_present_one(
    ann: Person, operation: Operation
) -> None:
    ids = await has_workspace(ann)
    if operation.name == "resume_session":
        await ann.post(f"/api/sessions/{ids['session_id']}/complete")
    present = await version_of(ann, ids["session_id"])
    refused = await _send(ann, operation, ids, present + 1)
    assert refusal(refused) == (412, "version_mismatch")
    assert refused.json()["current_version"] == present


# Without If-Match: field by field


@pytest.fixture
async def phone(app: FastAPI, settings: Settings, clock: MovableClock) -> AsyncIterator[Person]:
    """A second device of ann's."""
    async with Person("ann", httpx.ASGITransport(app), settings, clock) as person:
        yield person


async def _updates(person: Person, session_id: str, since: int) -> list[dict[str, Any]]:
    answer = await person.get(f"/api/sessions/{session_id}/changes", params={"since": since})
    return list(answer.json()["changes"])


async def test_what_two_devices_merge_under_different_keys_both_survives(
    ann: Person, phone: Person
) -> None:
    session = await ann.has_session(session_metadata={"kept": True, "panel": {"x": 0, "y": 0}})
    path = f"/api/sessions/{session['id']}"

    async def saves(device: Person, name: str) -> None:
        for number in range(10):
            inner = {"panel": {"x": number} if name == "desk" else {"y": number}}
            answer = await device.patch(path, {"session_metadata": {f"{name}{number}": 1} | inner})
            assert answer.status_code == 200

    await asyncio.gather(saves(ann, "desk"), saves(phone, "phone"))
    saved = (await ann.sees(session["id"]))["session_metadata"]
    assert saved == {
        "kept": True,
        "panel": {"x": 9, "y": 9},
        **{f"{name}{number}": 1 for name in ("desk", "phone") for number in range(10)},
    }


async def test_under_the_same_key_the_later_wins_and_the_log_shows_both(
    ann: Person, phone: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    await ann.patch(path, {"session_metadata": {"draft": "at the desk"}})
    clock.move(seconds=1)
    await phone.patch(path, {"session_metadata": {"draft": "on the phone"}})
    assert (await ann.sees(session["id"]))["session_metadata"] == {"draft": "on the phone"}
    first, second = await _updates(ann, session["id"], 1)
    assert [first["version"], second["version"]] == [2, 3]
    assert {first["kind"], second["kind"]} == {"session.updated"}
    assert first["at"] < second["at"]
    assert second["data"]["session_metadata"] == {"draft": "on the phone"}


async def test_of_two_at_once_one_is_later_and_both_are_in_the_log(
    ann: Person, phone: Person
) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    answers = await asyncio.gather(
        ann.patch(path, {"session_metadata": {"draft": "desk"}}),
        phone.patch(path, {"session_metadata": {"draft": "phone"}}),
    )
    later = max(answers, key=lambda answer: int(answer.json()["version"]))
    assert sorted(answer.json()["version"] for answer in answers) == [2, 3]
    assert (await ann.sees(session["id"]))["session_metadata"] == later.json()["session_metadata"]
    assert [each["version"] for each in await _updates(ann, session["id"], 1)] == [2, 3]


async def test_of_two_that_saw_the_same_one_is_refused(ann: Person, phone: Person) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    answers = await asyncio.gather(
        ann.patch(path, {"session_metadata": {"draft": "desk"}}, headers=if_match(1)),
        phone.patch(path, {"session_metadata": {"draft": "phone"}}, headers=if_match(1)),
    )
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, refusal(lost)) == (200, (412, "version_mismatch"))
    assert lost.json()["current_version"] == 2
    saved = (await ann.sees(session["id"]))["session_metadata"]
    assert saved == won.json()["session_metadata"]


async def test_different_fields_of_a_message_and_of_a_step_both_survive(
    ann: Person, phone: Person
) -> None:
    ids = await has_workspace(ann)
    message = f"/api/sessions/{ids['session_id']}/messages/{ids['message_id']}"
    step = f"/api/missions/{ids['mission_id']}/hops/{ids['hop_id']}/tool-steps/{ids['step_id']}"
    answers = await asyncio.gather(
        ann.patch(message, {"metadata": {"a": 1}}),
        phone.patch(message, {"metadata": {"b": 2}}),
        ann.patch(step, {"output": {"a": 1}}),
        phone.patch(step, {"output": {"b": 2}}),
        phone.patch(step, {"name": "renamed"}),
    )
    assert {answer.status_code for answer in answers} == {200}
    assert (await ann.get(message)).json()["metadata"] == {"a": 1, "b": 2}
    tool_step = (await ann.sees(ids["session_id"]))["mission"]["hops"][0]["tool_steps"][0]
    assert (tool_step["name"], tool_step["output"]) == ("renamed", {"a": 1, "b": 2})
