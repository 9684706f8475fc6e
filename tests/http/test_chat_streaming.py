"""An answer that is being written lives on the server, whoever watches or stops it."""

import asyncio

import pytest
from fastapi import FastAPI

from tests.support.answers import fault_at, refusal
from tests.support.chats import grow, is_writing, version_of
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import Sql, all_rows

ASTRAL = "🦊é\U0010ffff"  # three code points, four or five elsewhere
MAX_BYTES = 256 * 1024


@pytest.fixture
async def session_id(ann: Person) -> str:
    """A session of Ann's."""
    return str((await ann.has_session())["id"])


@pytest.fixture
async def path(ann: Person, session_id: str) -> str:
    """An empty message in progress."""
    return await is_writing(ann, session_id)


async def _content(person: Person, path: str) -> str:
    return str((await person.get(path)).json()["content"])


# Growing


async def test_text_grows_by_offset_and_can_be_read_meanwhile(ann: Person, path: str) -> None:
    lengths = []
    for offset, text in ((0, "one "), (4, "two "), (8, "three")):
        lengths.append((await grow(ann, path, offset, text)).json()["length"])
    message = (await ann.get(path)).json()
    assert lengths == [4, 8, 13]
    assert (message["content"], message["status"]) == ("one two three", "in_progress")


async def test_text_that_was_there_at_first_counts(ann: Person, session_id: str) -> None:
    path = await is_writing(ann, session_id, "begun")
    assert (await grow(ann, path, 5, " and going on")).status_code == 200
    assert await _content(ann, path) == "begun and going on"


async def test_offsets_count_code_points(ann: Person, session_id: str) -> None:
    path = await is_writing(ann, session_id, ASTRAL)
    first = await grow(ann, path, 3, ASTRAL)
    second = await grow(ann, path, 6, "!")
    assert (first.json()["length"], second.json()["length"]) == (6, 7)
    assert await _content(ann, path) == f"{ASTRAL}{ASTRAL}!"


@pytest.mark.parametrize("text", ["\n\t\"\\/'", "</script>", "\u0001\u007f\ufeff\u2028", " ", "%s"])
async def test_grown_text_is_exactly_what_was_sent(ann: Person, path: str, text: str) -> None:
    await grow(ann, path, 0, text)
    await grow(ann, path, len(text), text)
    assert await _content(ann, path) == text + text


async def test_each_growth_moves_the_version_by_one(
    ann: Person, session_id: str, path: str
) -> None:
    before = await version_of(ann, session_id)
    versions = [(await grow(ann, path, offset, "x")).json()["version"] for offset in range(3)]
    assert versions == [before + 1, before + 2, before + 3]
    assert await version_of(ann, session_id) == before + 3


async def test_growth_is_not_an_edit(ann: Person, path: str) -> None:
    await grow(ann, path, 0, "text")
    assert (await ann.get(path)).json()["edited_at"] is None


# Safely again


async def test_a_repeat_adds_nothing(ann: Person, path: str, sql: Sql) -> None:
    first = await grow(ann, path, 0, ASTRAL)
    before = await all_rows(sql)
    again = await grow(ann, path, 0, ASTRAL)
    assert (again.status_code, again.json()) == (200, first.json())
    assert await all_rows(sql) == before


async def test_a_late_repeat_tells_how_long_the_message_is_by_now(ann: Person, path: str) -> None:
    await grow(ann, path, 0, "one ")
    await grow(ann, path, 4, "two")
    assert (await grow(ann, path, 0, "one ")).json()["length"] == 7
    assert await _content(ann, path) == "one two"


async def test_the_last_growth_may_be_repeated_after_the_end(
    ann: Person, session_id: str, path: str
) -> None:
    await grow(ann, path, 0, "done")
    await ann.patch(path, {"status": "complete"})
    await ann.post(f"/api/sessions/{session_id}/complete")
    assert (await grow(ann, path, 0, "done")).status_code == 200


async def test_repeats_at_once_grow_once(ann: Person, path: str) -> None:
    answers = await asyncio.gather(*(grow(ann, path, 0, "once") for _ in range(5)))
    assert {(answer.status_code, answer.json()["length"]) for answer in answers} == {(200, 4)}
    assert await _content(ann, path) == "once"


@pytest.mark.parametrize(
    ("offset", "text"), [(0, "other"), (3, "x"), (5, "x"), (2**31 - 1, "x"), (1, "x"), (2, "xt!")]
)
async def test_an_offset_that_does_not_fit_tells_the_true_length(
    ann: Person, path: str, sql: Sql, offset: int, text: str
) -> None:
    await grow(ann, path, 0, "🦊ext")
    before = await all_rows(sql)
    answer = await grow(ann, path, offset, text)
    assert refusal(answer) == (409, "offset_mismatch")
    assert answer.json()["length"] == 4
    assert await all_rows(sql) == before


