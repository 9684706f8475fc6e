"""What audit and log tell of files: what happened to which, and nothing of names or content."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from tests.support.assets import (
    FORM,
    HELLO,
    announce,
    bring,
    complete,
    faults,
    form,
    has_file,
    is_announced,
    part,
    path_of,
    reads,
    upload,
    uploaded,
)
from tests.support.people import Person
from tests.support.workspace import Sql, all_rows

NAME = "my private diary.txt"
SECRET = b"nobody else should read this"


@pytest.fixture(autouse=True)
async def stays_whole(app: FastAPI, sql: Sql) -> AsyncIterator[None]:
    """Counters, rows and objects agree, whatever a test did."""
    yield
    assert await faults(app, sql) == []


async def _told(person: Person, session_id: str) -> list[tuple[str, Any]]:
    """Events of the session's files and their data, oldest first."""
    answer = await person.get("/api/audit", params={"session_id": session_id})
    events = [(event["event"], event["data"]) for event in answer.json()["items"]]
    return [event for event in reversed(events) if event[0].startswith("asset.")]


async def test_the_life_of_a_file_is_told(ann: Person, stranger: httpx.AsyncClient) -> None:
    session = await ann.has_session()
    asset = await has_file(ann, stranger, session["id"])
    await complete(ann, asset)
    await reads(ann, stranger, asset)
    await ann.delete(path_of(session["id"], asset["id"]))
    assert await _told(ann, session["id"]) == [
        ("asset.announced", {"asset_id": asset["id"], "size": 11}),
        ("asset.ready", {"asset_id": asset["id"], "size": 11}),
        ("asset.download_link", {"asset_id": asset["id"]}),
        ("asset.deleted", {"asset_id": asset["id"], "size": 11}),
    ]


async def test_it_is_told_by_whom_and_in_which_request(ann: Person) -> None:
    session = await ann.has_session()
    await ann.post(
        path_of(session["id"]),
        json={"name": "a", "content_type": "a/b", "size": 1},
        headers={"X-Request-ID": "req-7"},
    )
    answer = await ann.get("/api/audit", params={"event": "asset.announced"})
    (event,) = answer.json()["items"]
    assert (event["actor"], event["request_id"]) == ("ann", "req-7")
    assert event["session_id"] == session["id"]


async def test_an_upload_in_one_call_is_told_like_any_other(ann: Person) -> None:
    session = await ann.has_session()
    asset = await uploaded(ann, session["id"])
    told = await _told(ann, session["id"])
    assert [event for event, _ in told] == ["asset.announced", "asset.ready"]
    assert told[1][1] == {"asset_id": asset["id"], "size": 11}


async def test_an_upload_that_fails_is_told_to_its_end(ann: Person) -> None:
    session = await ann.has_session()
    body = form(part(HELLO), part(HELLO))
    await ann.post(path_of(session["id"], "upload"), content=body, headers=FORM)
    told = await _told(ann, session["id"])
    assert [event for event, _ in told] == ["asset.announced", "asset.deleted"]
    assert told[0][1]["asset_id"] == told[1][1]["asset_id"]


async def test_what_is_refused_or_repeated_is_not_told(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"])
    await announce(ann, session["id"], size=-1)
    await complete(ann, asset)
    await bring(stranger, ticket, HELLO[::-1] + b"!")
    await ann.get(path_of(session["id"], asset["id"], "content"))
    assert [event for event, _ in await _told(ann, session["id"])] == ["asset.announced"]


async def test_neither_audit_nor_log_nor_changes_hold_a_name_content_or_ticket(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session = await ann.has_session()
    with capture_logs() as logged:
        asset, ticket = await is_announced(ann, session["id"], SECRET, name=NAME)
        await bring(stranger, ticket, SECRET[::-1] + b"!")
        await bring(stranger, ticket, SECRET)
        await complete(ann, asset)
        await reads(ann, stranger, asset)
        await upload(ann, session["id"], SECRET, name=NAME, fields={"colour": "x"})
        await upload(ann, session["id"], SECRET, name=f"../{NAME}")
        await announce(ann, session["id"], SECRET, name=f"../{NAME}")
        await stranger.put(ticket["url"][:-4], content=SECRET)
        await ann.delete(path_of(session["id"], asset["id"]))
    assert len(logged) >= 4  # each refusal has its line
    rows = await all_rows(sql)
    told = repr(logged) + repr(rows["audit_events"]) + repr(rows["session_changes"])
    for hidden in (NAME, SECRET.decode(), ticket["url"].rpartition("/")[2], ann.token):
        assert hidden not in told
