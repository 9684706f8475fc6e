"""The list of one's sessions: order, filters, pages."""

from typing import Any

import httpx
import pytest

from tests.support.answers import fault_at, refusal
from tests.support.people import MovableClock, Person
from tests.support.workspace import Sql, has_asset, has_workspace

BAD_CURSOR = (422, "validation_failed", ["/cursor"])


async def _list(person: Person, **query: Any) -> httpx.Response:
    return await person.get("/api/sessions/", params=query)


async def _names(person: Person, **query: Any) -> list[str]:
    answer = await _list(person, **query)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def _has_named(person: Person, *names: str) -> list[str]:
    return [(await person.has_session(name=name))["id"] for name in names]


async def test_one_who_has_none_gets_an_empty_page(ann: Person, bob: Person) -> None:
    await bob.has_session()
    assert (await _list(ann)).json() == {"items": [], "next_cursor": None}


async def test_the_latest_activity_comes_first(ann: Person, clock: MovableClock) -> None:
    first, _ = await _has_named(ann, "first", "second")
    assert await _names(ann) == ["second", "first"]
    clock.move(seconds=6)
    await ann.post(f"/api/sessions/{first}/activity")
    assert await _names(ann) == ["first", "second"]


async def test_a_summary_counts_and_leaves_the_heavy_parts_out(ann: Person, sql: Sql) -> None:
    ids = await has_workspace(ann, session_metadata={"secret": 1})
    await has_asset(sql, ann, ids)
    await has_asset(sql, ann, ids, status="pending")
    (summary,) = (await _list(ann)).json()["items"]
    whole = await ann.sees(ids["session_id"])
    heavy = {"session_metadata", "chat", "mission", "assets"}
    assert summary == {name: whole[name] for name in whole.keys() - heavy} | {
        "message_count": 1,
        "asset_count": 1,
    }


async def test_status_filters_and_may_repeat(ann: Person) -> None:
    _, over, filed = await _has_named(ann, "open", "over", "filed")
    await ann.post(f"/api/sessions/{over}/complete")
    await ann.post(f"/api/sessions/{filed}/archive")
    assert await _names(ann, status="active") == ["open"]
    assert await _names(ann, status="abandoned") == []
    assert set(await _names(ann, status=["completed", "archived"])) == {"over", "filed"}


async def test_an_unknown_status_is_refused(ann: Person) -> None:
    assert refusal(await _list(ann, status="open")) == (422, "validation_failed")


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("lis", {"Lisbon 100%", "lisbon_trip"}),
        ("LISBON", {"Lisbon 100%", "lisbon_trip"}),
        ("%", {"Lisbon 100%"}),
        ("_", {"lisbon_trip"}),
        ("n_t", {"lisbon_trip"}),
        ("\\", {"C:\\temp"}),
        ("'; --", set()),
        ("ßä", {"Straßä"}),
        ("", {"Lisbon 100%", "lisbon_trip", "C:\\temp", "Straßä"}),
    ],
)
async def test_q_matches_a_part_of_the_name_as_it_is_written(
    ann: Person, q: str, found: set[str]
) -> None:
    await _has_named(ann, "Lisbon 100%", "lisbon_trip", "C:\\temp", "Straßä")
    assert set(await _names(ann, q=q)) == found


@pytest.mark.parametrize("limit", [0, 101, -1, "x", 2**63])
async def test_a_limit_out_of_range_is_refused(ann: Person, limit: int | str) -> None:
    assert fault_at(await _list(ann, limit=limit)) == (422, "validation_failed", ["/limit"])


@pytest.mark.parametrize(("sessions", "limit"), [(5, 2), (4, 2), (3, 1), (2, 2), (3, 100)])
async def test_pages_hold_every_session_once(ann: Person, sessions: int, limit: int) -> None:
    made = await _has_named(ann, *(str(number) for number in range(sessions)))
    pages = 1
    page = (await _list(ann, limit=limit)).json()
    seen = [item["id"] for item in page["items"]]
    while page["next_cursor"]:
        page = (await _list(ann, limit=limit, cursor=page["next_cursor"])).json()
        seen += [item["id"] for item in page["items"]]
        pages += 1
    assert seen == made[::-1]
    assert pages == -(-sessions // limit)


async def test_pages_part_sessions_that_were_active_in_the_same_moment(
    ann: Person, sql: Sql
) -> None:
    made = await _has_named(ann, "a", "b", "c")
    await sql.execute("UPDATE user_sessions SET last_activity_at = '2026-01-01T00:00:00Z'")
    first = (await _list(ann, limit=2)).json()
    second = (await _list(ann, limit=2, cursor=first["next_cursor"])).json()
    assert sorted(item["id"] for item in first["items"] + second["items"]) == sorted(made)


async def _cursor(person: Person, **query: Any) -> str:
    """The cursor of a page of one, of a person who has two sessions."""
    await _has_named(person, "trip one", "trip two")
    return str((await _list(person, limit=1, **query)).json()["next_cursor"])


@pytest.mark.parametrize("place", [0, 10, -1])
async def test_a_cursor_that_was_tampered_with_is_refused(ann: Person, place: int) -> None:
    cursor = list(await _cursor(ann))
    cursor[place] = "A" if cursor[place] != "A" else "B"
    assert fault_at(await _list(ann, limit=1, cursor="".join(cursor))) == BAD_CURSOR


@pytest.mark.parametrize("cursor", ["", "x", "%00", "'", "é", "A" * 5000])
async def test_what_never_was_a_cursor_is_refused(ann: Person, cursor: str) -> None:
    assert fault_at(await _list(ann, cursor=cursor)) == BAD_CURSOR


async def test_a_cursor_of_somebody_else_is_refused(ann: Person, bob: Person) -> None:
    cursor = await _cursor(bob)
    assert fault_at(await _list(ann, limit=1, cursor=cursor)) == BAD_CURSOR


@pytest.mark.parametrize("other", [{}, {"q": "one"}, {"q": "trip", "status": "active"}])
async def test_a_cursor_of_another_filter_is_refused(ann: Person, other: dict[str, str]) -> None:
    cursor = await _cursor(ann, q="trip")
    assert fault_at(await _list(ann, limit=1, cursor=cursor, **other)) == BAD_CURSOR


async def test_a_cursor_of_another_list_is_refused(ann: Person) -> None:
    await ann.has_mission()
    await ann.has_mission()
    cursor = (await ann.get("/api/missions/", params={"limit": 1})).json()["next_cursor"]
    assert fault_at(await _list(ann, cursor=cursor)) == BAD_CURSOR


async def test_a_cursor_outlives_a_change_of_limit(ann: Person) -> None:
    cursor = await _cursor(ann)
    assert await _names(ann, limit=50, cursor=cursor) == ["trip one"]
