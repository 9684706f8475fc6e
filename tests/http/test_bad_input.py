"""Requests that are not as they should be: each gets the contract's problem and changes nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from session_api.settings import Settings
from tests.support.operations import FORM, Operation, guarded, operation_named
from tests.support.people import MERGE_PATCH, Person
from tests.support.settings import test_settings
from tests.support.workspace import Sql, all_rows, has_all_for, has_workspace

LIMIT = 100_000
CHUNK = b" " * 1000
SECRET = "a sentence that nobody else should read"

with_body = pytest.mark.parametrize(
    "operation",
    # What is wrong with forms, test_asset_upload tells.
    [operation for operation in guarded() if operation.media_type not in (None, FORM)],
    ids=lambda operation: operation.name,
)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return test_settings(database_url, max_body_bytes=LIMIT)


def _deep(levels: int) -> dict[str, Any]:
    """An object nested so many levels deep."""
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


class Body:
    """A body of a megabyte that counts how much of it was pulled."""

    def __init__(self) -> None:
        self.pulled = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(1000):
            self.pulled += len(CHUNK)
            yield CHUNK


# The body as a whole


@with_body
async def test_a_field_that_is_not_known_is_refused_by_name(
    ann: Person, sql: Sql, operation: Operation
) -> None:
    ids = await has_all_for(ann, operation)
    before = await all_rows(sql)
    body = next(iter(operation.examples.values())) | {"nmae": SECRET}
    with capture_logs() as logs:
        answer = await ann.request(operation.method, operation.at(ids), **operation.request(body))
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/nmae"]
    (line,) = logs
    assert line["request_id"] == answer.json()["request_id"]
    assert SECRET not in str(line) + answer.text
    assert ann.token not in str(line)
    assert await all_rows(sql) == before


NO_OBJECTS = {
    "array": b"[]",
    "text": b'"text"',
    "number": b"1",
    "true": b"true",
    "cut short": b'{"name": "a',
    "two values": b"{}{}",
    "a comma too many": b'{"name": "a",}',
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "surrogates as bytes": b'{"name": "\xed\xa0\x80"}',
    "only spaces": b"   ",
}


@with_body
async def test_what_is_no_json_object_is_refused(
    ann: Person, sql: Sql, operation: Operation
) -> None:
    ids = await has_all_for(ann, operation)
    before = await all_rows(sql)
    headers = {"Content-Type": operation.media_type or ""}
    optional = not operation.document["requestBody"].get("required", False)
    bodies = NO_OBJECTS | ({} if optional else {"null": b"null", "empty": b""})
    for name, content in bodies.items():
        answer = await ann.request(
            operation.method, operation.at(ids), content=content, headers=headers
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), name
    assert await all_rows(sql) == before


@with_body
async def test_another_content_type_is_refused(ann: Person, sql: Sql, operation: Operation) -> None:
    ids = await has_all_for(ann, operation)
    before = await all_rows(sql)
    kinds = ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "\xff"]
    if operation.method != "PATCH":
        kinds.append(MERGE_PATCH["Content-Type"])
    for kind in kinds:
        headers = {b"Content-Type": kind.encode("latin-1")}
        answer = await ann.request(
            operation.method, operation.at(ids), content=b"{}", headers=headers
        )
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type"), kind
    assert await all_rows(sql) == before


# Too large


@with_body
async def test_a_body_over_the_limit_is_refused_while_it_is_read(
    ann: Person, sql: Sql, operation: Operation
) -> None:
    ids = await has_all_for(ann, operation)
    before = await all_rows(sql)
    body = Body()
    headers = {"Content-Type": operation.media_type or ""}
    answer = await ann.request(operation.method, operation.at(ids), content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert answer.json()["limit_bytes"] == LIMIT
    assert body.pulled <= LIMIT + 2 * len(CHUNK)
    assert await all_rows(sql) == before


@with_body
async def test_a_body_declared_over_the_limit_is_refused_unread(
    ann: Person, operation: Operation
) -> None:
    ids = await has_all_for(ann, operation)
    body = Body()
    headers = {"Content-Type": operation.media_type or "", "Content-Length": str(1000 * 1000)}
    answer = await ann.request(operation.method, operation.at(ids), content=body, headers=headers)
    assert answer.status_code == 413
    assert body.pulled == 0


async def test_a_body_longer_than_it_declared_is_refused_all_the_same(ann: Person) -> None:
    body = Body()
    headers = {"Content-Type": "application/json", "Content-Length": "10"}
    answer = await ann.post("/api/sessions/", content=body, headers=headers)
    assert answer.status_code == 413
    assert body.pulled <= LIMIT + 2 * len(CHUNK)


async def test_a_body_in_chunks_within_the_limit_is_taken(ann: Person) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"name": '
        yield b'"in chunks"}'

    headers = {"Content-Type": "application/json"}
    answer = await ann.post("/api/sessions/", content=chunks(), headers=headers)
    assert (answer.status_code, answer.json()["name"]) == (201, "in chunks")


# Metadata


@pytest.mark.parametrize("size", [64 * 1024, 64 * 1024 + 1])
async def test_metadata_may_have_64_kib_and_not_a_byte_more(ann: Person, size: int) -> None:
    session = await ann.has_session()
    metadata = {"a": "x" * (size - len('{"a":""}'))}
    path = f"/api/sessions/{session['id']}"
    created = await ann.post("/api/sessions/", json={"session_metadata": metadata})
    replaced = await ann.put(path, json={"session_metadata": metadata})
    merged = await ann.patch(path, {"session_metadata": metadata})
    fits = size == 64 * 1024
    assert [answer.is_success for answer in (created, replaced, merged)] == [fits] * 3
    assert (await ann.sees(session["id"]))["session_metadata"] == (metadata if fits else {})


@pytest.mark.parametrize("depth", [32, 33])
async def test_metadata_may_be_32_deep_and_no_deeper(ann: Person, depth: int) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    body = {"session_metadata": _deep(depth)}
    answers = [
        await ann.post("/api/sessions/", json=body),
        await ann.put(path, json=body),
        await ann.patch(path, {"session_metadata": _deep(depth) | {"b": 1}}),
    ]
    assert [answer.status_code for answer in answers] == (
        [201, 200, 200] if depth == 32 else [422] * 3
    )


async def test_patches_that_fit_may_not_add_up_to_metadata_that_does_not(ann: Person) -> None:
    session = await ann.has_session(session_metadata={"a": "x" * 40_000})
    path = f"/api/sessions/{session['id']}"
    answer = await ann.patch(path, {"session_metadata": {"b": "x" * 40_000}})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/session_metadata")
    assert (await ann.sees(session["id"]))["version"] == session["version"]


# Versions and cursors


@pytest.mark.parametrize(
    "operation",
    [
        operation
        for operation in guarded()
        if any(parameter["name"] == "if-match" for parameter in operation.parameters)
    ],
    ids=lambda operation: operation.name,
)
@pytest.mark.parametrize("seen", ['"0"', '"999"', 'W/"2"'], ids=["stale", "never reached", "weak"])
async def test_a_version_that_was_not_seen_changes_nothing(
    ann: Person, sql: Sql, operation: Operation, seen: str
) -> None:
    ids = await has_all_for(ann, operation)
    if operation.name == "resume_session":  # where it is active, nothing would change anyway
        await ann.post(f"/api/sessions/{ids['session_id']}/complete")
    before = await all_rows(sql)
    request = operation.request()
    headers = request.pop("headers", {}) | {"If-Match": seen}
    answer = await ann.request(operation.method, operation.at(ids), headers=headers, **request)
    assert (answer.status_code, answer.json()["code"]) == (412, "version_mismatch")
    assert answer.json()["current_version"] == (await ann.sees(ids["session_id"]))["version"]
    assert await all_rows(sql) == before


@pytest.mark.parametrize("name", ["list_sessions", "list_missions", "list_audit_events"])
async def test_a_cursor_that_was_tampered_with_is_refused(
    ann: Person, bob: Person, name: str
) -> None:
    path = operation_named(name).path
    for person in (ann, bob):
        await has_workspace(person)
        await has_workspace(person)
    cursor = (await ann.get(path, params={"limit": 1})).json()["next_cursor"]
    assert (await ann.get(path, params={"cursor": cursor})).status_code == 200
    flipped = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    bobs = (await bob.get(path, params={"limit": 1})).json()["next_cursor"]
    for forged in (flipped, cursor[:-2], cursor + "AA", bobs, "", "1", "' OR 1=1", "a" * 2000):
        answer = await ann.get(path, params={"cursor": forged})
        assert answer.status_code == 422, forged
        assert answer.json()["errors"][0]["pointer"] == "/cursor"
