"""Inviting, changing, ending, and what each does to what the other may."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.support.answers import refusal
from tests.support.guests import becomes_guest, merges
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import Sql, all_rows, has_workspace

_PAST = (409, "expires_in_the_past")


def _path(session: dict[str, Any], *parts: str) -> str:
    return "/".join((f"/api/sessions/{session['id']}", *parts))


def _in(**after: float) -> str:
    return (datetime.now(UTC) + timedelta(**after)).isoformat()


async def _kinds(person: Person, session: dict[str, Any], since: int) -> list[tuple[str, Any]]:
    answer = await person.get(_path(session, "changes"), params={"since": since})
    return [(change["kind"], change["data"]) for change in answer.json()["changes"]]


async def test_who_is_invited_sees_whose_it_is_and_what_they_may(ann: Person, bob: Person) -> None:
    session = await ann.has_session(name="Lisbon", session_metadata={"panel": "map"})
    share = await ann.shares(session["id"], user_id="bob", role="editor")
    assert (share["user_id"], share["link"], share["token"]) == ("bob", None, None)
    seen = await bob.sees(session["id"])
    assert (seen["user_id"], seen["access"]) == ("ann", "editor")
    assert seen["session_metadata"] == {"panel": "map"}
    assert (await ann.sees(session["id"]))["access"] == "owner"


async def test_an_editors_writes_carry_the_editor_and_stay_the_owners(
    ann: Person, bob: Person, sql: Sql
) -> None:
    ids = await has_workspace(ann)
    await ann.shares(ids["session_id"], user_id="bob", role="editor")
    path = f"/api/sessions/{ids['session_id']}"
    await bob.says(ids["session_id"], "from bob")
    await bob.patch(path, {"session_metadata": {"by": "bob"}})
    await bob.patch(f"/api/missions/{ids['mission_id']}", {"name": "Porto"})
    uploaded = await bob.post(f"{path}/assets/upload", files={"file": ("x.txt", b"x" * 99_999)})
    assert uploaded.status_code == 201
    changes = (await ann.get(f"{path}/changes", params={"since": 4})).json()["changes"]
    assert [change["actor"] for change in changes] == ["bob"] * 4
    owners = {str(row["owner_id"]) for row in await sql.fetch("SELECT owner_id FROM assets")}
    assert owners == {str(ann.owner_id)}
    counts = await sql.fetch("SELECT subject, asset_count, asset_bytes FROM users ORDER BY 1")
    assert [tuple(row) for row in counts] == [("ann", 1, 99_999), ("bob", 0, 0)]
    keys = await sql.fetch("SELECT object_key FROM assets")
    assert all(f"/{ann.owner_id}/" in row["object_key"] for row in keys)


async def test_a_repeat_makes_no_second_share_and_shows_no_token_again(
    ann: Person, bob: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    bodies: list[dict[str, Any]] = [
        {"id": new_id(), "role": "viewer", "user_id": "bob", "expires_at": _in(hours=1)},
        {"id": new_id(), "role": "editor", "link": {"max_uses": 2}},
    ]
    for body in bodies:
        first = await ann.post(_path(session, "shares"), json=body)
        before = await all_rows(sql)
        again = await ann.post(_path(session, "shares"), json=body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() | {"token": None, "note": None} == first.json() | {"token": None}
        assert again.json()["token"] is None
        assert ("link" in body) == (again.json()["note"] is not None)
        other = await ann.post(_path(session, "shares"), json=body | {"expires_at": _in(hours=2)})
        assert refusal(other) == (409, "id_conflict")
        assert await all_rows(sql) == before


async def test_a_links_token_is_stored_nowhere(ann: Person, bob: Person, sql: Sql) -> None:
    session = await ann.has_session()
    link = await ann.shares(session["id"], link={})
    await bob.post("/api/sessions/join", json={"token": link["token"]})
    kept = str(await all_rows(sql))
    assert link["id"] in kept
    assert link["token"] not in kept
    assert link["token"].encode().hex() not in kept
    shown = await ann.get(_path(session, "shares"))
    assert link["token"] not in shown.text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"user_id": "ann", "role": "viewer"}, (422, "validation_failed")),
        ({"user_id": "bob", "role": "viewer"}, (409, "already_reached")),
        ({"user_id": "zoe", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}, _PAST),
        ({"user_id": "zoe", "role": "owner"}, (422, None)),
        ({"user_id": "zoe", "link": {}, "role": "viewer"}, (422, None)),
        ({"role": "viewer"}, (422, None)),
        ({"user_id": "", "role": "viewer"}, (422, None)),
        ({"user_id": "z\u0085", "role": "viewer"}, (422, None)),
        ({"link": {"max_uses": 0}, "role": "viewer"}, (422, None)),
        ({"user_id": "zoe"}, (422, None)),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    ann: Person, bob: Person, sql: Sql, body: dict[str, Any], expected: tuple[int, str | None]
) -> None:
    session = await ann.has_session()
    share = await ann.shares(session["id"], user_id="bob")
    before = await all_rows(sql)
    answer = await ann.post(_path(session, "shares"), json=body)
    assert refusal(answer) == (expected[0], expected[1] or "validation_failed")
    if expected[1] == "already_reached":
        assert answer.json()["share_id"] == share["id"]
    assert await all_rows(sql) == before


async def test_a_session_has_no_more_shares_than_it_may(
    ann: Person, bob: Person, app: FastAPI
) -> None:
    session = await ann.has_session()
    link = await ann.shares(session["id"], link={})
    for number in range(98):
        await ann.shares(session["id"], user_id=f"person {number}")
    await ann.shares(session["id"], link={})
    answer = await ann.post(_path(session, "shares"), json={"user_id": "x", "role": "viewer"})
    assert refusal(answer) == (409, "too_many_shares")
    assert answer.json()["allowed"] == 100
    joined = await bob.post("/api/sessions/join", json={"token": link["token"]})
    assert refusal(joined) == (409, "too_many_shares")


async def test_a_role_changes_from_the_next_request_on(ann: Person, bob: Person) -> None:
    session = await ann.has_session()
    share = await ann.shares(session["id"], user_id="bob", role="editor")
    await bob.says(session["id"])
    version = (await ann.sees(session["id"]))["version"]
    for _ in range(2):  # the second time it changes nothing
        changed = await ann.patch(_path(session, "shares", share["id"]), {"role": "viewer"})
        assert (changed.status_code, changed.json()["role"]) == (200, "viewer")
    answer = await bob.post(_path(session, "messages"), json={"role": "user", "content": "x"})
    assert refusal(answer) == (403, "insufficient_access")
    assert await _kinds(bob, session, version) == [("share.updated", None)]


async def test_an_expired_share_is_none_until_it_is_given_more_time(
    ann: Person, bob: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    share = await ann.shares(session["id"], user_id="bob", expires_at=_in(hours=1))
    clock.move(minutes=59)
    assert (await bob.get(_path(session))).status_code == 200
    clock.move(minutes=1)
    assert refusal(await bob.get(_path(session))) == (404, "session_not_found")
    assert (await bob.get("/api/sessions/shared-with-me")).json()["items"] == []
    path = _path(session, "shares", share["id"])
    assert refusal(await ann.patch(path, {"expires_at": _in(minutes=30)})) == _PAST
    assert (await ann.patch(path, {"expires_at": _in(hours=3)})).status_code == 200
    assert (await bob.get(_path(session))).status_code == 200
    assert (await ann.patch(path, {"expires_at": None})).json()["expires_at"] is None


async def test_an_ended_share_is_none_and_its_id_is_free_again(ann: Person, bob: Person) -> None:
    session = await ann.has_session()
    share = await ann.shares(session["id"], user_id="bob")
    version = (await ann.sees(session["id"]))["version"]
    gone = await ann.delete(_path(session, "shares", share["id"]))
    assert gone.status_code == 204
    assert refusal(await bob.get(_path(session))) == (404, "session_not_found")
    assert await _kinds(ann, session, version) == [("share.deleted", None)]
    again = await ann.delete(_path(session, "shares", share["id"]))
    assert refusal(again) == (404, "share_not_found")
    assert (await ann.get(_path(session, "shares"))).json() == {"items": []}
    await ann.shares(session["id"], user_id="bob")


async def test_a_session_that_is_erased_takes_everybodys_reach_along(
    ann: Person, bob: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    await ann.shares(session["id"], user_id="bob")
    await ann.shares(session["id"], link={})
    await ann.delete(_path(session))
    assert refusal(await bob.get(_path(session))) == (404, "session_not_found")
    assert (await bob.get("/api/sessions/shared-with-me")).json()["items"] == []
    assert await sql.fetchval("SELECT count(*) FROM session_shares") == 0
    assert await sql.fetchval("SELECT count(*) FROM session_members") == 0
    await bob.has_session(id=session["id"])


async def test_whoever_leaves_is_out_and_the_owner_is_told(
    ann: Person, bob: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    share = await ann.shares(session["id"], user_id="bob", expires_at=_in(hours=1))
    clock.move(hours=2)  # what has expired can be left as well
    leaving = f"/api/sessions/shared-with-me/{session['id']}"
    assert (await bob.delete(leaving)).status_code == 204
    assert refusal(await bob.delete(leaving)) == (404, "session_not_found")
    assert (await ann.get(_path(session, "shares"))).json()["items"] == []
    told = (await ann.get("/api/audit", params={"event": "share.left"})).json()["items"]
    assert [(event["actor"], event["data"]["share_id"]) for event in told] == [("bob", share["id"])]


async def test_only_the_same_name_of_the_same_tenant_is_invited(ann: Person, bob: Person) -> None:
    session = await ann.has_session()
    await ann.shares(session["id"], user_id="bob")
    async with bob.somebody_else("bob", tenant="other") as namesake:
        assert refusal(await namesake.get(_path(session))) == (404, "session_not_found")
        assert (await namesake.get("/api/sessions/shared-with-me")).json()["items"] == []


async def test_whoever_was_never_here_is_invited_as_well(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    await ann.shares(session["id"], user_id="näme/with?odd#signs", role="editor")
    async with ann.somebody_else("näme/with?odd#signs") as person:
        await person.says(session["id"])
        assert (await person.get("/api/sessions/")).json()["items"] == []
    assert await sql.fetchval("SELECT count(*) FROM users") == 2


async def test_what_is_shared_is_listed_in_pages_the_latest_first(ann: Person, bob: Person) -> None:
    async with ann.somebody_else("carl") as carl:
        made = []
        for host in (ann, carl, ann, carl, ann):
            session = await host.has_session(name=host.name)
            await host.says(session["id"])
            await host.shares(session["id"], user_id="bob", role="editor")
            made.append((session["id"], host.name))
    found, query = [], {"limit": 2}
    while True:
        page = (await bob.get("/api/sessions/shared-with-me", params=query)).json()
        found += [(item["id"], item["user_id"]) for item in page["items"]]
        assert {item["access"] for item in page["items"]} == {"editor"}
        assert {item["message_count"] for item in page["items"]} == {1}
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == made[::-1]
    async with ann.somebody_else("dora") as dora:
        other = await dora.get("/api/sessions/shared-with-me", params=query)
        assert refusal(other) == (422, "validation_failed")


async def test_reading_is_told_once_in_a_while_and_never_left_out(
    ann: Person, bob: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    share = await ann.shares(session["id"], user_id="bob")

    async def told() -> list[Any]:
        answer = await ann.get("/api/audit", params={"event": "session.accessed"})
        return [(item["actor"], item["data"]) for item in answer.json()["items"]]

    what = {"share_id": share["id"], "role": "viewer"}
    assert await told() == []
    for _ in range(3):
        await bob.get(_path(session))
    await bob.get("/api/sessions/shared-with-me")
    assert await told() == [("bob", what)]
    clock.move(minutes=16)
    await bob.get("/api/sessions/shared-with-me")
    assert await told() == [("bob", what)] * 2
    clock.move(minutes=16)
    await bob.get(_path(session, "messages"))
    assert await told() == [("bob", what)] * 3
    assert (await bob.get("/api/audit")).json()["items"] == []


async def test_a_shared_mission_is_reached_by_its_id_but_ones_own_comes_first(
    ann: Person, bob: Person
) -> None:
    ids = await has_workspace(ann)
    path = f"/api/missions/{ids['mission_id']}"
    share = await ann.shares(ids["session_id"], user_id="bob", role="editor")
    loose = await ann.has_mission(name="of no session")
    assert refusal(await bob.get(f"/api/missions/{loose['id']}")) == (404, "mission_not_found")
    assert (await bob.patch(path, {"name": "by bob"})).json()["name"] == "by bob"
    await bob.has_mission(id=ids["mission_id"], name="bob's own")
    assert (await bob.get(path)).json()["name"] == "bob's own"
    assert (await ann.get(path)).json()["name"] == "by bob"
    await ann.delete(f"/api/sessions/{ids['session_id']}/shares/{share['id']}")
    assert (await bob.get(path)).json()["name"] == "bob's own"


async def test_of_two_shared_missions_of_one_id_neither_is_guessed(
    ann: Person, bob: Person
) -> None:
    same = new_id()
    async with ann.somebody_else("carl") as carl:
        sessions = []
        for host in (ann, carl):
            session = await host.has_session()
            await host.has_mission(id=same, session_id=session["id"], name=host.name)
            await host.shares(session["id"], user_id="bob", role="editor")
            sessions.append(session)
        assert refusal(await bob.get(f"/api/missions/{same}")) == (404, "mission_not_found")
        assert (await bob.sees(sessions[1]["id"]))["mission"]["name"] == "carl"
        await bob.delete(f"/api/sessions/shared-with-me/{sessions[1]['id']}")
        assert (await bob.get(f"/api/missions/{same}")).json()["name"] == "ann"


async def test_recovery_lists_and_the_active_session_stay_ones_own(
    ann: Person, bob: Person
) -> None:
    session = await ann.has_session()
    await ann.shares(session["id"], user_id="bob", role="editor")
    recovered = await bob.post("/api/sessions/recover", json={"session_id": session["id"]})
    assert recovered.json()["session"]["id"] != session["id"]
    assert recovered.json()["reset"] == {"reason": "not_found"}
    assert [item["user_id"] for item in (await bob.get("/api/sessions/")).json()["items"]] == [
        "bob"
    ]


async def test_a_large_form_is_streamed_into_anothers_session_whole(
    ann: Person, bob: Person, sql: Sql
) -> None:
    """Its first fields are read before it is known that the session is shared."""
    ids = await has_workspace(ann)
    share = await ann.shares(ids["session_id"], user_id="bob", role="editor")
    path = f"/api/sessions/{ids['session_id']}/assets/upload"
    content = bytes(range(256)) * 20_000
    form = {"data": {"mission_id": ids["mission_id"]}, "files": {"file": ("a.bin", content)}}
    answer = await bob.post(path, **form)  # type: ignore[arg-type]
    assert answer.status_code == 201, answer.text
    assert answer.json()["sha256"] == hashlib.sha256(content).hexdigest()
    assert answer.json()["mission_id"] == ids["mission_id"]
    await ann.patch(f"/api/sessions/{ids['session_id']}/shares/{share['id']}", {"role": "viewer"})
    before = await all_rows(sql)
    refused = await bob.post(path, **form)  # type: ignore[arg-type]
    assert refusal(refused) == (403, "insufficient_access")
    assert await all_rows(sql) == before


async def test_guests_share_nothing_and_nothing_is_shared_with_them(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session = await ann.has_session()
    link = await ann.shares(session["id"], link={})
    guest = await becomes_guest(stranger)
    own = await guest.has_session()
    await ann.shares(session["id"], user_id=guest.name)
    assert (await guest.get(_path(session))).status_code == 404  # a name of another issuer
    joined = await guest.post("/api/sessions/join", json={"token": link["token"]})
    assert refusal(joined) == (403, "account_needed")
    shared = await guest.post(_path(own, "shares"), json={"user_id": "ann", "role": "viewer"})
    assert refusal(shared) == (403, "account_needed")
    assert (
        await sql.fetchval(
            "SELECT count(*) FROM session_members WHERE owner_id = $1", guest.owner_id
        )
        == 0
    )


async def test_a_guest_is_not_merged_over_what_is_shared_with_the_account(
    ann: Person, bob: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session = await ann.has_session()
    await ann.shares(session["id"], user_id="bob")
    guest = await becomes_guest(stranger)
    await guest.has_session(id=session["id"])
    before = await all_rows(sql)
    merged = await merges(bob, guest)
    assert refusal(merged) == (409, "id_conflict")
    assert merged.json()["conflicts"]["sessions"] == [session["id"]]
    assert await all_rows(sql) == before


async def test_a_link_to_a_file_works_for_a_viewer(ann: Person, bob: Person) -> None:
    session = await ann.has_session()
    uploaded = await ann.post(_path(session, "assets/upload"), files={"file": ("a.txt", b"hello")})
    await ann.shares(session["id"], user_id="bob")
    answer = await bob.get(_path(session, "assets", uploaded.json()["id"], "content"))
    assert answer.status_code == 307
    assert (await bob.get(answer.headers["Location"])).content == b"hello"
