"""Coming in by a link."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from session_api.settings import Settings
from tests.support.answers import refusal
from tests.support.people import MovableClock, Person, new_id
from tests.support.settings import patient_settings
from tests.support.workspace import Sql, all_rows

CROWD = 50
NONE = (404, "share_link_not_found")


@pytest.fixture
def settings(database_url: str) -> Settings:
    return patient_settings(database_url)


async def _join(person: Person, token: str) -> httpx.Response:
    return await person.post("/api/sessions/join", json={"token": token})


async def _crowd(host: Person, size: int) -> list[Person]:
    return [host.somebody_else(f"one of many {number}") for number in range(size)]


async def test_whoever_has_the_token_comes_in(ann: Person, bob: Person) -> None:
    session = await ann.has_session(name="Lisbon")
    link = await ann.shares(session["id"], link={}, role="editor")
    joined = (await _join(bob, link["token"])).json()
    assert (joined["id"], joined["user_id"], joined["access"]) == (session["id"], "ann", "editor")
    await bob.says(session["id"])
    listed = (await ann.get(f"/api/sessions/{session['id']}/shares")).json()["items"]
    assert [(share["user_id"], share["link_id"], share["role"]) for share in listed] == [
        (None, None, "editor"),
        ("bob", link["id"], "editor"),
    ]
    assert listed[0]["link"] == {"max_uses": None, "uses": 1}
    assert listed[1]["id"] == joined["share_id"]
    told = (await ann.get("/api/audit", params={"event": "share.joined"})).json()["items"]
    assert [event["actor"] for event in told] == ["bob"]


async def test_joining_again_changes_nothing(ann: Person, bob: Person, sql: Sql) -> None:
    session = await ann.has_session()
    link = await ann.shares(session["id"], link={"max_uses": 1})
    first = await _join(bob, link["token"])
    before = await all_rows(sql)
    again = await _join(bob, link["token"])
    assert (again.status_code, again.json()) == (200, first.json())
    assert await all_rows(sql) == before


async def test_of_fifty_who_use_a_link_of_one_use_at_once_one_comes_in(
    ann: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    link = await ann.shares(session["id"], link={"max_uses": 1}, role="editor")
    crowd = await _crowd(ann, CROWD)
    answers = await asyncio.gather(*(_join(person, link["token"]) for person in crowd))
    winners = [p for p, answer in zip(crowd, answers, strict=True) if answer.status_code == 200]
    assert len(winners) == 1
    assert {refusal(answer) for answer in answers if answer.status_code != 200} == {NONE}
    for person in crowd:
        found = await person.get(f"/api/sessions/{session['id']}")
        assert found.status_code == (200 if person is winners[0] else 404)
    assert await sql.fetchval("SELECT uses FROM session_shares WHERE id = $1", link["id"]) == 1
    assert await sql.fetchval("SELECT count(*) FROM session_members") == 1


async def test_fifty_tabs_of_one_person_are_one_use(ann: Person, bob: Person, sql: Sql) -> None:
    session = await ann.has_session()
    link = await ann.shares(session["id"], link={"max_uses": 1})
    answers = await asyncio.gather(*(_join(bob, link["token"]) for _ in range(CROWD)))
    assert {answer.status_code for answer in answers} == {200}
    assert await sql.fetchval("SELECT uses FROM session_shares WHERE id = $1", link["id"]) == 1
    told = (await ann.get("/api/audit", params={"event": "share.joined"})).json()["items"]
    assert len(told) == 1


@pytest.mark.parametrize("why", ["unknown", "expired", "used up", "withdrawn", "erased", "tenant"])
async def test_a_link_that_leads_nowhere_says_no_more(
    ann: Person, bob: Person, clock: MovableClock, sql: Sql, why: str
) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    expires_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    link = await ann.shares(session["id"], link={"max_uses": 1}, expires_at=expires_at)
    token, person = link["token"], bob
    match why:
        case "unknown":
            token = token[::-1]
        case "expired":
            clock.move(hours=2)
        case "used up":
            await _join(ann.somebody_else("carl"), token)
        case "withdrawn":
            await ann.delete(f"{path}/shares/{link['id']}")
        case "erased":
            await ann.delete(path)
        case "tenant":
            person = bob.somebody_else("bob", tenant="other")
    before = await all_rows(sql)
    answer = await _join(person, token)
    assert refusal(answer) == NONE
    assert answer.json()["detail"] == "There is no such link, or no longer."
    assert await all_rows(sql) == before


async def test_who_is_in_already_is_not_let_in_twice(ann: Person, bob: Person) -> None:
    session = await ann.has_session()
    share = await ann.shares(session["id"], user_id="bob")
    link = await ann.shares(session["id"], link={}, role="editor")
    answer = await _join(bob, link["token"])
    assert refusal(answer) == (409, "already_reached")
    assert answer.json()["share_id"] == share["id"]
    assert refusal(await _join(ann, link["token"])) == (409, "already_reached")
    assert (await bob.sees(session["id"]))["access"] == "viewer"


async def test_what_becomes_of_a_link_becomes_of_those_who_came_through_it(
    ann: Person, bob: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    link = await ann.shares(session["id"], link={}, role="editor")
    await _join(bob, link["token"])
    version = (await ann.sees(session["id"]))["version"]
    await ann.patch(f"{path}/shares/{link['id']}", {"role": "viewer"})
    assert (await bob.sees(session["id"]))["access"] == "viewer"
    assert (await ann.sees(session["id"]))["version"] == version + 2  # a change a share
    expires_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await ann.patch(f"{path}/shares/{link['id']}", {"expires_at": expires_at})
    clock.move(hours=2)
    assert (await bob.get(path)).status_code == 404
    await ann.patch(f"{path}/shares/{link['id']}", {"expires_at": None})
    assert (await bob.get(path)).status_code == 200
    await ann.delete(f"{path}/shares/{link['id']}")
    assert (await bob.get(path)).status_code == 404
    assert (await ann.get(f"{path}/shares")).json()["items"] == []


async def test_one_who_came_through_a_link_can_be_put_out_alone(
    ann: Person, bob: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    link = await ann.shares(session["id"], link={"max_uses": 2})
    share_id = (await _join(bob, link["token"])).json()["share_id"]
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    await ann.patch(f"{path}/shares/{share_id}", {"expires_at": soon})
    clock.move(minutes=2)
    assert refusal(await _join(bob, link["token"])) == NONE
    async with ann.somebody_else("carl") as carl:
        assert (await _join(carl, link["token"])).status_code == 200


# An id leads a person to one session


async def test_nobody_is_given_a_session_whose_id_leads_them_elsewhere(
    ann: Person, bob: Person, sql: Sql
) -> None:
    same = new_id()
    await bob.has_session(id=same, name="bob's")
    await ann.has_session(id=same)
    link = await ann.shares(same, link={}, role="editor")
    before = await all_rows(sql)
    invited = await ann.post(
        f"/api/sessions/{same}/shares", json={"user_id": "bob", "role": "editor"}
    )
    assert refusal(invited) == (409, "already_reached")
    assert "share_id" not in invited.json()
    assert refusal(await _join(bob, link["token"])) == (409, "already_reached")
    assert await all_rows(sql) == before
    assert (await bob.sees(same))["name"] == "bob's"
    async with ann.somebody_else("carl") as carl:
        await carl.has_session(id=same)
        async with ann.somebody_else("dora") as dora:
            await ann.shares(same, user_id="dora")
            second = await carl.post(
                f"/api/sessions/{same}/shares", json={"user_id": "dora", "role": "editor"}
            )
            assert refusal(second) == (409, "already_reached")
            assert (await dora.sees(same))["user_id"] == "ann"


async def test_nobody_makes_a_session_over_one_that_is_shared_with_them(
    ann: Person, bob: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    await ann.shares(session["id"], user_id="bob")
    before = await all_rows(sql)
    for call in (
        {"json": {"id": session["id"]}},
        {"json": {}, "headers": {"Idempotency-Key": session["id"]}},
    ):
        answer = await bob.post("/api/sessions/", **call)  # type: ignore[arg-type]
        assert refusal(answer) == (409, "id_conflict")
    assert await all_rows(sql) == before


@pytest.mark.parametrize("way", ["invited", "joining"])
async def test_who_makes_a_session_while_one_of_its_id_is_shared_with_them_gets_one(
    ann: Person, bob: Person, sql: Sql, way: str
) -> None:
    both: list[Any] = []
    for number in range(30):
        same = new_id()
        await ann.has_session(id=same)
        link = await ann.shares(same, link={})

        async def share(same: str = same, token: str = link["token"]) -> httpx.Response:
            if way == "joining":
                return await _join(bob, token)
            body = {"user_id": "bob", "role": "viewer"}
            return await ann.post(f"/api/sessions/{same}/shares", json=body)

        calls = [share(), bob.post("/api/sessions/", json={"id": same})]
        shared, made = await asyncio.gather(*(calls if number % 2 else calls[::-1]))
        if number % 2 == 0:
            shared, made = made, shared
        both.append((shared.status_code, made.status_code))
        assert sorted(both[-1]) in ([200, 409], [201, 409])
    twice = await sql.fetchval(
        "SELECT count(*) FROM session_members m JOIN user_sessions s"
        " ON (s.owner_id, s.id) = (m.owner_id, m.session_id)"
    )
    assert twice == 0
