"""Editing and deleting messages, and messages coming back exactly as they were sent."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.answers import exact, fault_at, if_match, refusal
from tests.support.chats import batch, chat_of, grow, is_writing, send, version_of
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import Sql, all_rows

MAX_BYTES = 256 * 1024


@pytest.fixture
async def session_id(ann: Person) -> str:
    """A session of Ann's."""
    return str((await ann.has_session())["id"])


@pytest.fixture
async def path(ann: Person, session_id: str) -> str:
    """A message with metadata."""
    message = await ann.says(session_id, "helo", metadata={"a": 1, "b": {"c": 2}})
    return f"/api/sessions/{session_id}/messages/{message['id']}"


# Editing


async def test_new_content_replaces_the_old_and_is_marked(
    ann: Person, path: str, clock: MovableClock
) -> None:
    clock.move(minutes=1)
    edited = (await ann.patch(path, {"content": "hello"})).json()
    assert edited["content"] == "hello"
    assert edited["edited_at"] > edited["created_at"]
    assert (await ann.get(path)).json() == edited


async def test_text_may_become_parts(ann: Person, path: str) -> None:
    parts = [{"type": "text", "text": "hello"}]
    assert (await ann.patch(path, {"content": parts})).json()["content"] == parts


async def test_metadata_is_merged_and_marked(ann: Person, path: str) -> None:
    edited = (await ann.patch(path, {"metadata": {"a": None, "b": {"d": 3}}})).json()
    assert (edited["content"], edited["metadata"]) == ("helo", {"b": {"c": 2, "d": 3}})
    assert edited["edited_at"] is not None


async def test_null_empties_the_metadata(ann: Person, path: str) -> None:
    assert (await ann.patch(path, {"metadata": None})).json()["metadata"] == {}


async def test_an_end_is_not_an_edit(ann: Person, session_id: str) -> None:
    path = await is_writing(ann, session_id, "text")
    assert (await ann.patch(path, {"status": "complete"})).json()["edited_at"] is None


async def test_content_and_end_may_come_together(ann: Person, session_id: str) -> None:
    path = await is_writing(ann, session_id, "draft")
    ended = (await ann.patch(path, {"content": "final", "status": "complete"})).json()
    assert (ended["content"], ended["status"]) == ("final", "complete")
    assert ended["edited_at"] is not None


async def test_a_message_that_was_replaced_while_written_grows_from_its_new_length(
    ann: Person, session_id: str
) -> None:
    path = await is_writing(ann, session_id, "a long draft")
    await ann.patch(path, {"content": "🦊"})
    assert refusal(await grow(ann, path, 12, "x")) == (409, "offset_mismatch")
    assert (await grow(ann, path, 1, "!")).json()["length"] == 2


async def test_an_edit_of_nothing_moves_nothing(ann: Person, path: str, sql: Sql) -> None:
    before = await all_rows(sql)
    assert (await ann.patch(path, {})).status_code == 200
    assert await all_rows(sql) == before


async def test_an_edit_keeps_the_place_in_the_chat(ann: Person, session_id: str, path: str) -> None:
    await ann.says(session_id, "later")
    await ann.patch(path, {"content": "hello"})
    assert await chat_of(ann, session_id) == [(1, "hello"), (2, "later")]


@pytest.mark.parametrize(
    "body", [{"content": None}, {"status": None}, {"role": "tool"}, {"seq": 9}]
)
async def test_what_cant_be_changed_is_refused(
    ann: Person, path: str, body: dict[str, Any]
) -> None:
    assert refusal(await ann.patch(path, body)) == (422, "validation_failed")


async def test_metadata_may_not_outgrow_its_limit_by_merging(ann: Person, path: str) -> None:
    await ann.patch(path, {"metadata": {"x": "x" * 40_000}})
    answer = await ann.patch(path, {"metadata": {"y": "y" * 40_000}})
    assert fault_at(answer) == (422, "validation_failed", ["/metadata"])


async def test_edits_of_different_keys_at_once_keep_both(ann: Person, path: str) -> None:
    await asyncio.gather(*(ann.patch(path, {"metadata": {f"k{n}": n}}) for n in range(5)))
    metadata = (await ann.get(path)).json()["metadata"]
    assert {f"k{n}": n for n in range(5)}.items() <= metadata.items()


# If-Match on the message


@pytest.mark.parametrize("how", ["patch", "delete"])
async def test_a_stale_view_of_a_message_changes_nothing(
    ann: Person, path: str, sql: Sql, how: str
) -> None:
    seen = if_match((await ann.get(path)).headers["ETag"])
    current = (await ann.patch(path, {"content": "from the phone"})).headers["ETag"]
    before = await all_rows(sql)
    if how == "patch":
        answer = await ann.patch(path, {"content": "from the old tab"}, headers=seen)
    else:
        answer = await ann.delete(path, headers=seen)
    assert refusal(answer) == (412, "version_mismatch")
    assert f'"{answer.json()["current_version"]}"' == current
    assert await all_rows(sql) == before


