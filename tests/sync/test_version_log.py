"""The version log: one row for each change, of which live sync is made."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from fastapi import FastAPI

from tests.support.chats import batch, grow, send, version_of
from tests.support.people import MovableClock, Person
from tests.support.workspace import Sql, all_rows, has_workspace


class Row(NamedTuple):
    """A row of the log, without its time."""

    version: int
    kind: str
    entity: str
    entity_id: str
    actor: str
    data: Any


async def _log(sql: Sql, session_id: str, *, after: int = 0) -> list[Row]:
    rows = await sql.fetch(
        "SELECT version, kind, entity, entity_id::text, actor, data FROM session_changes"
        " WHERE session_id = $1 AND version > $2 ORDER BY version",
        UUID(session_id),
        after,
    )
    return [
        Row(
            row["version"],
            row["kind"],
            row["entity"],
            row["entity_id"],
            row["actor"],
            row["data"] and json.loads(row["data"]),
        )
        for row in rows
    ]


class Write(NamedTuple):
    """A call, and the kinds of change it leaves, each with the id it is about."""

    method: str
    path: str
    body: Any
    leaves: list[tuple[str, str]]


S, M, H = "/api/sessions/{session_id}", "/api/missions/{mission_id}", "/hops/{hop_id}"
MESSAGE, STEP = S + "/messages/{message_id}", M + H + "/tool-steps/{step_id}"
STOPPED = [("message.updated", "message_id"), ("tool_step.updated", "step_id")]
ONE = {"role": "user", "content": "x"}

WRITES = {
    "put": Write("PUT", S, {"name": "x"}, [("session.updated", "session_id")]),
    "patch": Write("PATCH", S, {"name": "x"}, [("session.updated", "session_id")]),
    "append": Write("POST", S + "/messages", ONE, [("message.created", "")]),
    "append two": Write(
        "POST", S + "/messages", {"messages": [ONE, ONE]}, [("message.created", "")] * 2
    ),
    "edit": Write("PATCH", MESSAGE, {"content": "x"}, [("message.updated", "message_id")]),
    "stop": Write("PATCH", MESSAGE, {"status": "cancelled"}, [("message.updated", "message_id")]),
    "delete a message": Write("DELETE", MESSAGE, None, [("message.deleted", "message_id")]),
    "complete": Write("POST", S + "/complete", None, [("session.status", "session_id"), *STOPPED]),
    "archive": Write("POST", S + "/archive", None, [("session.status", "session_id"), *STOPPED]),
    "change a mission": Write("PATCH", M, {"name": "x"}, [("mission.updated", "mission_id")]),
    "complete a mission": Write(
        "PATCH",
        M,
        {"status": "completed"},
        [("mission.updated", "mission_id"), ("session.status", "session_id"), *STOPPED],
    ),
    "add a hop": Write("POST", M + "/hops", {"name": "x"}, [("hop.created", "")]),
    "change a hop": Write("PATCH", M + H, {"name": "x"}, [("hop.updated", "hop_id")]),
    "delete a hop": Write("DELETE", M + H, None, [("hop.deleted", "hop_id")]),
    "add a step": Write("POST", M + H + "/tool-steps", {"name": "x"}, [("tool_step.created", "")]),
    "change a step": Write("PATCH", STEP, {"output": 1}, [("tool_step.updated", "step_id")]),
    "delete a step": Write("DELETE", STEP, None, [("tool_step.deleted", "step_id")]),
}


async def test_a_new_session_starts_the_log(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    made = {"from": None, "to": "active", "cause": "created"}
    assert await _log(sql, session["id"]) == [
        Row(1, "session.status", "session", session["id"], "ann", made)
    ]


@pytest.mark.parametrize("name", WRITES)
async def test_each_change_leaves_a_row_under_the_version_it_made(
    ann: Person, sql: Sql, name: str
) -> None:
    ids = await has_workspace(ann)
    before = await version_of(ann, ids["session_id"])
    write = WRITES[name]
    headers = {"Content-Type": "application/json"} if write.body else {}
    answer = await ann.request(
        write.method, write.path.format(**ids), json=write.body, headers=headers
    )
    assert answer.status_code < 300, answer.text
    rows = await _log(sql, ids["session_id"], after=before)
    assert [row.kind for row in rows] == [kind for kind, _ in write.leaves]
    assert [row.version for row in rows] == [before + n + 1 for n in range(len(write.leaves))]
    assert await version_of(ann, ids["session_id"]) == before + len(write.leaves)
    for row, (kind, whose) in zip(rows, write.leaves, strict=True):
        assert row.entity == kind.partition(".")[0]
        assert row.actor == "ann"
        assert not whose or row.entity_id == ids[whose]


async def test_linking_a_mission_is_a_change_of_its_own(ann: Person, sql: Sql) -> None:
    session, mission = await ann.has_session(), await ann.has_mission()
    await ann.post(f"/api/sessions/{session['id']}/link-mission/{mission['id']}")
    (row,) = await _log(sql, session["id"], after=1)
    assert (row.version, row.kind, row.entity_id) == (2, "mission.linked", mission["id"])


async def test_a_mission_made_within_its_session_is_linked_in_one_change(
    ann: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    mission = await ann.has_mission(session_id=session["id"], hops=[{"name": "x"}])
    (row,) = await _log(sql, session["id"], after=1)
    assert (row.kind, row.entity_id) == ("mission.linked", mission["id"])


async def test_a_deletion_says_where_the_message_was(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    await ann.says(session["id"])
    message = await ann.says(session["id"])
    await ann.delete(f"/api/sessions/{session['id']}/messages/{message['id']}")
    assert (await _log(sql, session["id"]))[-1].data == {"seq": 2}


async def test_a_job_signs_what_it_changes(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    ids = await has_workspace(ann)
    before = await version_of(ann, ids["session_id"])
    clock.move(hours=25)
    await app.state.jobs.abandon(clock())
    rows = await _log(sql, ids["session_id"], after=before)
    assert [row.kind for row in rows] == ["session.status", *(kind for kind, _ in STOPPED)]
    assert {row.actor for row in rows} == {"system:abandon"}
    assert rows[0].data == {"from": "active", "to": "abandoned", "cause": "idle"}


# Growing messages


async def test_a_growing_message_keeps_one_row_at_its_newest_version(ann: Person, sql: Sql) -> None:
    ids = await has_workspace(ann)
    path = MESSAGE.format(**ids)
    created = next(
        row for row in await _log(sql, ids["session_id"]) if row.entity_id == ids["message_id"]
    )
    grown = [await grow(ann, path, offset, "x") for offset in range(5)]
    newest = grown[-1].json()["version"]
    rows = [row for row in await _log(sql, ids["session_id"]) if row.entity == "message"]
    assert rows == [created._replace(version=newest, data={"first_in": created.version})]


async def test_growth_leaves_the_rows_of_other_things_alone(ann: Person, sql: Sql) -> None:
    ids = await has_workspace(ann)
    path = MESSAGE.format(**ids)
    others = [
        row for row in await _log(sql, ids["session_id"]) if row.entity_id != ids["message_id"]
    ]
    await grow(ann, path, 0, "one ")
    before = await version_of(ann, ids["session_id"])
    await send(ann, ids["session_id"], batch("between"))
    await grow(ann, path, 4, "two")
    rows = await _log(sql, ids["session_id"])
    assert [row for row in rows if row.version <= before] == others
    assert [row.kind for row in rows if row.version > before] == ["message.created"] * 2
    assert rows[-1].entity_id == ids["message_id"]


async def test_an_end_after_growth_is_a_row_of_its_own(ann: Person, sql: Sql) -> None:
    ids = await has_workspace(ann)
    path = MESSAGE.format(**ids)
    await grow(ann, path, 0, "x")
    await ann.patch(path, {"status": "complete"})
    kinds = [row.kind for row in await _log(sql, ids["session_id"]) if row.entity == "message"]
    assert kinds == ["message.created", "message.updated"]


async def test_growth_makes_a_row_where_the_old_one_was_trimmed(ann: Person, sql: Sql) -> None:
    ids = await has_workspace(ann)
    await sql.execute("DELETE FROM session_changes")
    version = (await grow(ann, MESSAGE.format(**ids), 0, "x")).json()["version"]
    (row,) = await _log(sql, ids["session_id"])
    assert row[:4] == (version, "message.updated", "message", ids["message_id"])


async def test_the_newest_row_always_has_the_sessions_version(ann: Person, sql: Sql) -> None:
    ids = await has_workspace(ann)
    path = MESSAGE.format(**ids)
    steps: list[Callable[[], Awaitable[object]]] = [
        lambda: grow(ann, path, 0, "a"),
        lambda: send(ann, ids["session_id"], batch("x", "y")),
        lambda: grow(ann, path, 1, "b"),
        lambda: ann.patch(path, {"content": "edited"}),
        lambda: grow(ann, path, 6, "c"),
        lambda: ann.put(S.format(**ids), json={"name": "x"}),
        lambda: ann.post(S.format(**ids) + "/complete"),
    ]
    for step in steps:
        await step()
        newest = (await _log(sql, ids["session_id"]))[-1].version
        assert newest == await version_of(ann, ids["session_id"])


# What is no change


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", S + "/activity"),
        ("GET", "/api/sessions/active"),
        ("POST", "/api/sessions/recover"),
        ("GET", S),
        ("POST", S + "/resume"),
        ("POST", S + "/link-mission/{mission_id}"),
    ],
)
async def test_what_changes_nothing_leaves_no_row_and_no_version(
    ann: Person, sql: Sql, clock: MovableClock, method: str, path: str
) -> None:
    ids = await has_workspace(ann)
    before = (await all_rows(sql))["session_changes"], await version_of(ann, ids["session_id"])
    clock.move(hours=1)
    assert (await ann.request(method, path.format(**ids))).status_code < 300
    after = (await all_rows(sql))["session_changes"], await version_of(ann, ids["session_id"])
    assert after == before


async def test_the_log_holds_neither_metadata_nor_text(ann: Person, sql: Sql) -> None:
    session = await ann.has_session(name="hush", session_metadata={"hush": 1})
    await ann.patch(f"/api/sessions/{session['id']}", {"session_metadata": {"hush": 2}})
    await ann.says(session["id"], "hush", metadata={"hush": 3})
    assert "hush" not in "".join((await all_rows(sql))["session_changes"])
