"""Changing a session: PUT, merge-patch, and what `If-Match` protects."""

import itertools
from typing import Any

import httpx
import pytest

from tests.support.answers import exact, fault_at, if_match, refusal
from tests.support.people import MovableClock, Person
from tests.support.workspace import Sql, all_rows

STALE = (412, "version_mismatch")
MOVES = ("complete", "archive")

# RFC 7396, appendix A: original, patch, result.
APPENDIX_A: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


def _at(session: dict[str, Any]) -> str:
    return f"/api/sessions/{session['id']}"


async def _edited(person: Person) -> dict[str, Any]:
    """A session in version 3, whose own fields were last changed in version 2."""
    session = await person.has_session(name="Lisbon", session_metadata={"a": 1})
    await person.put(_at(session), json={"name": "Porto"})
    await person.says(session["id"])
    return await person.sees(session["id"])


async def _write(person: Person, how: str, path: str, seen: int | str) -> httpx.Response:
    """Any write that `If-Match` protects by the session's own fields."""
    headers = if_match(seen)
    match how:
        case "put":
            return await person.put(path, json={"name": "Faro"}, headers=headers)
        case "patch":
            return await person.patch(path, {"session_metadata": {"b": 2}}, headers=headers)
        case "delete":
            return await person.delete(path, headers=headers)
        case _:
            return await person.post(f"{path}/{how}", headers=headers)


WRITES = ("put", "patch", "delete", *MOVES)


# PUT


async def test_put_changes_only_the_fields_sent(ann: Person) -> None:
    session = await ann.has_session(name="Lisbon", session_metadata={"a": 1})
    named = (await ann.put(_at(session), json={"name": "Porto"})).json()
    assert (named["name"], named["session_metadata"]) == ("Porto", {"a": 1})
    filled = (await ann.put(_at(session), json={"session_metadata": {"b": 2}})).json()
    assert (filled["name"], filled["session_metadata"]) == ("Porto", {"b": 2})


async def test_put_replaces_metadata_whole_and_exactly(ann: Person) -> None:
    session = await ann.has_session(session_metadata={"a": {"b": 1}})
    metadata = {"z": 1.0, "a": {"ü": [True, None, 2**63 - 1, -0.5]}, "": "🦊"}
    await ann.put(_at(session), json={"session_metadata": metadata})
    assert exact((await ann.sees(session["id"]))["session_metadata"]) == exact(metadata)


async def test_put_of_null_takes_the_name_away(ann: Person) -> None:
    session = await ann.has_session(name="Lisbon")
    assert (await ann.put(_at(session), json={"name": None})).json()["name"] is None


async def test_put_of_null_metadata_is_refused(ann: Person) -> None:
    session = await ann.has_session(session_metadata={"a": 1})
    answer = await ann.put(_at(session), json={"session_metadata": None})
    assert refusal(answer) == (422, "validation_failed")


async def test_put_of_nothing_moves_nothing(ann: Person) -> None:
    session = await ann.has_session(name="Lisbon")
    answer = await ann.put(_at(session), json={})
    assert (answer.status_code, answer.json()) == (200, session)


