"""Reading a chat page by page, back and forth, by `seq`."""

from typing import Any

import pytest

from tests.support.answers import fault_at, refusal
from tests.support.chats import batch, send
from tests.support.people import Person


@pytest.fixture
async def session_id(ann: Person) -> str:
    """A session of Ann's with messages of seq 1 to 7, the fourth of them deleted."""
    made = (await ann.has_session())["id"]
    messages = (await send(ann, made, batch(*"abcdefg"))).json()["messages"]
    await ann.delete(f"/api/sessions/{made}/messages/{messages[3]['id']}")
    return str(made)


async def _page(person: Person, session_id: str, **query: int) -> dict[str, Any]:
    answer = await person.get(f"/api/sessions/{session_id}/messages", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    ("query", "seqs", "has_more", "next_before", "next_after"),
    [
        ({}, [1, 2, 3, 5, 6, 7], False, None, None),
        ({"limit": 2}, [6, 7], True, 6, None),
        ({"limit": 6}, [1, 2, 3, 5, 6, 7], False, None, None),
        ({"before": 6, "limit": 2}, [3, 5], True, 3, 5),
        ({"before": 3, "limit": 2}, [1, 2], False, None, 2),
        ({"before": 5, "limit": 3}, [1, 2, 3], False, None, 3),
        ({"before": 1}, [], False, None, None),
        ({"before": 2**63 - 1, "limit": 1}, [7], True, 7, None),
        ({"after": 0, "limit": 2}, [1, 2], True, None, 2),
        ({"after": 2, "limit": 2}, [3, 5], True, 3, 5),
        ({"after": 4, "limit": 200}, [5, 6, 7], False, 5, None),
        ({"after": 7}, [], False, None, None),
        ({"after": 2**63 - 1}, [], False, None, None),
    ],
)
async def test_a_page_is_cut_by_seq(
    ann: Person,
    session_id: str,
    query: dict[str, int],
    seqs: list[int],
    has_more: bool,
    next_before: int | None,
    next_after: int | None,
) -> None:
    page = await _page(ann, session_id, **query)
    assert [message["seq"] for message in page.pop("items")] == seqs
    assert page == {"has_more": has_more, "next_before": next_before, "next_after": next_after}


@pytest.mark.parametrize(("start", "following"), [({}, "before"), ({"after": 0}, "after")])
async def test_pages_hold_every_message_once(
    ann: Person, session_id: str, start: dict[str, int], following: str
) -> None:
    seen: list[int] = []
    query = dict(start)
    while True:
        page = await _page(ann, session_id, limit=2, **query)
        seen += [message["seq"] for message in page["items"]]
        if not page["has_more"]:
            break
        query = {following: page[f"next_{following}"]}
    assert sorted(seen) == [1, 2, 3, 5, 6, 7]


async def test_a_chat_without_messages_is_an_empty_page(ann: Person) -> None:
    page = await _page(ann, (await ann.has_session())["id"])
    assert page == {"items": [], "has_more": False, "next_before": None, "next_after": None}


async def test_a_page_holds_fifty_unless_asked_otherwise(ann: Person) -> None:
    made = (await ann.has_session())["id"]
    await send(ann, made, batch(*["x"] * 51))
    assert len((await _page(ann, made))["items"]) == 50


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": 0}, "/limit"),
        ({"limit": 201}, "/limit"),
        ({"before": 0}, "/before"),
        ({"before": 2**63}, "/before"),
        ({"after": -1}, "/after"),
        ({"after": "x"}, "/after"),
        ({"before": 5, "after": 2}, "/after"),
    ],
)
async def test_a_page_out_of_range_is_refused(
    ann: Person, session_id: str, query: dict[str, Any], pointer: str
) -> None:
    answer = await ann.get(f"/api/sessions/{session_id}/messages", params=query)
    assert fault_at(answer) == (422, "validation_failed", [pointer])


async def test_somebody_elses_chat_is_not_there(bob: Person, session_id: str) -> None:
    answer = await bob.get(f"/api/sessions/{session_id}/messages")
    assert refusal(answer) == (404, "session_not_found")


async def test_a_chat_that_is_over_can_still_be_read(ann: Person, session_id: str) -> None:
    await ann.post(f"/api/sessions/{session_id}/archive")
    assert len((await _page(ann, session_id))["items"]) == 6
