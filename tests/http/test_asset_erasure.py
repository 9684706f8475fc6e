"""Files go with what they belong to, and messages keep what they were attached to."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.support.answers import fault_at
from tests.support.assets import (
    announce,
    bring,
    complete,
    faults,
    has_file,
    is_announced,
    listed,
    miscounted,
    path_of,
    rows_of,
    stored_keys,
    upload,
    uploaded,
)
from tests.support.chats import send
from tests.support.people import Person, new_id
from tests.support.workspace import Sql, has_workspace


@pytest.fixture(autouse=True)
async def stays_whole(app: FastAPI, sql: Sql) -> AsyncIterator[None]:
    """Counters, rows and objects agree, whatever a test did."""
    yield
    assert await faults(app, sql) == []


async def _has_files_everywhere(person: Person) -> dict[str, str]:
    """A workspace with a ready and a pending file of each scope, and their ids by scope."""
    ids = await has_workspace(person)
    places: dict[str, dict[str, Any]] = {
        "session": {},
        "mission": {"mission_id": ids["mission_id"]},
        "hop": {"hop_id": ids["hop_id"]},
    }
    for scope, fields in places.items():
        ready = await uploaded(person, ids["session_id"], fields=fields)
        pending, _ = await is_announced(person, ids["session_id"], **fields)
        ids |= {scope: ready["id"], f"pending {scope}": pending["id"]}
    return ids


# Erasing what files belong to

GOES = {
    "session": {"session", "mission", "hop"},
    "mission": {"mission", "hop"},
    "hop": {"hop"},
}


@pytest.mark.parametrize("what", GOES)
async def test_files_go_with_what_they_belong_to_and_their_objects_are_written_down(
    ann: Person, sql: Sql, what: str
) -> None:
    ids = await _has_files_everywhere(ann)
    other = await uploaded(ann, (await ann.has_session())["id"])
    keys = {
        row["object_key"]: (row["size"], row["upload_id"], row["scope"])
        for row in await sql.fetch("SELECT * FROM assets")
    }
    mission = "/api/missions/{mission_id}"
    path = {
        "session": "/api/sessions/{session_id}",
        "mission": mission,
        "hop": mission + "/hops/{hop_id}",
    }[what].format(**ids)
    assert (await ann.delete(path)).status_code == 204
    stay = {"session", "mission", "hop"} - GOES[what]
    expected = {ids[scope] for scope in stay} | {ids[f"pending {scope}"] for scope in stay}
    left = {str(row["id"]) for row in await sql.fetch("SELECT id FROM assets")}
    assert left == expected | {other["id"]}
    noted = {
        row["object_key"]: (row["size"], row["upload_id"])
        for row in await sql.fetch("SELECT * FROM object_deletions")
    }
    assert noted == {
        key: (size, upload_id)
        for key, (size, upload_id, scope) in keys.items()
        if scope in GOES[what] and ids["session_id"] in key
    }
    assert len(noted) == 2 * len(GOES[what])
    if what != "session":
        shown = {asset["id"] for asset in (await ann.sees(ids["session_id"]))["assets"]}
        assert shown == {ids[scope] for scope in stay}


async def test_an_upload_in_parts_is_written_down_with_what_was_begun(
    ann: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    await is_announced(ann, session["id"], size=2**27)
    row = await sql.fetchrow("SELECT object_key, upload_id FROM assets")
    assert row is not None
    assert row["upload_id"] is not None
    await ann.delete(f"/api/sessions/{session['id']}")
    assert await sql.fetchrow("SELECT object_key, upload_id FROM object_deletions") == row


@pytest.mark.parametrize("what", ["session", "mission", "hop"])
async def test_erasing_while_files_come_leaves_none_of_them_behind(
    ann: Person, stranger: httpx.AsyncClient, app: FastAPI, sql: Sql, what: str
) -> None:
    ids = await has_workspace(ann)
    session = ids["session_id"]
    hop: dict[str, Any] = {"hop_id": ids["hop_id"]}
    pending, ticket = await is_announced(ann, session, **hop)
    await bring(stranger, ticket)
    mission = f"/api/missions/{ids['mission_id']}"
    path = {
        "session": f"/api/sessions/{session}",
        "mission": mission,
        "hop": f"{mission}/hops/{ids['hop_id']}",
    }[what]
    calls: list[Any] = [announce(ann, session, **hop) for _ in range(5)]
    calls += [upload(ann, session, fields=hop) for _ in range(5)]
    calls += [complete(ann, pending), ann.delete(path), complete(ann, pending)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} <= {200, 201, 204, 404}
    assert answers[-2].status_code == 204
    assert await rows_of(sql) == 0
    noted = await sql.fetch("SELECT object_key FROM object_deletions")
    assert await stored_keys(app) <= {row["object_key"] for row in noted}


async def test_counters_are_the_sums_at_every_step(ann: Person, bob: Person, sql: Sql) -> None:
    for person in (ann, bob):
        ids = await _has_files_everywhere(person)
        assert await miscounted(sql) == []
        assert await sql.fetchval("SELECT asset_count FROM users WHERE subject = $1", person.name)
        for path in (
            path_of(ids["session_id"], ids["session"]),
            path_of(ids["session_id"], ids["pending session"]),
            f"/api/missions/{ids['mission_id']}/hops/{ids['hop_id']}",
            f"/api/missions/{ids['mission_id']}",
            f"/api/sessions/{ids['session_id']}",
        ):
            assert (await person.delete(path)).status_code == 204
            assert await miscounted(sql) == []
    rows = await sql.fetch("SELECT asset_count, asset_bytes FROM users")
    assert [tuple(row) for row in rows] == [(0, 0), (0, 0)]


# Attachments


async def test_files_of_the_session_are_attached_to_messages(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    ids = await has_workspace(ann)
    session = ids["session_id"]
    files = [
        (await has_file(ann, stranger, session))["id"],
        (await uploaded(ann, session, fields={"hop_id": ids["hop_id"]}))["id"],
    ]
    said = await ann.says(session, "look", asset_ids=files[::-1])
    assert said["asset_ids"] == files[::-1]
    seen = (await ann.sees(session))["chat"]["messages"][-1]
    assert seen == said
    page = (await ann.get(f"/api/sessions/{session}/messages")).json()
    assert page["items"][-1]["asset_ids"] == files[::-1]


async def test_what_is_no_ready_file_of_the_session_is_not_attached(
    ann: Person, bob: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session = await ann.has_session()
    ready = (await uploaded(ann, session["id"]))["id"]
    pending, ticket = await is_announced(ann, session["id"])
    await bring(stranger, ticket)
    deleted = (await uploaded(ann, session["id"]))["id"]
    await ann.delete(path_of(session["id"], deleted))
    wrong = {
        "pending": pending["id"],
        "deleted": deleted,
        "of another session": (await uploaded(ann, (await ann.has_session())["id"]))["id"],
        "another's": (await uploaded(bob, (await bob.has_session())["id"]))["id"],
        "nothing": new_id(),
    }
    for name, asset_id in wrong.items():
        message = {"role": "user", "content": "x", "asset_ids": [ready, asset_id]}
        alone = await send(ann, session["id"], message)
        assert fault_at(alone) == (422, "validation_failed", ["/asset_ids"]), name
        fine = {"role": "user", "content": "x", "asset_ids": [ready]}
        batch = await send(ann, session["id"], {"messages": [fine, message]})
        assert fault_at(batch) == (422, "validation_failed", ["/messages/1/asset_ids"]), name
    assert await rows_of(sql, "chat_messages") == 0


async def test_a_message_says_what_was_attached_after_the_file_is_gone(ann: Person) -> None:
    session = await ann.has_session()
    asset = await uploaded(ann, session["id"])
    await ann.says(session["id"], "look", asset_ids=[asset["id"]])
    await ann.delete(path_of(session["id"], asset["id"]))
    seen = await ann.sees(session["id"])
    assert seen["chat"]["messages"][0]["asset_ids"] == [asset["id"]]
    assert (seen["assets"], seen["damaged"]) == ([], [])
    assert await listed(ann, session["id"]) == []


async def test_a_message_sent_again_after_its_file_was_deleted_is_still_the_same(
    ann: Person,
) -> None:
    session = await ann.has_session()
    asset = await uploaded(ann, session["id"])
    message = {"id": new_id(), "role": "user", "content": "x", "asset_ids": [asset["id"]]}
    first = await send(ann, session["id"], message)
    await ann.delete(path_of(session["id"], asset["id"]))

    again = await send(ann, session["id"], message)
    assert (again.status_code, again.json()["messages"]) == (200, first.json()["messages"])
    other = await send(ann, session["id"], message | {"content": "y"})
    assert (other.status_code, other.json()["code"]) == (409, "id_conflict")
    late = {"role": "user", "content": "x", "asset_ids": [asset["id"]]}
    batch = await send(ann, session["id"], {"messages": [message, late]})
    assert fault_at(batch) == (422, "validation_failed", ["/messages/1/asset_ids"])