async def test_a_change_moves_the_version_by_one_and_says_so(
    ann: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    clock.move(seconds=1)
    answer = await ann.put(_at(session), json={"name": "Porto"})
    changed = answer.json()
    assert changed["version"] == session["version"] + 1
    assert answer.headers["ETag"] == f'"{changed["version"]}"'
    assert changed["updated_at"] > session["updated_at"]
    assert "chat" not in changed


# What is there already


SAME: dict[str, dict[str, Any]] = {
    "both": {"name": "Lisbon", "session_metadata": {"a": 1, "b": {"c": True}}},
    "the name": {"name": "Lisbon"},
    "the metadata": {"session_metadata": {"a": 1, "b": {"c": True}}},
}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("body", SAME.values(), ids=SAME)
async def test_an_identical_autosave_is_activity_and_moves_nothing(
    ann: Person, clock: MovableClock, sql: Sql, method: str, body: dict[str, Any]
) -> None:
    session = await ann.has_session(**SAME["both"])
    clock.move(hours=1)
    answer = await ann.request(method, _at(session), json=body)
    shown = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (200, f'"{session["version"]}"')
    assert {**shown, "last_activity_at": None} == {**session, "last_activity_at": None}
    assert shown["last_activity_at"] > session["last_activity_at"]
    assert await sql.fetchval("SELECT count(*) FROM session_changes") == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_an_identical_autosave_makes_no_other_view_stale(ann: Person, method: str) -> None:
    session = await _edited(ann)
    body = {"name": session["name"], "session_metadata": session["session_metadata"]}
    await ann.request(method, _at(session), json=body)
    assert (await _write(ann, "put", _at(session), session["version"])).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(("before", "after"), [*itertools.permutations([1, 1.0, True], 2)])
async def test_what_python_takes_for_equal_is_a_change(
    ann: Person, method: str, before: Any, after: Any
) -> None:
    session = await ann.has_session(session_metadata={"a": before})
    answer = await ann.request(method, _at(session), json={"session_metadata": {"a": after}})
    assert exact(answer.json()["session_metadata"]) == exact({"a": after})
    assert answer.json()["version"] == session["version"] + 1


async def test_another_order_of_keys_comes_back_and_so_is_a_change(ann: Person) -> None:
    session = await ann.has_session(session_metadata={"a": 1, "b": 2})
    answer = await ann.put(_at(session), json={"session_metadata": {"b": 2, "a": 1}})
    assert exact(answer.json()["session_metadata"]) == exact({"b": 2, "a": 1})
    assert answer.json()["version"] == session["version"] + 1


# PATCH


@pytest.mark.parametrize(("original", "patch", "result"), APPENDIX_A)
async def test_patch_merges_as_the_rfc_shows(
    ann: Person, original: Any, patch: Any, result: Any
) -> None:
    session = await ann.has_session(session_metadata={"doc": original})
    answer = await ann.patch(_at(session), {"session_metadata": {"doc": patch}})
    expected = {} if result is None else {"doc": result}
    assert exact(answer.json()["session_metadata"]) == exact(expected)


async def test_patch_leaves_what_it_does_not_name(ann: Person) -> None:
    session = await ann.has_session(name="Lisbon", session_metadata={"a": 1})
    patched = (await ann.patch(_at(session), {"session_metadata": {"b": 2}})).json()
    assert (patched["name"], patched["session_metadata"]) == ("Lisbon", {"a": 1, "b": 2})


@pytest.mark.parametrize("field", ["name", "session_metadata"])
async def test_patch_of_null_takes_a_field_away(ann: Person, field: str) -> None:
    session = await ann.has_session(name="Lisbon", session_metadata={"a": 1})
    patched = (await ann.patch(_at(session), {field: None})).json()
    empty: dict[str, Any] = {"name": None, "session_metadata": {}}
    assert patched[field] == empty[field]


async def test_patch_takes_plain_json_too_and_means_the_same(ann: Person) -> None:
    session = await ann.has_session(session_metadata={"a": 1, "b": 2})
    plain = {"Content-Type": "application/json"}
    patched = await ann.patch(_at(session), {"session_metadata": {"a": None}}, headers=plain)
    assert patched.json()["session_metadata"] == {"b": 2}


async def test_patch_that_makes_metadata_too_large_changes_nothing(ann: Person) -> None:
    session = await ann.has_session(session_metadata={"a": "x" * 40_000})
    answer = await ann.patch(_at(session), {"session_metadata": {"b": "x" * 40_000}})
    assert fault_at(answer) == (422, "validation_failed", ["/session_metadata"])
    assert (await ann.sees(session["id"], include="")) == session


async def test_patch_that_makes_metadata_too_deep_changes_nothing(ann: Person) -> None:
    deep: Any = "bottom"
    for _ in range(32):
        deep = {"a": deep}
    session = await ann.has_session(session_metadata=deep)
    answer = await ann.patch(_at(session), {"session_metadata": {"b": deep}})
    assert fault_at(answer) == (422, "validation_failed", ["/session_metadata"])


# If-Match


@pytest.mark.parametrize("how", WRITES)
async def test_a_stale_if_match_changes_nothing(ann: Person, sql: Sql, how: str) -> None:
    session = await _edited(ann)
    before = await all_rows(sql)
    answer = await _write(ann, how, _at(session), 1)
    assert refusal(answer) == STALE
    assert answer.json()["current_version"] == session["version"]
    assert await all_rows(sql) == before


@pytest.mark.parametrize("how", WRITES)
async def test_a_version_never_reached_is_refused(ann: Person, how: str) -> None:
    session = await _edited(ann)
    assert refusal(await _write(ann, how, _at(session), session["version"] + 1)) == STALE


@pytest.mark.parametrize("how", WRITES)
async def test_a_present_if_match_lets_the_write_pass(ann: Person, how: str) -> None:
    session = await _edited(ann)
    assert (await _write(ann, how, _at(session), session["version"])).status_code in (200, 204)


@pytest.mark.parametrize("how", [how for how in WRITES if how != "delete"])
async def test_a_message_of_another_device_does_not_refuse_the_write(ann: Person, how: str) -> None:
    session = await _edited(ann)
    fields_seen = session["version"] - 1
    assert (await _write(ann, how, _at(session), fields_seen)).status_code in (200, 204)


async def test_a_message_not_seen_refuses_the_erasing_of_all(ann: Person) -> None:
    session = await _edited(ann)
    assert refusal(await _write(ann, "delete", _at(session), session["version"] - 1)) == STALE


@pytest.mark.parametrize("tags", ["*", ' "3" ', '"1", "3"', '"3","99"', 'W/"1", "3"', '"a,b", "3"'])
async def test_if_match_passes_where_any_tag_is_good(ann: Person, tags: str) -> None:
    session = await _edited(ann)
    assert (await _write(ann, "put", _at(session), tags)).status_code == 200


@pytest.mark.parametrize(
    "tags", ['W/"3"', '"0"', '"1", "99"', '"99999999999999999999"', '"three"', '"-1"']
)
async def test_if_match_refuses_where_no_tag_is_good(ann: Person, tags: str) -> None:
    session = await _edited(ann)
    assert refusal(await _write(ann, "put", _at(session), tags)) == STALE


@pytest.mark.parametrize("tags", [['"1"', '"3"'], ['"3"', '"1"'], ['"three"', '"3"', 'W/"3"']])
async def test_several_lines_of_if_match_are_one_list(ann: Person, tags: list[str]) -> None:
    session = await _edited(ann)
    lines = [("If-Match", tag) for tag in tags]
    answer = await ann.put(_at(session), json={"name": "Faro"}, headers=lines)
    assert answer.status_code == 200


@pytest.mark.parametrize("tags", ['"1",' * 500, "3", '"3', '"3";"4"', '"1" "3"', ""])
async def test_if_match_that_is_no_version_is_refused(ann: Person, sql: Sql, tags: str) -> None:
    session = await _edited(ann)
    before = await all_rows(sql)
    answer = await _write(ann, "put", _at(session), tags)
    assert fault_at(answer) == (422, "validation_failed", ["/If-Match"])
    assert await all_rows(sql) == before


async def test_an_autosave_passes_with_the_version_of_its_own_last_answer(ann: Person) -> None:
    session = await ann.has_session()
    seen = session["version"]
    for count in range(3):
        answer = await ann.patch(
            _at(session), {"session_metadata": {"draft": count}}, headers=if_match(seen)
        )
        seen = answer.json()["version"]
        await ann.says(session["id"], role="assistant")
    assert (await ann.sees(session["id"]))["session_metadata"] == {"draft": 2}


async def test_a_change_of_status_is_a_change_of_the_sessions_own_fields(ann: Person) -> None:
    session = await ann.has_session()
    await ann.post(f"{_at(session)}/complete")
    await ann.post(f"{_at(session)}/resume")
    assert refusal(await _write(ann, "put", _at(session), session["version"])) == STALE


@pytest.mark.parametrize("how", WRITES)
async def test_a_star_needs_the_session_to_exist(ann: Person, bob: Person, how: str) -> None:
    session = await bob.has_session()
    assert refusal(await _write(ann, how, _at(session), "*")) == (404, "session_not_found")
