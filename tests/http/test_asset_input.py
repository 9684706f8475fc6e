"""What is announced, brought and asked for wrongly: refused with a reason, and nothing changes."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from fastapi import FastAPI

from tests.support.answers import fault_at, refusal
from tests.support.assets import (
    HELLO,
    announce,
    announcement,
    bring,
    complete,
    digest_of,
    faults,
    has_file,
    is_announced,
    path_of,
    reads,
    rows_of,
    stored_keys,
    uploaded,
)
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import Sql, all_rows


@pytest.fixture(autouse=True)
async def stays_whole(app: FastAPI, sql: Sql) -> AsyncIterator[None]:
    """Counters, rows and objects agree, whatever a test did."""
    yield
    assert await faults(app, sql) == []


# What is announced

BAD: dict[str, list[Any]] = {
    "name": [
        "",
        ".",
        "..",
        "../secrets",
        "a/b",
        "/etc/passwd",
        "..\\x",
        "C:\\x",
        "a\nb",
        "a\r\nSet-Cookie: x",
        "a\u2028b",
        "a\x00b",
        "a\x1bb",
        "a\x7f",
        "a\x85b",
        "\U0001f680" * 1024,  # 4 KiB
        "x" * 256,
        None,
        7,
        ["x"],
    ],
    "content_type": [
        "",
        "text",
        "text/",
        "/plain",
        "text/plain/x",
        "text /plain",
        "text/plain\n",
        "text/plain\r\nX: y",
        "text/plain; charset=\u00e9",
        "t\u00e9xt/plain",
        "x/" + "y" * 300,
        "*/*;\x00",
        None,
        1,
    ],
    "size": [-1, -(2**63), 2**53, 2**63 - 1, 0.5, 1e300, True, False, "11", None, [], {}],
    "sha256": ["", "0" * 63, "0" * 65, "g" * 64, "0" * 64 + "\n", 0, ["0" * 64]],
    "id": ["", "x", "../x", 1, "00000000-0000-1000-8000-000000000000", "0" * 32],
    "mission_id": ["", "x", 1],
    "hop_id": ["", "x", []],
    "unknown": [1, None],
    "status": ["ready"],
    "object_key": ["x"],
}


async def test_a_bad_announcement_is_refused_at_its_field(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    before = await all_rows(sql)
    for field, values in BAD.items():
        for value in values:
            answer = await announce(ann, session["id"], **{field: value})
            assert fault_at(answer) == (422, "validation_failed", [f"/{field}"]), (field, value)
    assert await all_rows(sql) == before


async def test_an_announcement_says_what_comes(ann: Person) -> None:
    session = await ann.has_session()
    for field in ("name", "content_type", "size"):
        body = announcement()
        del body[field]
        answer = await ann.post(path_of(session["id"]), json=body)
        assert fault_at(answer) == (422, "validation_failed", [f"/{field}"])


GOOD_NAMES = [
    "a",
    "...",
    ".profile",
    "with space.txt",
    'quoted "name".txt',
    "100% sure;x=y.txt",
    "Übergröße – 5 €.pdf",
    "Résumé e\u0301.doc",  # composed and not: each stays as it is
    "旅行の写真.jpeg",
    "مرحبا.txt",
    "👩‍👩‍👧 family.png",
    "'; DROP TABLE assets; --.sql",
    "<script>alert(1)</script>.txt".replace("/", "\u2215"),
]


async def test_a_name_comes_back_exactly_and_is_what_browsers_save_the_file_under(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    for name in GOOD_NAMES:
        asset = await has_file(ann, stranger, session["id"], name=name)
        assert asset["name"] == name
        link = await ann.get(path_of(session["id"], asset["id"], "content"))
        found = await stranger.get(link.headers["Location"])
        told = found.headers["Content-Disposition"]
        assert told.isascii()
        assert told.startswith("attachment; ")
        saved = unquote(told.rpartition("filename*=UTF-8''")[2])
        assert saved == (name.strip(" .") or "file")
    assert {asset["name"] for asset in (await ann.sees(session["id"]))["assets"]} == {*GOOD_NAMES}


async def test_a_name_of_every_length_that_is_taken_can_be_downloaded(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    for name in ("x" * 255, "\U0001f680" * 255, "é" * 251 + ".txt"):
        asset = await has_file(ann, stranger, session["id"], name=name)
        assert asset["name"] == name
        assert await reads(ann, stranger, asset) == HELLO


async def test_a_name_that_turns_the_reading_direction_is_saved_without(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset = await has_file(ann, stranger, session["id"], name="photo\u202egpj.exe")
    link = await ann.get(path_of(session["id"], asset["id"], "content"))
    told = (await stranger.get(link.headers["Location"])).headers["Content-Disposition"]
    assert told.endswith("filename*=UTF-8''photogpj.exe")


async def test_whole_numbers_and_capital_digests_are_taken(ann: Person) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], size=11.0, sha256=digest_of(HELLO).upper())
    assert (asset["size"], asset["sha256"]) == (11, digest_of(HELLO))


# What is brought


async def _pending(person: Person) -> tuple[dict[str, Any], dict[str, Any]]:
    session = await person.has_session()
    return await is_announced(person, session["id"], sha256=digest_of(HELLO))


OTHERS: list[tuple[bytes, dict[str, str]]] = [
    (b"", {}),
    (HELLO[:-1], {}),
    (HELLO + b"!", {}),
    (b"x" * 1_000_000, {}),
    (HELLO[::-1], {}),
    (HELLO, {"Content-Type": "text/html"}),
    (HELLO, {"Content-Type": ""}),
    (HELLO, {"Content-Type": "text/plain; charset=utf-8"}),
]


async def test_what_was_not_announced_is_refused_and_the_right_bytes_can_still_be_brought(
    ann: Person, stranger: httpx.AsyncClient, app: FastAPI
) -> None:
    asset, ticket = await _pending(ann)
    for content, headers in OTHERS:
        answer = await bring(stranger, ticket, content, headers=headers)
        assert refusal(answer) == (409, "upload_mismatch"), (content[:20], headers)
        assert await stored_keys(app) == set()
        assert refusal(await complete(ann, asset)) == (409, "upload_incomplete")
    assert (await bring(stranger, ticket)).status_code == 200
    assert (await complete(ann, asset)).status_code == 200
    assert await reads(ann, stranger, asset) == HELLO


async def test_bytes_without_a_length_are_counted_as_they_come(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    asset, ticket = await _pending(ann)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    answer = await stranger.put(ticket["url"], content=chunks(), headers=ticket["headers"])
    assert refusal(answer) in {(409, "upload_mismatch"), (413, "payload_too_large")}
    assert refusal(await complete(ann, asset)) == (409, "upload_incomplete")


async def test_a_url_that_was_changed_brings_nothing(
    ann: Person, stranger: httpx.AsyncClient, app: FastAPI
) -> None:
    _, ticket = await _pending(ann)
    base, _, signed = ticket["url"].rpartition("/")
    middle = len(signed) // 2
    changed = "B" if signed[middle] == "A" else "A"
    for url in (
        f"{base}/{signed[:middle]}{changed}{signed[middle + 1 :]}",
        f"{base}/{signed[:-4]}",
        f"{base}/{signed}AAAA",
        f"{base}/{'A' * 5000}",
        f"{base}/x",
        f"{base}/%00",
    ):
        answer = await bring(stranger, ticket, url=url)
        assert refusal(answer) == (403, "ticket_invalid"), url
    assert await stored_keys(app) == set()


async def test_a_ticket_is_good_for_one_file_and_one_purpose(
    ann: Person, bob: Person, stranger: httpx.AsyncClient
) -> None:
    anns, anns_ticket = await _pending(ann)
    bobs, bobs_ticket = await _pending(bob)
    # Put together of two, it is good for neither.
    mixed = bobs_ticket["url"][:-40] + anns_ticket["url"][-40:]
    answer = await bring(stranger, bobs_ticket, url=mixed)
    assert refusal(answer) == (403, "ticket_invalid")
    # Used for another, it still brings its own.
    assert (await bring(stranger, anns_ticket)).status_code == 200
    assert refusal(await complete(bob, bobs)) == (409, "upload_incomplete")
    ready = (await complete(ann, anns)).json()
    # One that brings reads nothing, and one that reads brings nothing.
    assert refusal(await stranger.get(anns_ticket["url"])) == (403, "ticket_invalid")
    link = await ann.get(path_of(ready["session_id"], ready["id"], "content"))
    answer = await bring(stranger, anns_ticket, url=link.headers["Location"])
    assert refusal(answer) == (403, "ticket_invalid")


async def test_a_late_upload_is_refused(
    ann: Person, stranger: httpx.AsyncClient, clock: MovableClock
) -> None:
    asset, ticket = await _pending(ann)
    clock.move(hours=1)
    assert refusal(await bring(stranger, ticket)) == (403, "ticket_invalid")
    assert refusal(await complete(ann, asset)) == (409, "upload_incomplete")


async def test_bytes_come_in_by_no_other_method(ann: Person, stranger: httpx.AsyncClient) -> None:
    _, ticket = await _pending(ann)
    for method in ("POST", "PATCH", "DELETE"):
        answer = await stranger.request(method, ticket["url"], content=HELLO)
        assert refusal(answer) == (405, "method_not_allowed")


# Whose it is: every route is in test_isolation.py as well


async def test_two_people_hold_the_same_ids_and_never_notice(
    ann: Person, bob: Person, stranger: httpx.AsyncClient
) -> None:
    session, asset_id = new_id(), new_id()
    for person in (ann, bob):
        await person.has_session(id=session)
        await has_file(person, stranger, session, person.name.encode(), id=asset_id)
    await bob.delete(path_of(session, asset_id))
    assert await reads(ann, stranger, {"session_id": session, "id": asset_id}) == b"ann"


async def test_another_sessions_file_is_not_found_under_this_one(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    here, there = await ann.has_session(), await ann.has_session()
    ready = await uploaded(ann, there["id"])
    pending, ticket = await is_announced(ann, there["id"])
    await bring(stranger, ticket)
    before = await all_rows(sql)
    for asset in (ready, pending):
        path = path_of(here["id"], asset["id"])
        for answer in (
            await ann.get(path),
            await ann.get(f"{path}/content"),
            await ann.post(f"{path}/complete"),
            await ann.post(f"{path}/parts", json={"numbers": [1]}),
            await ann.delete(path),
        ):
            assert refusal(answer) == (404, "asset_not_found")
    assert await all_rows(sql) == before


async def test_an_announcement_into_anothers_session_answers_as_into_none(
    ann: Person, bob: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    await bob.has_session()
    for session_id in (session["id"], new_id()):
        assert refusal(await announce(bob, session_id)) == (404, "session_not_found")
    assert await rows_of(sql) == 0
