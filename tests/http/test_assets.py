"""The life of a file: announced, brought by ticket, completed, listed, read, deleted."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from tests.http import test_statements
from tests.http.test_statements import Statements
from tests.support.answers import fault_at, refusal
from tests.support.assets import (
    HELLO,
    announce,
    bring,
    complete,
    digest_of,
    faults,
    has_file,
    is_announced,
    listed,
    path_of,
    reads,
    rows_of,
    upload,
    uploaded,
)
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import Sql, all_rows, has_workspace

statements = test_statements.statements


@pytest.fixture(autouse=True)
async def stays_whole(app: FastAPI, sql: Sql) -> AsyncIterator[None]:
    """Counters, rows and objects agree, whatever a test did."""
    yield
    assert await faults(app, sql) == []


# From announced to read


async def test_an_announced_file_is_pending_and_comes_with_a_ticket(
    ann: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    answer = await announce(ann, session["id"], sha256=digest_of(HELLO).upper())
    assert answer.status_code == 201
    asset, ticket = answer.json()["asset"], answer.json()["upload"]
    assert asset | {"id": "", "created_at": ""} == {
        "id": "",
        "session_id": session["id"],
        "scope": "session",
        "mission_id": None,
        "hop_id": None,
        "name": "hello.txt",
        "content_type": "text/plain",
        "size": 11,
        "sha256": digest_of(HELLO),
        "status": "pending",
        "created_at": "",
        "ready_at": None,
    }
    assert (ticket["method"], ticket["fields"], ticket["parts"]) == ("PUT", None, None)
    assert ticket["expires_at"] > asset["created_at"]


async def test_a_file_is_brought_completed_and_read(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"])
    assert (await bring(stranger, ticket)).status_code == 200
    answer = await complete(ann, asset)
    assert answer.status_code == 200
    ready = answer.json()
    changed = {"status": "ready", "sha256": digest_of(HELLO), "ready_at": ready["ready_at"]}
    assert ready == asset | changed
    assert (await ann.get(path_of(session["id"], asset["id"]))).json() == ready
    assert (await ann.get(path_of(session["id"]))).json() == {"items": [ready], "next_cursor": None}
    assert (await ann.sees(session["id"]))["assets"] == [ready]
    assert await reads(ann, stranger, ready) == HELLO


async def test_a_ready_file_is_there_wherever_the_workspace_is(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset = await has_file(ann, stranger, session["id"])
    body = {"session_id": session["id"]}
    recovered = (await ann.post("/api/sessions/recover", json=body)).json()
    assert recovered["session"]["assets"] == [asset]
    assert (await ann.get("/api/sessions/active")).json()["assets"] == [asset]
    (summary,) = (await ann.get("/api/sessions/")).json()["items"]
    assert summary["asset_count"] == 1
    assert "assets" not in await ann.sees(session["id"], include="chat")


async def test_nothing_a_client_sends_is_part_of_an_objects_key(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], name="holiday.txt")
    key = str(await sql.fetchval("SELECT object_key FROM assets"))
    begin = f"default/{ann.owner_id}/{session['id']}/{asset['id']}_"
    assert key.startswith(begin)
    assert UUID(key.removeprefix(begin)).hex == key.removeprefix(begin)


SHOWN_AS = {
    "text/html": "application/octet-stream",
    "image/svg+xml": "application/octet-stream",
    "text/javascript": "application/octet-stream",
    "application/xml": "application/octet-stream",
    "image/jpeg": "image/jpeg",
}


async def test_a_browser_saves_a_file_and_never_shows_it_as_a_page(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    for content_type, answered in SHOWN_AS.items():
        asset = await has_file(ann, stranger, session["id"], content_type=content_type)
        assert asset["content_type"] == content_type
        answer = await ann.get(path_of(session["id"], asset["id"], "content"))
        assert (answer.status_code, answer.content) == (307, b"")
        assert answer.headers["Cache-Control"] == "no-store"
        found = await stranger.get(answer.headers["Location"])
        assert found.headers["Content-Type"] == answered
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        assert found.headers["Content-Disposition"].startswith('attachment; filename="hello.txt"')


async def test_a_link_ends_after_some_minutes_and_a_new_one_is_always_to_be_had(
    ann: Person, stranger: httpx.AsyncClient, clock: MovableClock
) -> None:
    session = await ann.has_session()
    asset = await has_file(ann, stranger, session["id"])
    old = await ann.get(path_of(session["id"], asset["id"], "content"))
    clock.move(minutes=5)
    late = await stranger.get(old.headers["Location"])
    assert refusal(late) == (403, "ticket_invalid")
    assert await reads(ann, stranger, asset) == HELLO


async def test_a_pending_file_has_no_content(ann: Person, stranger: httpx.AsyncClient) -> None:
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"])
    await bring(stranger, ticket)
    answer = await ann.get(path_of(session["id"], asset["id"], "content"))
    assert refusal(answer) == (404, "asset_not_found")


# What is part of the workspace, and its version


async def test_a_pending_file_is_no_part_of_the_workspace_and_moves_no_version(
    ann: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    before = await ann.get(f"/api/sessions/{session['id']}")
    asset, _ = await is_announced(ann, session["id"])
    seen = {"If-None-Match": before.headers["ETag"]}
    assert (await ann.get(f"/api/sessions/{session['id']}", headers=seen)).status_code == 304
    assert (await ann.sees(session["id"]))["assets"] == []
    (summary,) = (await ann.get("/api/sessions/")).json()["items"]
    assert summary["asset_count"] == 0
    assert await listed(ann, session["id"]) == []
    assert await listed(ann, session["id"], status="pending") == [asset["id"]]
    assert (await ann.get(path_of(session["id"], asset["id"]))).json()["status"] == "pending"
    assert (await ann.delete(path_of(session["id"], asset["id"]))).status_code == 204
    assert (await ann.get(f"/api/sessions/{session['id']}", headers=seen)).status_code == 304
    assert await rows_of(sql, "session_changes") == 1


async def test_a_file_that_becomes_ready_or_goes_moves_the_version_by_one(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    etag = (await ann.get(path)).headers["ETag"]
    asset = await has_file(ann, stranger, session["id"])
    ready = await ann.get(path, headers={"If-None-Match": etag})
    assert (ready.status_code, ready.headers["ETag"]) == (200, '"2"')
    assert (await ann.get(path, headers={"If-None-Match": '"2"'})).status_code == 304
    assert (await ann.delete(path_of(session["id"], asset["id"]))).status_code == 204
    gone = await ann.get(path, headers={"If-None-Match": '"2"'})
    assert (gone.status_code, gone.headers["ETag"]) == (200, '"3"')
    assert gone.json()["assets"] == []


async def test_an_autosave_is_not_refused_because_a_file_arrived(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    await has_file(ann, stranger, session["id"])
    answer = await ann.patch(
        f"/api/sessions/{session['id']}",
        {"session_metadata": {"draft": 1}},
        headers={"If-Match": f'"{session["version"]}"'},
    )
    assert answer.status_code == 200


# Scopes


@pytest.mark.parametrize("way", ["announced", "in one call"])
async def test_the_ids_given_say_what_a_file_belongs_to(
    ann: Person, stranger: httpx.AsyncClient, way: str
) -> None:
    ids = await has_workspace(ann)
    mission, hop = ids["mission_id"], ids["hop_id"]
    cases: list[tuple[dict[str, Any], tuple[Any, Any, Any]]] = [
        ({}, ("session", None, None)),
        ({"mission_id": mission}, ("mission", mission, None)),
        ({"mission_id": mission, "hop_id": hop}, ("hop", mission, hop)),
        ({"hop_id": hop}, ("hop", mission, hop)),
    ]
    for given, place in cases:
        if way == "announced":
            asset = await has_file(ann, stranger, ids["session_id"], **given)
        else:
            asset = await uploaded(ann, ids["session_id"], fields=given)
        assert (asset["scope"], asset["mission_id"], asset["hop_id"]) == place


async def test_a_file_belongs_to_nothing_outside_its_session(ann: Person, sql: Sql) -> None:
    here, there = await has_workspace(ann), await has_workspace(ann)
    mission, hop, nothing = there["mission_id"], there["hop_id"], new_id()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"mission_id": mission}, "mission_not_found"),
        ({"hop_id": hop}, "hop_not_found"),
        ({"mission_id": here["mission_id"], "hop_id": hop}, "hop_not_found"),
        ({"mission_id": mission, "hop_id": hop}, "mission_not_found"),
        ({"mission_id": nothing}, "mission_not_found"),
        ({"hop_id": nothing}, "hop_not_found"),
    ]
    for given, code in cases:
        for answer in (
            await announce(ann, here["session_id"], **given),
            await upload(ann, here["session_id"], fields=given),
        ):
            assert refusal(answer) == (404, code), given
    assert await rows_of(sql) == 0


async def test_a_mission_that_is_not_linked_has_no_files(ann: Person) -> None:
    ids = await has_workspace(ann, linked=False)
    answer = await announce(ann, ids["session_id"], mission_id=ids["mission_id"])
    assert refusal(answer) == (404, "mission_not_found")


async def test_a_list_is_narrowed_by_what_files_belong_to(ann: Person) -> None:
    ids = await has_workspace(ann)
    session = ids["session_id"]
    own = (await uploaded(ann, session))["id"]
    missions = (await uploaded(ann, session, fields={"mission_id": ids["mission_id"]}))["id"]
    hops = (await uploaded(ann, session, fields={"hop_id": ids["hop_id"]}))["id"]
    assert await listed(ann, session) == [own, missions, hops]
    assert await listed(ann, session, scope="session") == [own]
    assert await listed(ann, session, scope="mission") == [missions]
    assert await listed(ann, session, scope="hop") == [hops]
    assert await listed(ann, session, mission_id=ids["mission_id"]) == [missions, hops]
    assert await listed(ann, session, hop_id=ids["hop_id"]) == [hops]
    assert await listed(ann, session, hop_id=ids["hop_id"], scope="mission") == []
    assert await listed(ann, session, mission_id=new_id()) == []
    assert await listed(ann, session, status="pending", scope="hop") == []


# Pages


async def test_a_list_is_read_page_by_page_oldest_first(ann: Person) -> None:
    session = await ann.has_session()
    made = [(await uploaded(ann, session["id"]))["id"] for _ in range(5)]
    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await ann.get(path_of(session["id"]), params=query)).json()
        found += [asset["id"] for asset in page["items"]]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == 2
        query["cursor"] = page["next_cursor"]
        # What goes or comes meanwhile moves nothing.
        await ann.delete(path_of(session["id"], found[0]))
    assert found == made


async def test_a_cursor_fits_only_the_list_it_came_from(ann: Person, bob: Person) -> None:
    same = new_id()
    for person in (ann, bob):
        await person.has_session(id=same)
        for _ in range(2):
            await uploaded(person, same)
    other = await ann.has_session()
    cursor = (await ann.get(path_of(same), params={"limit": 1})).json()["next_cursor"]
    tampered = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    for answer in (
        await ann.get(path_of(same), params={"cursor": tampered}),
        await ann.get(path_of(same), params={"cursor": ""}),
        await ann.get(path_of(same), params={"cursor": cursor, "scope": "session"}),
        await ann.get(path_of(same), params={"cursor": cursor, "status": "pending"}),
        await ann.get(path_of(other["id"]), params={"cursor": cursor}),
        await bob.get(path_of(same), params={"cursor": cursor}),
        await ann.get("/api/audit", params={"cursor": cursor}),
    ):
        assert fault_at(answer) == (422, "validation_failed", ["/cursor"])


async def test_a_page_has_one_to_a_thousand_files(ann: Person) -> None:
    session = await ann.has_session()
    for limit in ("0", "-1", "1001", "x"):
        answer = await ann.get(path_of(session["id"]), params={"limit": limit})
        assert fault_at(answer) == (422, "validation_failed", ["/limit"])


# Sessions that are not active


async def _leaves_active(
    person: Person, app: FastAPI, clock: MovableClock, session_id: str, status: str
) -> None:
    if status == "abandoned":
        clock.move(hours=25)
        await app.state.jobs.abandon(clock())
    else:
        call = {"completed": "complete", "archived": "archive"}[status]
        assert (await person.post(f"/api/sessions/{session_id}/{call}")).status_code == 200


@pytest.mark.parametrize("status", ["completed", "archived", "abandoned"])
async def test_a_session_that_is_not_active_keeps_its_files_as_they_are(
    ann: Person,
    stranger: httpx.AsyncClient,
    app: FastAPI,
    clock: MovableClock,
    sql: Sql,
    status: str,
) -> None:
    session = await ann.has_session()
    ready = await has_file(ann, stranger, session["id"])
    pending, ticket = await is_announced(ann, session["id"], id=new_id())
    await bring(stranger, ticket)
    await _leaves_active(ann, app, clock, session["id"], status)
    before = await all_rows(sql)
    for answer in (
        await announce(ann, session["id"]),
        await upload(ann, session["id"]),
        await complete(ann, pending),
        await ann.delete(path_of(session["id"], ready["id"])),
        await ann.delete(path_of(session["id"], pending["id"])),
    ):
        assert refusal(answer) == (409, "session_not_active")
        assert answer.json()["session_status"] == status
    assert await all_rows(sql) == before
    # What was done before is repeated safely, and everything is read.
    assert (await complete(ann, ready)).json() == ready
    assert await listed(ann, session["id"]) == [ready["id"]]
    assert (await ann.get(path_of(session["id"], ready["id"]))).json() == ready
    assert await reads(ann, stranger, ready) == HELLO
    assert (await ann.sees(session["id"]))["assets"] == [ready]
    await ann.post(f"/api/sessions/{session['id']}/resume")
    assert (await complete(ann, pending)).status_code == 200


# Deleting


async def test_a_deleted_file_is_gone_at_once_and_its_object_written_down(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session = await ann.has_session()
    asset = await has_file(ann, stranger, session["id"])
    key = await sql.fetchval("SELECT object_key FROM assets")
    assert (await ann.delete(path_of(session["id"], asset["id"]))).status_code == 204
    for answer in (
        await ann.delete(path_of(session["id"], asset["id"])),
        await ann.get(path_of(session["id"], asset["id"])),
        await ann.get(path_of(session["id"], asset["id"], "content")),
        await complete(ann, asset),
    ):
        assert refusal(answer) == (404, "asset_not_found")
    rows = await sql.fetch("SELECT object_key, size, upload_id FROM object_deletions")
    assert [tuple(row) for row in rows] == [(key, 11, None)]


async def test_a_deletion_is_due_again_once_no_ticket_can_bring_the_object_back(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"])
    await ann.delete(path_of(session["id"], asset["id"]))
    assert (await bring(stranger, ticket)).status_code == 200
    assert await sql.fetchval(
        "SELECT due_at < now() AND last_at > $1::timestamptz FROM object_deletions",
        datetime.fromisoformat(ticket["expires_at"]),
    )


async def test_an_id_is_free_again_once_its_file_is_deleted(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session, asset_id = await ann.has_session(), new_id()
    first = await has_file(ann, stranger, session["id"], id=asset_id)
    await ann.delete(path_of(session["id"], first["id"]))
    other = b"another world"
    again = await has_file(ann, stranger, session["id"], other, id=asset_id, name="other.txt")
    assert again["id"] == asset_id
    assert await reads(ann, stranger, again) == other


# What it costs


async def test_reading_about_files_is_one_statement(ann: Person, statements: Statements) -> None:
    session = await ann.has_session()
    files = [await uploaded(ann, session["id"]) for _ in range(2)]
    for path in ("", f"/{files[0]['id']}", "?scope=session&limit=1"):
        url = path_of(session["id"]) + path
        await ann.get(url)  # the driver looks up types once
        await statements.forget()
        assert (await ann.get(url)).status_code == 200
        assert len(await statements.sent()) == 1, statements.all
