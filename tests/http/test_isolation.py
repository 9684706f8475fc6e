"""Two people, every route: what is the other's answers exactly as what does not exist.

Made from the OpenAPI document, so that a new route is covered by itself, or fails here until
tests/support/workspace.py can make the ids that it takes.
"""

import re
from typing import Any

import httpx
import pytest

from session_api.settings import Settings
from tests.support.operations import Operation, guarded, operation_named
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import (
    Sql,
    all_rows,
    has_all_for,
    has_asset,
    has_workspace,
    nowhere,
)

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _name(operation: Operation) -> str:
    return operation.name


every_operation = pytest.mark.parametrize("operation", guarded(), ids=_name)
every_operation_on_an_id = pytest.mark.parametrize(
    "operation", [operation for operation in guarded() if operation.path_ids], ids=_name
)
every_writing_operation = pytest.mark.parametrize(
    "operation", [operation for operation in guarded() if operation.writes], ids=_name
)


def _without_ids(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Status, body and headers of an answer, without what differs from request to request."""
    kept = sorted(set(answer.headers) - {"x-request-id"})
    return answer.status_code, _UUID.sub("…", answer.text), kept


def _mixtures(operation: Operation, own: dict[str, str], other: dict[str, str]) -> list[Any]:
    """All the ids another's; and each one alone, the rest one's own."""
    mixed = [{name: other[name] for name in operation.path_ids}]
    mixed += [own | {name: other[name]} for name in operation.path_ids]
    return mixed


@every_operation_on_an_id
async def test_anothers_ids_answer_as_ids_of_nothing_and_change_nothing(
    ann: Person, bob: Person, sql: Sql, operation: Operation
) -> None:
    anns, bobs = await has_all_for(ann, operation), await has_all_for(bob, operation)
    before = await all_rows(sql)
    of_ann = _mixtures(operation, bobs, anns)
    of_nobody = _mixtures(operation, bobs, nowhere())
    for theirs, nobodys in zip(of_ann, of_nobody, strict=True):
        request = operation.request()
        answer = await bob.request(operation.method, operation.at(theirs), **request)
        absent = await bob.request(operation.method, operation.at(nobodys), **request)
        assert answer.status_code == 404
        assert _without_ids(answer) == _without_ids(absent)
    assert await all_rows(sql) == before


@every_operation
async def test_without_a_token_nothing_answers(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql, operation: Operation
) -> None:
    ids = await has_all_for(ann, operation)
    before = await all_rows(sql)
    answer = await stranger.request(operation.method, operation.at(ids), **operation.request())
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="session-api"'
    assert await all_rows(sql) == before


@every_writing_operation
async def test_with_a_token_that_only_reads_nothing_is_written(
    ann: Person,
    transport: httpx.ASGITransport,
    settings: Settings,
    clock: MovableClock,
    sql: Sql,
    operation: Operation,
) -> None:
    ids = await has_all_for(ann, operation)
    before = await all_rows(sql)
    async with Person("ann", transport, settings, clock, scopes=["sessions:read"]) as reader:
        answer = await reader.request(operation.method, operation.at(ids), **operation.request())
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert await all_rows(sql) == before


async def test_with_a_token_that_only_writes_nothing_is_read(
    ann: Person, transport: httpx.ASGITransport, settings: Settings, clock: MovableClock
) -> None:
    async with Person("ann", transport, settings, clock, scopes=["sessions:write"]) as writer:
        for operation in guarded():
            if not operation.writes:
                ids = await has_all_for(ann, operation)
                answer = await writer.get(operation.at(ids))
                assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


# Ids that are not in the path


@pytest.mark.parametrize("name", ["create_mission"])
async def test_a_mission_is_never_made_for_anothers_session(
    ann: Person, bob: Person, sql: Sql, name: str
) -> None:
    anns = await ann.has_session()
    before = await all_rows(sql)
    operation = operation_named(name)
    body = {"name": "mine", "session_id": anns["id"]}
    answer = await bob.request("POST", operation.path, **operation.request(body))
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
    assert await all_rows(sql) == before


async def test_recovery_with_anothers_session_answers_as_with_none(
    ann: Person, bob: Person
) -> None:
    anns = await ann.has_session(name="Ann's")
    recovered = (await bob.post("/api/sessions/recover", json={"session_id": anns["id"]})).json()
    assert (recovered["outcome"], recovered["reset"]) == ("created", {"reason": "not_found"})
    assert recovered["session"]["id"] != anns["id"]


@pytest.mark.parametrize("field", ["parent_id", "asset_ids"])
async def test_a_message_never_refers_to_anothers_things(
    ann: Person, bob: Person, sql: Sql, field: str
) -> None:
    anns, bobs = await has_workspace(ann), await has_workspace(bob)
    asset = await has_asset(sql, ann, anns)
    theirs = {"parent_id": anns["message_id"], "asset_ids": [asset]}[field]
    nobodys = {"parent_id": new_id(), "asset_ids": [new_id()]}[field]
    before = await all_rows(sql)
    path = f"/api/sessions/{bobs['session_id']}/messages"
    answers = [
        await bob.post(path, json={"role": "user", "content": "x", field: value})
        for value in (theirs, nobodys)
    ]
    assert answers[0].status_code == 422
    assert _without_ids(answers[0]) == _without_ids(answers[1])
    assert await all_rows(sql) == before


async def test_two_people_hold_the_same_ids_and_never_notice(ann: Person, bob: Person) -> None:
    same, message, mission = new_id(), new_id(), new_id()
    for person in (ann, bob):
        await person.has_session(id=same, name=person.name)
        await person.says(same, person.name, id=message)
        await person.has_mission(id=mission, session_id=same, name=person.name)
    await bob.delete(f"/api/sessions/{same}")
    seen = await ann.sees(same)
    assert (seen["name"], seen["mission"]["name"]) == ("ann", "ann")
    assert [shown["content"] for shown in seen["chat"]["messages"]] == ["ann"]


async def test_the_same_name_in_another_tenant_is_another_person(
    ann: Person, transport: httpx.ASGITransport, settings: Settings, clock: MovableClock
) -> None:
    session = await ann.has_session()
    async with Person("ann", transport, settings, clock, tenant="other") as namesake:
        assert (await namesake.get(f"/api/sessions/{session['id']}")).status_code == 404
        assert (await namesake.get("/api/sessions/")).json()["items"] == []


async def test_lists_show_only_ones_own(ann: Person, bob: Person) -> None:
    await has_workspace(ann)
    for path in ("/api/sessions/", "/api/missions/", "/api/audit"):
        assert (await bob.get(path)).json() == {"items": [], "next_cursor": None}
    assert (await bob.get("/api/sessions/active")).status_code == 204
