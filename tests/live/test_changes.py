"""`GET …/changes`: what changed since a version, each thing as it is now."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from session_api.live.changes import ChangeFeed, ChangePage, ReadyChange
from session_api.security import KeyRing
from session_api.sessions.metadata import MetadataVault
from session_api.settings import Settings
from tests.support.assets import uploaded
from tests.support.cached import CachedWorkspace, comparable_tree
from tests.support.chats import batch, grow, is_writing, send, version_of
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import Sql, has_workspace


async def _changes(person: Person, session_id: str, since: int = 0, **query: Any) -> Any:
    answer = await person.get(
        f"/api/sessions/{session_id}/changes", params={"since": since, **query}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _cached(person: Person, session_id: str) -> CachedWorkspace:
    cached = CachedWorkspace(person, session_id)
    await cached.reload()
    return cached


S, M, H = "/api/sessions/{session_id}", "/api/missions/{mission_id}", "/hops/{hop_id}"
MESSAGE, STEP = S + "/messages/{message_id}", M + H + "/tool-steps/{step_id}"
ONE = {"role": "user", "content": "x"}
TWO_STEPS = {"name": "x", "tool_steps": [{"name": "a"}, {"name": "b", "status": "active"}]}

CALLS: dict[str, tuple[str, str, Any]] = {
    "put": ("PUT", S, {"name": "x", "session_metadata": {"a": [1, None]}}),
    "patch": ("PATCH", S, {"session_metadata": {"a": {"b": 1}}}),
    "append": ("POST", S + "/messages", {"messages": [ONE, ONE]}),
    "grow": ("POST", MESSAGE + "/append", {"offset": 0, "text": "hello"}),
    "edit": ("PATCH", MESSAGE, {"content": "x", "metadata": {"a": 1}}),
    "stop": ("PATCH", MESSAGE, {"status": "cancelled"}),
    "delete a message": ("DELETE", MESSAGE, None),
    "complete": ("POST", S + "/complete", None),
    "archive": ("POST", S + "/archive", None),
    "change a mission": ("PATCH", M, {"data": {"a": 1}}),
    "complete a mission": ("PATCH", M, {"status": "completed"}),
    "delete a mission": ("DELETE", M, None),
    "add a hop": ("POST", M + "/hops", TWO_STEPS),
    "change a hop": ("PATCH", M + H, {"name": "x"}),
    "delete a hop": ("DELETE", M + H, None),
    "add a step": ("POST", M + H + "/tool-steps", {"name": "x"}),
    "change a step": ("PATCH", STEP, {"output": 1}),
    "delete a step": ("DELETE", STEP, None),
    "delete a file": ("DELETE", S + "/assets/{asset_id}", None),
}


@pytest.mark.parametrize("name", CALLS)
async def test_applying_what_a_call_changed_gives_the_servers_tree(ann: Person, name: str) -> None:
    ids = await has_workspace(ann)
    ids["asset_id"] = (await uploaded(ann, ids["session_id"], fields={"hop_id": ids["hop_id"]}))[
        "id"
    ]
    cached = await _cached(ann, ids["session_id"])
    method, path, body = CALLS[name]
    answer = await ann.request(method, path.format(**ids), json=body)
    assert answer.status_code < 300, answer.text
    before = cached.comparable
    assert await cached.catch_up() != []
    assert cached.comparable == await comparable_tree(ann, ids["session_id"]) != before


async def test_linking_a_mission_brings_it_whole(ann: Person) -> None:
    session, mission = await ann.has_session(), await ann.has_mission(hops=[TWO_STEPS])
    cached = await _cached(ann, session["id"])
    await ann.post(f"/api/sessions/{session['id']}/link-mission/{mission['id']}")
    await cached.catch_up()
    assert cached.tree["mission"]["hops"][0]["tool_steps"][1]["status"] == "active"
    assert cached.comparable == await comparable_tree(ann, session["id"])


async def test_a_change_says_what_who_when_and_the_thing_as_its_get_shows_it(ann: Person) -> None:
    ids = await has_workspace(ann, session_metadata={"panel": 1})
    answers = {
        "session": await ann.sees(ids["session_id"], include=""),
        "message": (await ann.get(MESSAGE.format(**ids))).json(),
        "mission": (await ann.get(M.format(**ids))).json(),
    }
    page = await _changes(ann, ids["session_id"])
    assert [change["kind"] for change in page["changes"]] == [
        "session.status",
        "message.created",
        "mission.linked",
    ]
    for change in page["changes"]:
        assert change.pop("message_count", None) == (1 if change["entity"] == "message" else None)
        assert change.keys() == {*("version", "kind", "entity", "entity_id", "at", "actor", "data")}
        assert change["actor"] == "ann"
        assert change["data"] == answers[change["entity"]]
        assert change["entity_id"] == change["data"]["id"]
    assert (page["version"], page["has_more"]) == (3, False)


async def test_hops_and_steps_say_where_they_are(ann: Person) -> None:
    ids = await has_workspace(ann)
    since = await version_of(ann, ids["session_id"])
    for path in (M + H, STEP):
        await ann.patch(path.format(**ids), {"name": "x"})
    for path in (STEP, M + H):
        await ann.delete(path.format(**ids))
    changes = (await _changes(ann, ids["session_id"], since))["changes"]
    assert [change["kind"] for change in changes] == [
        *("hop.updated", "tool_step.updated", "tool_step.deleted", "hop.deleted")
    ]
    assert {change["mission_id"] for change in changes} == {ids["mission_id"]}
    assert [change.get("hop_id") for change in changes] == [
        None,
        ids["hop_id"],
        ids["hop_id"],
        None,
    ]
    assert [change["data"] for change in changes[2:]] == [
        {"id": ids["step_id"], "deleted": True},
        {"id": ids["hop_id"], "deleted": True},
    ]


async def test_what_is_gone_by_now_breaks_nothing(ann: Person) -> None:
    ids = await has_workspace(ann)
    session, asset = ids["session_id"], await uploaded(ann, ids["session_id"])
    cached = await _cached(ann, session)
    await ann.patch(MESSAGE.format(**ids), {"content": "x"})
    await ann.patch(STEP.format(**ids), {"name": "x"})
    await ann.patch(M.format(**ids), {"name": "x"})
    for path in (MESSAGE, M, S + f"/assets/{asset['id']}"):
        assert (await ann.delete(path.format(**ids))).status_code == 204
    changes = (await _changes(ann, session, cached.version))["changes"]
    assert [change["data"] for change in changes] == [
        {"id": ids["message_id"], "deleted": True},
        {"id": ids["step_id"], "deleted": True},
        {"id": ids["mission_id"], "deleted": True},
        {"id": ids["message_id"], "seq": 1, "deleted": True},
        {"id": ids["mission_id"], "deleted": True},
        {"id": asset["id"], "deleted": True},
    ]
    for since in range(cached.version + 1):
        assert (await _changes(ann, session, since))["has_more"] is False
    await cached.catch_up()
    assert cached.comparable == await comparable_tree(ann, session)


async def test_what_lives_again_elsewhere_is_not_shown_here(ann: Person) -> None:
    ids = await has_workspace(ann)
    await ann.patch(M.format(**ids) + H.format(**ids), {"name": "x"})
    await ann.patch(STEP.format(**ids), {"name": "x"})
    await ann.delete(M.format(**ids))
    secret = {"id": ids["step_id"], "name": "hush"}
    other = await ann.has_session()
    await ann.has_mission(
        id=ids["mission_id"],
        name="hush",
        session_id=other["id"],
        hops=[{"id": ids["hop_id"], "name": "hush", "tool_steps": [secret]}],
    )
    answer = await ann.get(f"/api/sessions/{ids['session_id']}/changes")
    assert "hush" not in answer.text
    assert answer.text.count('"deleted": true') + answer.text.count('"deleted":true') == 4


async def test_a_mission_that_the_session_told_of_before_it_was_its_turn(ann: Person) -> None:
    ids = await has_workspace(ann)
    cached = await _cached(ann, ids["session_id"])
    await ann.patch(S.format(**ids), {"name": "x"})
    await ann.delete(M.format(**ids))
    await ann.patch(S.format(**ids), {"name": "y"})
    other = await ann.has_mission(session_id=ids["session_id"])
    await cached.catch_up(limit=2, pages=1)
    assert (cached.tree["mission"], cached.tree["mission_id"]) == (None, other["id"])
    await cached.catch_up()
    assert cached.comparable == await comparable_tree(ann, ids["session_id"])


# Pages


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_pages_of_any_size_hold_each_change_once(ann: Person, limit: int) -> None:
    ids = await has_workspace(ann)
    cached = await _cached(ann, ids["session_id"])
    await send(ann, ids["session_id"], batch("a", "b", "c"))
    await ann.patch(S.format(**ids), {"name": "x"})
    await ann.post(S.format(**ids) + "/complete")
    whole = (await _changes(ann, ids["session_id"], cached.version))["changes"]
    applied = await cached.catch_up(limit=limit)
    assert applied == [change["version"] for change in whole] == [4, 5, 6, 7, 8, 9, 10]
    assert cached.comparable == await comparable_tree(ann, ids["session_id"])


async def test_who_is_up_to_date_is_told_so(ann: Person) -> None:
    session = await ann.has_session()
    assert await _changes(ann, session["id"], 1) == {
        "changes": [],
        "version": 1,
        "has_more": False,
    }


@pytest.mark.parametrize("since", [2, 10**6, 2**63 - 1])
async def test_a_version_never_reached_is_refused(ann: Person, since: int) -> None:
    session = await ann.has_session()
    answer = await ann.get(f"/api/sessions/{session['id']}/changes", params={"since": since})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/since"


async def test_a_page_ends_before_it_grows_too_large(
    ann: Person, app: FastAPI, settings: Settings
) -> None:
    assert settings.encryption_keys is not None
    vault = MetadataVault(KeyRing.parse(settings.encryption_keys.get_secret_value()))
    session = await ann.has_session()
    for text in "abc":
        await ann.says(session["id"], text * 4_000)
    await ann.patch(f"/api/sessions/{session['id']}", {"session_metadata": {"x": "y" * 6_000}})
    for name in "de":
        await ann.put(f"/api/sessions/{session['id']}", json={"name": name})
    small = ChangeFeed(app.state.database, vault, page_bytes=11_500)
    pages: list[ChangePage] = []
    since = 1
    while not pages or pages[-1].has_more:
        page = await small.read(ann.owner_id, UUID(session["id"]), since, limit=100)
        pages.append(page)
        since = page.changes[-1].version
    assert [[change.version for change in page.changes] for page in pages] == [
        *([2, 3], [4, 5], [6], [7])
    ]
    tiny = ChangeFeed(app.state.database, vault, page_bytes=1)
    page = await tiny.read(ann.owner_id, UUID(session["id"]), 1, limit=100)
    assert [change.version for change in page.changes] == [2]


async def test_nothing_is_missed_or_told_twice_while_others_write(ann: Person) -> None:
    ids = await has_workspace(ann)
    session, path = ids["session_id"], MESSAGE.format(**ids)
    cached = await _cached(ann, session)

    async def talk(name: str) -> None:
        for number in range(15):
            await ann.says(session, f"{name} {number}")

    async def write() -> None:
        for offset in range(30):
            await grow(ann, path, offset, "x")

    async def save() -> None:
        for number in range(15):
            await ann.patch(S.format(**ids), {"session_metadata": {"n": number}})

    writers = asyncio.gather(talk("a"), talk("b"), write(), save())
    versions: list[int] = []
    while not writers.done():
        versions += await cached.catch_up(limit=3, pages=2)
    await writers
    versions += await cached.catch_up(limit=3)
    assert versions == sorted(set(versions))
    assert cached.comparable == await comparable_tree(ann, session)
    assert len(cached.tree["chat"]["messages"]) == 31


# Messages that grow


async def test_a_message_made_long_ago_is_not_made_again_by_growing(ann: Person) -> None:
    session = await ann.has_session()
    path = await is_writing(ann, session["id"])
    await ann.says(session["id"])
    since = await version_of(ann, session["id"])
    await grow(ann, path, 0, "hel")
    await grow(ann, path, 3, "lo")
    (change,) = (await _changes(ann, session["id"], since))["changes"]
    assert (change["kind"], change["version"]) == ("message.updated", since + 2)
    assert (change["data"]["content"], change["data"]["status"]) == ("hello", "in_progress")
    (_, created) = (await _changes(ann, session["id"], 1))["changes"]
    assert created["kind"] == "message.created"


def json_of(change: ReadyChange) -> Any:
    return json.loads(change.json)


async def _read(app: FastAPI, ann: Person, session_id: str, since: int, **has: int) -> ReadyChange:
    """The one change since then, for who has so much of the messages."""
    page = await app.state.change_feed.read(
        ann.owner_id, UUID(session_id), since, limit=100, grown={UUID(k): n for k, n in has.items()}
    )
    change: ReadyChange = page.changes[0]
    assert len(page.changes) == 1
    return change


async def test_who_has_the_beginning_gets_what_follows(ann: Person, app: FastAPI) -> None:
    session = await ann.has_session()
    path = await is_writing(ann, session["id"], "día 🌍 ")
    message_id = path.rpartition("/")[2]
    cached = await _cached(ann, session["id"])
    for text in ("uno ", '"dos"\n', "🌍"):
        has = len(cached.tree["chat"]["messages"][0]["content"])
        await grow(ann, path, has, text)
        change = await _read(app, ann, session["id"], cached.version, **{message_id: has})
        assert (change.kind, change.length) == ("message.grown", has + len(text))
        data = json_of(change)["data"]
        assert data == {"id": message_id, "offset": has, "text": text, "length": has + len(text)}
        cached.apply(json_of(change))
    assert cached.comparable == await comparable_tree(ann, session["id"])
    # Who has less, or nothing is known of, is served as well.
    change = await _read(app, ann, session["id"], 2, **{message_id: 4})
    assert json_of(change)["data"]["text"] == '🌍 uno "dos"\n🌍'
    change = await _read(app, ann, session["id"], 2)
    assert (change.kind, change.length) == ("message.updated", 17)


@pytest.mark.parametrize(
    "body", [{"content": "another"}, {"content": "hello, is it me"}, {"status": "complete"}]
)
@pytest.mark.parametrize("grows", [True, False])
async def test_what_more_than_grew_comes_whole(
    ann: Person, app: FastAPI, body: dict[str, str], grows: bool
) -> None:
    session = await ann.has_session()
    path = await is_writing(ann, session["id"], "hello")
    message_id = path.rpartition("/")[2]
    since = await version_of(ann, session["id"])
    await ann.patch(path, body)
    if grows and "content" in body:
        await grow(ann, path, len(body["content"]), "!")
    change = await _read(app, ann, session["id"], since, **{message_id: 5})
    assert change.kind == "message.updated"
    assert json_of(change)["data"] == (await ann.get(path)).json()
    assert change.length == (None if "status" in body else len(json_of(change)["data"]["content"]))


async def test_a_message_that_lost_its_end_comes_whole(ann: Person, app: FastAPI) -> None:
    session = await ann.has_session()
    path = await is_writing(ann, session["id"], "hello")
    change = await _read(app, ann, session["id"], 1, **{path.rpartition("/")[2]: 6})
    assert change.kind == "message.created"


async def test_growth_whose_row_was_trimmed_is_growth_still(
    ann: Person, app: FastAPI, sql: Sql
) -> None:
    session = await ann.has_session()
    path = await is_writing(ann, session["id"], "hello")
    await sql.execute("DELETE FROM session_changes")
    await grow(ann, path, 5, "!")
    change = await _read(app, ann, session["id"], 2, **{path.rpartition("/")[2]: 5})
    assert change.kind == "message.grown"
    change = await _read(app, ann, session["id"], 2)
    assert change.kind == "message.updated"


# What can't be read, and what was lost


async def test_metadata_that_can_not_be_read_breaks_no_feed(
    ann: Person, app: FastAPI, settings: Settings
) -> None:
    session = await ann.has_session(session_metadata={"a": 1})
    await ann.says(session["id"])
    other = MetadataVault(KeyRing.parse("other:" + "A" * 43 + "="))
    page = await ChangeFeed(app.state.database, other).read(
        ann.owner_id, UUID(session["id"]), 0, limit=10
    )
    first, second = map(json_of, page.changes)
    assert first["data"]["session_metadata"] is None
    assert first["data"]["damaged"] == [{"part": "session_metadata", "code": "key_missing"}]
    assert second["data"]["content"] == "hello"


async def test_a_file_that_was_lost_and_found_again(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    session = await ann.has_session()
    asset = await uploaded(ann, session["id"])
    cached = await _cached(ann, session["id"])
    key = await sql.fetchval("SELECT object_key FROM assets")
    await sql.execute("UPDATE assets SET object_key = left(object_key, -32) || repeat('0', 32)")
    for there in (False, True):
        clock.move(days=3)
        await app.state.asset_jobs.find_lost(clock(), 10)
        await cached.catch_up()
        assert [each["id"] for each in cached.tree["assets"]] == [asset["id"]] * there
        assert len(cached.tree["damaged"]) == (not there)
        assert cached.comparable == await comparable_tree(ann, session["id"])
        await sql.execute("UPDATE assets SET object_key = $1", key)


# Who may


async def test_others_are_told_what_is_told_of_nothing(ann: Person, bob: Person) -> None:
    session = await ann.has_session()
    theirs = await bob.get(f"/api/sessions/{session['id']}/changes")
    nothing = await bob.get(f"/api/sessions/{new_id()}/changes")
    assert theirs.status_code == nothing.status_code == 404
    assert theirs.json()["code"] == nothing.json()["code"] == "session_not_found"