async def test_another_message_makes_no_view_of_this_one_stale(
    ann: Person, session_id: str, path: str
) -> None:
    seen = if_match((await ann.get(path)).headers["ETag"])
    await ann.says(session_id, "another")
    assert (await ann.patch(path, {"content": "hello"}, headers=seen)).status_code == 200


async def test_growth_makes_a_view_of_the_message_stale(ann: Person, session_id: str) -> None:
    path = await is_writing(ann, session_id)
    seen = if_match((await ann.get(path)).headers["ETag"])
    await grow(ann, path, 0, "text")
    answer = await ann.patch(path, {"content": "other"}, headers=seen)
    assert refusal(answer) == (412, "version_mismatch")


async def test_a_version_that_is_the_sessions_is_good_for_its_messages(
    ann: Person, session_id: str, path: str
) -> None:
    await ann.says(session_id)
    seen = if_match(await version_of(ann, session_id))
    assert (await ann.patch(path, {"content": "hello"}, headers=seen)).status_code == 200


# Deleting


async def test_a_deleted_message_is_gone_and_counted_no_more(
    ann: Person, session_id: str, path: str
) -> None:
    assert (await ann.delete(path)).status_code == 204
    assert refusal(await ann.get(path)) == (404, "message_not_found")
    assert refusal(await ann.delete(path)) == (404, "message_not_found")
    assert (await ann.sees(session_id))["chat"]["message_count"] == 0


async def test_an_answer_outlives_the_message_it_answers(
    ann: Person, session_id: str, path: str
) -> None:
    answer = await ann.says(session_id, parent_id=path.rpartition("/")[2])
    await ann.delete(path)
    (left,) = (await ann.sees(session_id))["chat"]["messages"]
    assert left == answer


async def test_a_deleted_id_may_be_used_again_with_a_new_seq(ann: Person, session_id: str) -> None:
    message_id = new_id()
    await ann.says(session_id, "a", id=message_id)
    await ann.delete(f"/api/sessions/{session_id}/messages/{message_id}")
    assert (await ann.says(session_id, "b", id=message_id))["seq"] == 2


@pytest.mark.parametrize("how", ["patch", "delete", "append"])
async def test_a_session_that_is_over_takes_no_change_of_messages(
    ann: Person, session_id: str, path: str, sql: Sql, how: str
) -> None:
    await ann.post(f"/api/sessions/{session_id}/complete")
    before = await all_rows(sql)
    match how:
        case "patch":
            answer = await ann.patch(path, {"content": "hello"})
        case "delete":
            answer = await ann.delete(path)
        case _:
            answer = await send(ann, session_id, batch("more"))
    assert refusal(answer) == (409, "session_not_active")
    assert await all_rows(sql) == before


async def test_a_message_is_found_only_in_its_own_chat(ann: Person, path: str) -> None:
    other = (await ann.has_session())["id"]
    elsewhere = f"/api/sessions/{other}/messages/{path.rpartition('/')[2]}"
    assert refusal(await ann.get(elsewhere)) == (404, "message_not_found")
    assert refusal(await ann.delete(elsewhere)) == (404, "message_not_found")


# Exactly as sent

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(content=_TEXT | st.lists(_JSON, max_size=4), metadata=st.dictionaries(_TEXT, _JSON))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_what_was_sent_comes_back_exactly(
    ann: Person, session_id: str, content: Any, metadata: dict[str, Any]
) -> None:
    sent = await ann.says(session_id, content, metadata=metadata)
    read = (await ann.get(f"/api/sessions/{session_id}/messages/{sent['id']}")).json()
    for message in (sent, read):
        assert exact([message["content"], message["metadata"]]) == exact([content, metadata])


@pytest.mark.parametrize("content", ["", [], ["bare", 1.0, None, True, {}], [[[]]]])
async def test_content_of_any_shape_comes_back(ann: Person, session_id: str, content: Any) -> None:
    assert exact((await ann.says(session_id, content))["content"]) == exact(content)


@pytest.mark.parametrize("content", ["x" * (MAX_BYTES - 2), ["é" * (MAX_BYTES // 2 - 2)]])
async def test_content_of_256_kib_of_json_fits_and_one_byte_more_does_not(
    ann: Person, session_id: str, content: Any
) -> None:
    assert (await ann.says(session_id, content))["content"] == content
    larger = content + "x" if isinstance(content, str) else [content[0] + "x"]
    answer = await send(ann, session_id, {"role": "user", "content": larger})
    assert fault_at(answer) == (422, "validation_failed", ["/content"])


async def test_content_too_deep_is_refused(ann: Person, session_id: str) -> None:
    deep: Any = []
    for _ in range(64):
        deep = [deep]
    assert (await send(ann, session_id, batch(deep[0]))).status_code == 201
    assert fault_at(await send(ann, session_id, batch(deep)))[2] == ["/messages/0/content"]
