"""Large files in parts: tickets for them, what has arrived, going on where a line broke."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from session_api.problems import UploadIncomplete
from session_api.settings import Settings
from tests.support.answers import fault_at, refusal
from tests.support.assets import (
    HELLO,
    MIB,
    announce,
    bring,
    caller_of,
    complete,
    digest_of,
    faults,
    has_file,
    is_announced,
    path_of,
    reads,
)
from tests.support.chats import version_of
from tests.support.people import MovableClock, Person, new_id
from tests.support.settings import test_settings
from tests.support.workspace import Sql, all_rows

PART = 5 * MIB
SMALL = 1000
LARGE = bytes(range(256)) * (PART // 128) + b"and the rest"
"""Two whole parts, and a third of twelve bytes."""


@pytest.fixture
def settings(database_url: str) -> Settings:
    return test_settings(database_url, upload_parts_above=SMALL, upload_part_bytes=PART)


@pytest.fixture(autouse=True)
async def stays_whole(app: FastAPI, sql: Sql) -> AsyncIterator[None]:
    """Counters, rows and objects agree, whatever a test did."""
    yield
    assert await faults(app, sql) == []


async def _ask(person: Person, asset: dict[str, Any], numbers: Any) -> httpx.Response:
    path = path_of(asset["session_id"], asset["id"], "parts")
    return await person.post(path, json={"numbers": numbers})


async def _asks(person: Person, asset: dict[str, Any], *numbers: int) -> list[dict[str, Any]]:
    answer = await _ask(person, asset, numbers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["parts"])


async def _brings(
    person: Person,
    http: httpx.AsyncClient,
    asset: dict[str, Any],
    numbers: Iterable[int],
    content: bytes = LARGE,
) -> None:
    for ticket in await _asks(person, asset, *numbers):
        piece = content[ticket["offset"] : ticket["offset"] + ticket["size"]]
        brought = await bring(http, ticket, piece)
        assert brought.status_code == 200, brought.text


async def _received(person: Person, asset: dict[str, Any]) -> list[tuple[int, int]]:
    answer = await _ask(person, asset, [])
    assert answer.status_code == 200, answer.text
    return [(part["number"], part["size"]) for part in answer.json()["received"]]


# How it goes


async def test_a_large_file_comes_in_parts_in_any_order(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"], LARGE, sha256=digest_of(LARGE))
    assert ticket["parts"] == {"size": PART, "count": 3}
    assert ticket["method"] == "POST"
    assert ticket["url"].endswith(path_of(session["id"], asset["id"], "parts"))
    tickets = await _asks(ann, asset, 3, 1, 2)
    assert [(each["number"], each["offset"], each["size"]) for each in tickets] == [
        (3, 2 * PART, 12),
        (1, 0, PART),
        (2, PART, PART),
    ]
    await _brings(ann, stranger, asset, (3, 1, 2))
    ready = (await complete(ann, asset)).json()
    assert (ready["status"], ready["size"]) == ("ready", len(LARGE))
    assert ready["sha256"] == digest_of(LARGE)
    assert await reads(ann, stranger, ready) == LARGE
    assert await version_of(ann, session["id"]) == 2


async def test_only_files_above_the_setting_come_in_parts(ann: Person) -> None:
    session = await ann.has_session()
    for size, count in ((SMALL, None), (SMALL + 1, 1), (PART, 1), (PART + 1, 2)):
        _, ticket = await is_announced(ann, session["id"], size=size)
        assert ticket["parts"] == (count and {"size": PART, "count": count})


async def test_an_upload_is_resumed_with_what_is_missing(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session, asset_id = await ann.has_session(), new_id()
    asset, _ = await is_announced(ann, session["id"], LARGE, id=asset_id)
    assert await _received(ann, asset) == []
    await _brings(ann, stranger, asset, (3, 1))
    assert await _received(ann, asset) == [(1, PART), (3, 12)]
    early = await complete(ann, asset)
    assert refusal(early) == (409, "upload_incomplete")
    assert early.json()["missing"] == [2]
    # The page was reloaded: it announces again, and asks.
    again = await announce(ann, session["id"], LARGE, id=asset_id)
    assert (again.status_code, again.json()["asset"]) == (200, asset)
    assert again.json()["upload"]["parts"] == {"size": PART, "count": 3}
    assert await _received(ann, asset) == [(1, PART), (3, 12)]
    await _brings(ann, stranger, asset, (2,))
    assert (await complete(ann, asset)).status_code == 200


async def test_a_part_that_is_brought_again_counts_as_it_came_last(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    content = b"y" * PART + b"the end"
    asset, _ = await is_announced(ann, session["id"], content, sha256=digest_of(content))
    await _brings(ann, stranger, asset, (1, 2), b"x" * len(content))
    await _brings(ann, stranger, asset, (1, 2), content)
    ready = (await complete(ann, asset)).json()
    assert await reads(ann, stranger, ready) == content


async def test_parts_come_at_once(ann: Person, stranger: httpx.AsyncClient) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE, sha256=digest_of(LARGE))
    await asyncio.gather(*(_brings(ann, stranger, asset, (number,)) for number in (1, 2, 3)))
    answers = await asyncio.gather(*(complete(ann, asset) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert await version_of(ann, session["id"]) == 2


async def test_announcements_at_once_begin_one_upload(ann: Person, sql: Sql) -> None:
    session, asset_id = await ann.has_session(), new_id()
    calls = (announce(ann, session["id"], LARGE, id=asset_id) for _ in range(10))
    answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    asset = answers[0].json()["asset"]
    assert await _received(ann, asset) == []
    assert await sql.fetchval("SELECT count(*) FROM assets WHERE upload_id IS NOT NULL") == 1


async def test_a_completion_is_repeated_safely(ann: Person, stranger: httpx.AsyncClient) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE)
    await _brings(ann, stranger, asset, (1, 2, 3))
    first, again = await complete(ann, asset), await complete(ann, asset)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.text == again.text


async def test_a_completion_whose_answer_was_lost_is_repeated_safely(
    ann: Person, stranger: httpx.AsyncClient, app: FastAPI, sql: Sql
) -> None:
    """The process died between the store's part of it and the database's."""
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE)
    await _brings(ann, stranger, asset, (1, 2, 3))
    row = await sql.fetchrow("SELECT object_key, upload_id FROM assets")
    assert row is not None
    store = app.state.object_store
    await store.finish_parts(*row, await store.list_parts(*row))
    assert (await complete(ann, asset)).status_code == 200
    assert await reads(ann, stranger, asset) == LARGE


async def test_the_wrong_bytes_make_room_for_the_right_ones(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE, sha256=digest_of(LARGE))
    await _brings(ann, stranger, asset, (1, 2, 3), bytes(len(LARGE)))
    assert refusal(await complete(ann, asset)) == (409, "upload_mismatch")
    assert await version_of(ann, session["id"]) == 1
    assert await _received(ann, asset) == []
    await _brings(ann, stranger, asset, (1, 2, 3))
    assert (await complete(ann, asset)).status_code == 200
    assert await reads(ann, stranger, asset) == LARGE


async def test_a_late_completion_throws_nothing_away_but_what_it_looked_at(
    ann: Person, stranger: httpx.AsyncClient, app: FastAPI
) -> None:
    """It found the wrong bytes; while it read them, the right ones were brought and completed."""
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE, sha256=digest_of(LARGE))
    await _brings(ann, stranger, asset, (1, 2, 3), bytes(len(LARGE)))
    caller, ids = caller_of(ann), (UUID(session["id"]), UUID(asset["id"]))
    late = await app.state.assets.found(caller, *ids)
    assert refusal(await complete(ann, asset)) == (409, "upload_mismatch")
    await _brings(ann, stranger, asset, (1, 2, 3))
    # What it had found right before it was thrown away is not there either.
    with pytest.raises(UploadIncomplete):
        await app.state.assets.make_ready(caller, *ids, size=late.size, sha256=None, seen=late)
    await app.state.upload_tickets.start_again(caller, late)
    assert (await complete(ann, asset)).status_code == 200
    await app.state.upload_tickets.start_again(caller, late)
    assert await reads(ann, stranger, asset) == LARGE


# What is refused


async def test_a_part_of_another_size_is_refused(ann: Person, stranger: httpx.AsyncClient) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE)
    (last,) = await _asks(ann, asset, 3)
    for content in (b"", b"x" * 11, b"x" * 13):
        assert refusal(await bring(stranger, last, content)) == (409, "upload_mismatch")
    assert await _received(ann, asset) == []


async def test_a_parts_ticket_is_good_for_no_other_file(
    ann: Person, bob: Person, stranger: httpx.AsyncClient
) -> None:
    """What is brought by it goes to the file that it was made for."""
    content = b"z" * (SMALL + 1)
    session = await ann.has_session()
    anns, _ = await is_announced(ann, session["id"], content)
    bobs, _ = await is_announced(bob, (await bob.has_session())["id"], content)
    (ticket,) = await _asks(ann, anns, 1)
    assert (await bring(stranger, ticket, content)).status_code == 200
    assert await _received(ann, anns) == [(1, len(content))]
    assert await _received(bob, bobs) == []
    (theirs,) = await _asks(bob, bobs, 1)
    mixed = theirs["url"][:-40] + ticket["url"][-40:]
    assert refusal(await bring(stranger, theirs, content, url=mixed)) == (403, "ticket_invalid")
    assert await _received(bob, bobs) == []


async def test_a_parts_ticket_ends(
    ann: Person, stranger: httpx.AsyncClient, clock: MovableClock
) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE)
    (last,) = await _asks(ann, asset, 3)
    clock.move(hours=1)
    assert refusal(await bring(stranger, last, b"x" * 12)) == (403, "ticket_invalid")


async def test_a_number_of_no_part_is_refused(ann: Person) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE)
    cases: list[tuple[Any, str]] = [([n], "/numbers/0") for n in (4, 0, -1, 10_001, 1.5, True, "1")]
    cases += [([1, 2, 10_000], "/numbers/2"), ([1] * 101, "/numbers")]
    cases += [(None, "/numbers"), (1, "/numbers")]
    for numbers, pointer in cases:
        answer = await _ask(ann, asset, numbers)
        assert fault_at(answer) == (422, "validation_failed", [pointer]), numbers


async def test_a_file_that_comes_in_one_request_has_no_parts(ann: Person) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], HELLO)
    assert refusal(await _ask(ann, asset, [1])) == (409, "upload_incomplete")


async def test_a_ready_file_takes_no_more_parts(ann: Person, stranger: httpx.AsyncClient) -> None:
    session = await ann.has_session()
    small = await has_file(ann, stranger, session["id"])
    large, _ = await is_announced(ann, session["id"], LARGE)
    tickets = await _asks(ann, large, 1, 2, 3)
    await _brings(ann, stranger, large, (1, 2, 3))
    await complete(ann, large)
    for asset in (small, large):
        assert refusal(await _ask(ann, asset, [1])) == (409, "upload_incomplete")
    late = await bring(stranger, tickets[2], b"x" * 12)
    assert refusal(late) == (409, "upload_incomplete")
    assert await reads(ann, stranger, large) == LARGE


async def test_parts_of_a_session_that_is_not_active_change_nothing(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE)
    await _brings(ann, stranger, asset, (1, 2, 3))
    await ann.post(f"/api/sessions/{session['id']}/complete")
    before = await all_rows(sql)
    assert refusal(await complete(ann, asset)) == (409, "session_not_active")
    assert await all_rows(sql) == before
    await ann.post(f"/api/sessions/{session['id']}/resume")
    assert (await complete(ann, asset)).status_code == 200


async def test_a_deleted_upload_takes_no_more_parts(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE)
    (last,) = await _asks(ann, asset, 3)
    row = await sql.fetchrow("SELECT object_key, upload_id FROM assets")
    await ann.delete(path_of(session["id"], asset["id"]))
    assert refusal(await _ask(ann, asset, [1])) == (404, "asset_not_found")
    noted = await sql.fetchrow("SELECT object_key, upload_id FROM object_deletions")
    assert noted == row
    # Until it is cleared away, its ticket still works; what it brings goes with the rest.
    assert (await bring(stranger, last, b"x" * 12)).status_code == 200
