"""Said twice, or by many at once: a file is made once, and nothing acknowledged is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from tests.support.answers import fault_at, refusal
from tests.support.assets import (
    FORM,
    HELLO,
    announce,
    bring,
    caller_of,
    complete,
    faults,
    form,
    hang_up,
    has_file,
    in_chunks,
    is_announced,
    listed,
    part,
    path_of,
    reads,
    rows_of,
    stored_keys,
    upload,
    uploaded,
)
from tests.support.chats import version_of
from tests.support.people import MovableClock, Person, new_id
from tests.support.waiting import until
from tests.support.workspace import Sql, has_workspace

AT_ONCE = 20


@pytest.fixture(autouse=True)
async def stays_whole(app: FastAPI, sql: Sql) -> AsyncIterator[None]:
    """Counters, rows and objects agree, whatever a test did."""
    yield
    assert await faults(app, sql) == []


# Announcing again


@pytest.mark.parametrize("way", ["id", "Idempotency-Key", "both"])
async def test_the_same_announcement_again_answers_the_same_file_with_a_fresh_ticket(
    ann: Person, stranger: httpx.AsyncClient, clock: MovableClock, sql: Sql, way: str
) -> None:
    session, asset_id = await ann.has_session(), new_id()
    fields: dict[str, Any] = {} if way == "Idempotency-Key" else {"id": asset_id}
    headers = {} if way == "id" else {"Idempotency-Key": asset_id}
    first = await announce(ann, session["id"], headers=headers, **fields)
    clock.move(minutes=40)
    again = await announce(ann, session["id"], headers=headers, **fields)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["asset"]["id"] == asset_id
    assert again.json()["asset"] == first.json()["asset"]
    clock.move(minutes=40)  # the first ticket is over by now
    late = await bring(stranger, first.json()["upload"])
    assert refusal(late) == (403, "ticket_invalid")
    assert (await bring(stranger, again.json()["upload"])).status_code == 200
    assert (await complete(ann, again.json()["asset"])).status_code == 200
    assert await rows_of(sql) == 1


async def test_both_tickets_of_a_repeated_announcement_bring_the_same_file(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session, asset_id = await ann.has_session(), new_id()
    asset, first = await is_announced(ann, session["id"], id=asset_id)
    second = (await announce(ann, session["id"], id=asset_id)).json()["upload"]
    for ticket in (first, second, first):
        assert (await bring(stranger, ticket)).status_code == 200
    assert (await complete(ann, asset)).status_code == 200


async def test_another_announcement_under_the_same_id_is_refused(ann: Person) -> None:
    ids, asset_id = await has_workspace(ann), new_id()
    first = await announce(ann, ids["session_id"], id=asset_id)
    changes: dict[str, Any] = {
        "name": "other.txt",
        "content_type": "text/html",
        "size": 12,
        "sha256": "0" * 64,
        "mission_id": ids["mission_id"],
        "hop_id": ids["hop_id"],
    }
    for field, value in changes.items():
        other = await announce(ann, ids["session_id"], id=asset_id, **{field: value})
        assert refusal(other) == (409, "id_conflict"), field
    repeat = await announce(ann, ids["session_id"], id=asset_id)
    assert repeat.json()["asset"] == first.json()["asset"]


async def test_an_id_that_differs_from_the_key_is_refused(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    headers = {"Idempotency-Key": new_id()}
    answer = await announce(ann, session["id"], headers=headers, id=new_id())
    assert fault_at(answer) == (422, "validation_failed", ["/id"])
    assert await rows_of(sql) == 0


async def test_an_announcement_of_a_ready_file_answers_it_without_a_ticket(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session, asset_id = await ann.has_session(), new_id()
    asset = await has_file(ann, stranger, session["id"], id=asset_id)
    answer = await announce(ann, session["id"], id=asset_id)
    assert (answer.status_code, answer.json()) == (200, {"asset": asset, "upload": None})


async def test_the_same_id_in_two_sessions_is_two_files(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    asset_id, texts = new_id(), (b"one", b"two")
    sessions = [(await ann.has_session())["id"] for _ in texts]
    for session, text in zip(sessions, texts, strict=True):
        await has_file(ann, stranger, session, text, id=asset_id)
    await ann.delete(path_of(sessions[0], asset_id))
    left = {"session_id": sessions[1], "id": asset_id}
    assert await reads(ann, stranger, left) == b"two"


# Completing again


async def test_a_completion_before_the_bytes_are_there_is_refused_and_can_be_repeated(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"])
    assert refusal(await complete(ann, asset)) == (409, "upload_incomplete")
    await bring(stranger, ticket)
    assert (await complete(ann, asset)).status_code == 200


async def test_a_second_completion_answers_the_same_and_changes_nothing(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset = await has_file(ann, stranger, session["id"])
    again = await complete(ann, asset)
    assert (again.status_code, again.json()) == (200, asset)
    assert await version_of(ann, session["id"]) == 2


async def test_a_ready_file_never_changes(ann: Person, stranger: httpx.AsyncClient) -> None:
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"])
    await bring(stranger, ticket)
    await complete(ann, asset)
    other = await bring(stranger, ticket, HELLO[::-1])
    assert refusal(other) == (409, "upload_mismatch")
    assert await reads(ann, stranger, asset) == HELLO


# Many at once


async def test_many_completions_at_once_move_the_version_once(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"])
    await bring(stranger, ticket)
    answers = await asyncio.gather(*(complete(ann, asset) for _ in range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert await version_of(ann, session["id"]) == 2
    events = (await ann.get("/api/audit", params={"event": "asset.ready"})).json()["items"]
    assert len(events) == 1


async def test_many_announcements_of_one_id_at_once_make_one_row(ann: Person, sql: Sql) -> None:
    session, asset_id = await ann.has_session(), new_id()
    calls = (announce(ann, session["id"], id=asset_id) for _ in range(AT_ONCE))
    answers = await asyncio.gather(*calls)
    codes = Counter(answer.status_code for answer in answers)
    assert codes == {201: 1, 200: AT_ONCE - 1}
    assert len({str(answer.json()["asset"]) for answer in answers}) == 1
    assert await rows_of(sql) == 1


async def test_many_deletions_and_completions_at_once_leave_one_outcome(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"])
    await bring(stranger, ticket)
    path = path_of(session["id"], asset["id"])
    calls = [complete(ann, asset) if turn % 2 else ann.delete(path) for turn in range(AT_ONCE)]
    answers = await asyncio.gather(*calls)
    codes = Counter(answer.status_code for answer in answers)
    assert codes.keys() <= {200, 204, 404}
    assert codes[204] == 1
    assert await listed(ann, session["id"]) == []
    assert await version_of(ann, session["id"]) in (1, 3)


async def test_many_uploads_of_one_file_under_one_key_at_once_make_one_file(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session, key = await ann.has_session(), new_id()
    answers = await asyncio.gather(*(upload(ann, session["id"], key=key) for _ in range(AT_ONCE)))
    codes = Counter(answer.status_code for answer in answers)
    assert codes == {201: 1, 200: AT_ONCE - 1}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert await version_of(ann, session["id"]) == 2
    assert await reads(ann, stranger, answers[0].json()) == HELLO


# Uploads in one call, again


async def test_the_same_upload_again_answers_the_same_file(ann: Person, app: FastAPI) -> None:
    ids, key = await has_workspace(ann), new_id()
    fields = {"hop_id": ids["hop_id"]}
    first = await upload(ann, ids["session_id"], key=key, fields=fields)
    version = await version_of(ann, ids["session_id"])
    again = await upload(ann, ids["session_id"], key=key, fields=fields)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == key
    assert again.json() == first.json()
    assert await version_of(ann, ids["session_id"]) == version
    assert len(await stored_keys(app)) == 1


async def test_an_upload_is_the_same_however_its_form_is_written(ann: Person) -> None:
    """Browsers draw a boundary of another length each time, and proxies leave lengths out."""
    session, key = await ann.has_session(), new_id()
    first = await upload(ann, session["id"], key=key)
    body = form(part(HELLO, 'name="file"; filename="hello.txt"', "Content-Type: text/plain"))
    headers = {**FORM, "Idempotency-Key": key}
    path = path_of(session["id"], "upload")
    for content in (body, in_chunks([body])):
        again = await ann.post(path, content=content, headers=headers)
        assert (again.status_code, again.text) == (200, first.text)


async def test_another_upload_under_the_same_key_is_refused(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    ids, key = await has_workspace(ann), new_id()
    first = await uploaded(ann, ids["session_id"], key=key)
    changes: list[dict[str, Any]] = [
        {"name": "other.txt"},
        {"content_type": "text/html"},
        {"content": HELLO[::-1]},
        {"content": HELLO + b"!"},
        {"content": HELLO[1:]},
        {"fields": {"mission_id": ids["mission_id"]}},
        {"fields": {"hop_id": ids["hop_id"]}},
    ]
    for change in changes:
        other = await upload(ann, ids["session_id"], key=key, **change)
        assert refusal(other) == (409, "id_conflict"), change
    assert await listed(ann, ids["session_id"]) == [key]
    assert await reads(ann, stranger, first) == HELLO


async def test_an_upload_never_takes_an_announced_files_place(ann: Person) -> None:
    session, key = await ann.has_session(), new_id()
    asset, _ = await is_announced(ann, session["id"], id=key)
    assert refusal(await upload(ann, session["id"], key=key)) == (409, "id_conflict")
    assert (await ann.get(path_of(session["id"], key))).json() == asset


async def test_a_repeat_that_is_cut_off_takes_nothing_from_what_was_uploaded(
    ann: Person, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    session, key = await ann.has_session(), new_id()
    asset = await uploaded(ann, session["id"], key=key)
    head = part(HELLO, 'name="file"; filename="hello.txt"', "Content-Type: text/plain")
    headers = {**FORM, "Idempotency-Key": key}
    await hang_up(app, ann, path_of(session["id"], "upload"), [head], headers)
    assert await listed(ann, session["id"]) == [key]
    assert await reads(ann, stranger, asset) == HELLO


async def test_a_first_try_that_fails_takes_nothing_from_the_second(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    """The line breaks, the client tries again and is done before the first try is given up."""
    session, key = await ann.has_session(), new_id()
    path, headers = path_of(session["id"], "upload"), {**FORM, "Idempotency-Key": key}
    head = part(HELLO, 'name="file"; filename="hello.txt"', "Content-Type: text/plain")
    begun, over = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield head
        begun.set()
        await over.wait()
        yield b"--and no more of the form"

    first = asyncio.create_task(ann.post(path, content=slow(), headers=headers))
    await begun.wait()
    second = await upload(ann, session["id"], key=key)
    assert second.status_code in (200, 201), second.text
    over.set()
    assert (await first).status_code == 422
    assert await listed(ann, session["id"]) == [key]
    assert await reads(ann, stranger, second.json()) == HELLO


async def test_a_first_try_that_fails_lets_the_second_go_on(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session, key = await ann.has_session(), new_id()
    path, headers = path_of(session["id"], "upload"), {**FORM, "Idempotency-Key": key}
    body = form(part(HELLO, 'name="file"; filename="hello.txt"', "Content-Type: text/plain"))
    first_may_end, second_may_end = asyncio.Event(), asyncio.Event()
    ends: list[Any] = []

    async def slow(may_end: asyncio.Event, rest: bytes) -> AsyncIterator[bytes]:
        yield body[:-30]
        yield b""  # by now the head was read, and the row is there
        ends.append(await sql.fetchval("SELECT expires_at FROM assets"))
        await may_end.wait()
        yield rest

    first = asyncio.create_task(
        ann.post(path, content=slow(first_may_end, b"--no form"), headers=headers)
    )
    await until(lambda: len(ends) == 1)
    second = asyncio.create_task(
        ann.post(path, content=slow(second_may_end, body[-30:]), headers=headers)
    )
    await until(lambda: len(ends) == 2)
    assert ends[0] < ends[1]
    first_may_end.set()
    assert (await first).status_code == 422
    second_may_end.set()
    answer = await second
    assert answer.status_code == 200, answer.text
    assert await reads(ann, stranger, answer.json()) == HELLO


async def test_what_became_ready_is_not_given_up(
    ann: Person, app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    """The request was cut off after its last word to the database."""
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"])
    caller = caller_of(ann)
    pending = await app.state.assets.found(caller, UUID(session["id"]), UUID(asset["id"]))
    await bring(stranger, ticket)
    await complete(ann, asset)
    await app.state.assets.give_up(caller, pending)
    assert await listed(ann, session["id"]) == [asset["id"]]


async def test_a_failed_upload_is_repeated_under_its_key(
    ann: Person, app: FastAPI, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session, key = await ann.has_session(), new_id()
    headers = {**FORM, "Idempotency-Key": key}
    await hang_up(app, ann, path_of(session["id"], "upload"), [part(HELLO)], headers)
    assert await rows_of(sql) == 0
    asset = await uploaded(ann, session["id"], key=key)
    assert await reads(ann, stranger, asset) == HELLO