@pytest.mark.parametrize("offset", [-1, 2**31, 0.5, "0", True, None])
async def test_an_offset_is_a_whole_number(ann: Person, path: str, offset: int) -> None:
    assert fault_at(await grow(ann, path, offset, "x")) == (422, "validation_failed", ["/offset"])


async def test_nothing_is_not_a_growth(ann: Person, path: str) -> None:
    assert fault_at(await grow(ann, path, 0, "")) == (422, "validation_failed", ["/text"])


async def test_a_list_of_parts_does_not_grow(ann: Person, session_id: str) -> None:
    path = await is_writing(ann, session_id, [{"type": "text"}])
    assert fault_at(await grow(ann, path, 0, "x")) == (422, "validation_failed", ["/text"])


async def test_only_a_message_that_is_there_grows(ann: Person, session_id: str) -> None:
    path = f"/api/sessions/{session_id}/messages/{new_id()}"
    assert refusal(await grow(ann, path, 0, "x")) == (404, "message_not_found")


async def test_nobody_else_may_write_on(ann: Person, bob: Person, path: str) -> None:
    assert refusal(await grow(bob, path, 0, "x")) == (404, "session_not_found")
    assert await _content(ann, path) == ""


@pytest.mark.parametrize("unit", ["x", "é", "🦊", '"', "\n"])
async def test_a_message_grows_to_256_kib_of_json_and_no_further(
    ann: Person, session_id: str, unit: str
) -> None:
    escaped = {'"': 2, "\n": 2}
    fitting = (MAX_BYTES - 2) // escaped.get(unit, len(unit.encode()))
    path = await is_writing(ann, session_id)
    too_much = await grow(ann, path, 0, unit * (fitting + 1))
    assert fault_at(too_much) == (422, "validation_failed", ["/text"])
    assert (await grow(ann, path, 0, unit * fitting)).json()["length"] == fitting
    one_more = await grow(ann, path, fitting, unit)
    assert fault_at(one_more) == (422, "validation_failed", ["/text"])
    assert len(await _content(ann, path)) == fitting


# Ending


@pytest.mark.parametrize("status", ["complete", "failed", "cancelled"])
async def test_an_ended_message_tells_its_writer_so_and_keeps_its_text(
    ann: Person, path: str, status: str
) -> None:
    await grow(ann, path, 0, "so far")
    ended = await ann.patch(path, {"status": status})
    assert (ended.status_code, ended.json()["status"]) == (200, status)
    answer = await grow(ann, path, 6, " and more")
    assert refusal(answer) == (409, "message_not_in_progress")
    assert answer.json()["message_status"] == status
    assert await _content(ann, path) == "so far"


@pytest.mark.parametrize("status", ["complete", "failed", "cancelled"])
async def test_ending_it_the_same_way_again_is_safe(
    ann: Person, path: str, sql: Sql, status: str
) -> None:
    first = await ann.patch(path, {"status": status})
    before = await all_rows(sql)
    again = await ann.patch(path, {"status": status})
    assert (again.status_code, again.json()) == (200, first.json())
    assert await all_rows(sql) == before


@pytest.mark.parametrize(
    ("first", "then"),
    [("complete", "cancelled"), ("cancelled", "complete"), ("failed", "complete")],
)
async def test_what_has_ended_does_not_end_in_another_way(
    ann: Person, path: str, first: str, then: str
) -> None:
    await ann.patch(path, {"status": first})
    answer = await ann.patch(path, {"status": then})
    assert refusal(answer) == (409, "message_not_in_progress")
    assert (await ann.get(path)).json()["status"] == first


async def test_a_message_is_never_put_back_in_progress(ann: Person, path: str) -> None:
    answer = await ann.patch(path, {"status": "in_progress"})
    assert fault_at(answer) == (422, "validation_failed", ["/status"])


async def test_a_stop_wins_over_a_writer_at_work(ann: Person, path: str) -> None:
    """The writer goes on until told; whatever was acknowledged before the stop stays."""

    async def write() -> str:
        text = ""
        while (await grow(ann, path, len(text), "word ")).status_code == 200:
            text += "word "
        return text

    writer = asyncio.create_task(write())
    await asyncio.sleep(0.05)
    await ann.patch(path, {"status": "cancelled"})
    acknowledged = await writer
    assert await _content(ann, path) == acknowledged


async def test_a_session_that_is_over_takes_no_more_text(
    ann: Person, session_id: str, path: str
) -> None:
    await ann.post(f"/api/sessions/{session_id}/complete")
    assert refusal(await grow(ann, path, 0, "x")) == (409, "session_not_active")


async def test_a_writer_that_comes_back_after_its_session_was_resumed_is_told_of_the_stop(
    ann: Person, app: FastAPI, clock: MovableClock, session_id: str, path: str
) -> None:
    await grow(ann, path, 0, "so far")
    clock.move(hours=25)
    await app.state.jobs.abandon(clock())
    await ann.post(f"/api/sessions/{session_id}/resume")
    answer = await grow(ann, path, 6, " more")
    assert refusal(answer) == (409, "message_not_in_progress")
    assert answer.json()["message_status"] == "cancelled"
