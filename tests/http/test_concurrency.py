"""Many at once: nothing acknowledged is lost, nothing is given twice, nobody sees a deadlock."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

import httpx
import pytest

from session_api.settings import Settings
from tests.support.answers import if_match, refusal
from tests.support.chats import batch, grow, is_writing, send, version_of
from tests.support.people import Person, new_id
from tests.support.settings import patient_settings
from tests.support.workspace import Sql, has_workspace

CLIENTS = 50
AUTOSAVES = 200
APPENDS = 2000
AGENTS = 10

T = TypeVar("T")


@pytest.fixture
def settings(database_url: str) -> Settings:
    return patient_settings(database_url)


def _codes(answers: Sequence[httpx.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


async def _together(calls: Sequence[Awaitable[T]]) -> list[T]:
    return list(await asyncio.gather(*calls))


async def test_fifty_clients_that_append_and_autosave_at_once_lose_nothing(
    ann: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    versions: list[list[int]] = []
    said: dict[str, int] = {}
    saved: dict[str, int] = {}

    async def client(number: int) -> None:
        """Each sees its own answers in the order in which it asked."""
        seen: list[int] = []
        versions.append(seen)
        for turn in range(3):
            text = f"{number}:{turn}"
            answer = await send(ann, session["id"], batch(text))
            assert answer.status_code == 201, answer.text
            said[text] = answer.json()["messages"][0]["seq"]
            seen.append(answer.json()["version"])
            answer = await ann.patch(path, {"session_metadata": {f"tab{number}": turn}})
            assert answer.status_code == 200, answer.text
            saved[f"tab{number}"] = turn
            seen.append(answer.json()["version"])

    await _together([client(number) for number in range(CLIENTS)])
    rows = await sql.fetch("SELECT seq, content #>> '{}' AS text FROM chat_messages ORDER BY seq")
    assert [row["seq"] for row in rows] == list(range(1, 3 * CLIENTS + 1))
    assert {row["text"]: row["seq"] for row in rows} == said
    assert (await ann.sees(session["id"]))["session_metadata"] == saved
    assert all(seen == sorted(set(seen)) for seen in versions)
    answered = sorted(version for seen in versions for version in seen)
    assert answered == list(range(2, 6 * CLIENTS + 2))


async def test_no_autosave_is_refused_while_agents_write(ann: Person) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    saves: list[int] = []
    appends: list[int] = []

    async def autosave() -> None:
        seen = session["version"]
        for count in range(AUTOSAVES):
            answer = await ann.patch(
                path, {"session_metadata": {"draft": count}}, headers=if_match(seen)
            )
            saves.append(answer.status_code)
            seen = answer.json().get("version", seen)

    async def agent() -> None:
        for _ in range(APPENDS // AGENTS):
            answer = await send(ann, session["id"], batch("tick"))
            appends.append(answer.status_code)

    await _together([autosave(), *(agent() for _ in range(AGENTS))])
    assert saves == [200] * AUTOSAVES
    assert appends == [201] * APPENDS
    assert await version_of(ann, session["id"]) == 1 + AUTOSAVES + APPENDS


async def test_tabs_that_autosave_different_keys_at_once_keep_all(ann: Person) -> None:
    session = await ann.has_session(session_metadata={"shared": True})
    path = f"/api/sessions/{session['id']}"
    await _together(
        [ann.patch(path, {"session_metadata": {f"tab{n}": {"n": n}}}) for n in range(10)]
    )
    expected = {"shared": True} | {f"tab{n}": {"n": n} for n in range(10)}
    assert (await ann.sees(session["id"]))["session_metadata"] == expected


async def test_of_tabs_with_the_same_view_one_autosave_passes(ann: Person) -> None:
    session = await ann.has_session()
    answers = await _together(
        [
            ann.put(
                f"/api/sessions/{session['id']}",
                json={"name": str(n)},
                headers=if_match(session["version"]),
            )
            for n in range(8)
        ]
    )
    assert _codes(answers) == [200] + [412] * 7
    (winner,) = [answer.json()["name"] for answer in answers if answer.status_code == 200]
    assert (await ann.sees(session["id"]))["name"] == winner


async def test_of_tabs_with_the_same_view_of_the_chat_one_append_passes(ann: Person) -> None:
    session = await ann.has_session()
    seen = if_match(session["version"])
    answers = await _together([send(ann, session["id"], batch(str(n)), seen) for n in range(8)])
    assert _codes(answers) == [201] + [412] * 7


async def test_a_stale_tab_is_refused_even_while_others_write(ann: Person) -> None:
    session = await ann.has_session()
    await ann.says(session["id"], "from the phone")
    stale = send(ann, session["id"], batch("old tab"), if_match(session["version"]))
    answer, *others = await _together(
        [stale, *(send(ann, session["id"], batch("x")) for _ in range(5))]
    )
    assert refusal(answer) == (412, "version_mismatch")
    assert _codes(others) == [201] * 5


async def test_creates_with_one_id_at_once_make_one_session(ann: Person, sql: Sql) -> None:
    body = {"id": new_id(), "name": "Lisbon"}
    answers = await _together([ann.post("/api/sessions/", json=body) for _ in range(10)])
    assert _codes(answers) == [200] * 9 + [201]
    assert await sql.fetchval("SELECT count(*) FROM user_sessions") == 1
    assert await sql.fetchval("SELECT count(*) FROM chats") == 1


async def test_different_creates_with_one_id_at_once_leave_one_winner(
    ann: Person, sql: Sql
) -> None:
    session_id = new_id()
    answers = await _together(
        [ann.post("/api/sessions/", json={"id": session_id, "name": str(n)}) for n in range(6)]
    )
    assert _codes(answers) == [201] + [409] * 5
    (winner,) = [answer.json()["name"] for answer in answers if answer.status_code == 201]
    assert await sql.fetchval("SELECT name FROM user_sessions") == winner


async def test_creates_of_a_mission_with_one_id_at_once_make_one(ann: Person, sql: Sql) -> None:
    body = {"id": new_id(), "name": "a mission", "hops": [{"name": "a hop"}]}
    answers = await _together([ann.post("/api/missions/", json=body) for _ in range(6)])
    assert _codes(answers) == [200] * 5 + [201]
    assert await sql.fetchval("SELECT count(*) FROM hops") == 1


async def test_of_sessions_that_link_one_mission_at_once_one_wins(ann: Person, sql: Sql) -> None:
    mission = await ann.has_mission()
    sessions = [await ann.has_session() for _ in range(4)]
    answers = await _together(
        [
            ann.post(f"/api/sessions/{session['id']}/link-mission/{mission['id']}")
            for session in sessions
        ]
    )
    assert _codes(answers) == [200, 409, 409, 409]
    (winner,) = [answer.json()["id"] for answer in answers if answer.status_code == 200]
    assert str(await sql.fetchval("SELECT session_id FROM missions")) == winner


async def test_of_missions_that_one_session_links_at_once_one_wins(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    missions = [await ann.has_mission() for _ in range(4)]
    answers = await _together(
        [
            ann.post(f"/api/sessions/{session['id']}/link-mission/{mission['id']}")
            for mission in missions
        ]
    )
    assert _codes(answers) == [200, 409, 409, 409]
    assert await sql.fetchval("SELECT count(*) FROM missions WHERE session_id IS NOT NULL") == 1


async def test_two_writers_of_one_answer_never_mix_their_words(ann: Person) -> None:
    session = await ann.has_session()
    path = await is_writing(ann, session["id"])

    async def write(word: str) -> None:
        """A writer as it should be: where another was faster, it goes on from the true length."""
        offset, left = 0, 10
        while left:
            answer = await grow(ann, path, offset, word)
            if answer.status_code == 200:
                left -= 1
            offset = answer.json()["length"]

    await _together([write("<aa>"), write("<bbb>")])
    content = (await ann.get(path)).json()["content"]
    assert content.replace("<aa>", "").replace("<bbb>", "") == ""
    # A growth that finds its own text where it wanted to put it takes it for a repeat.
    assert 0 < content.count("<aa>") <= 10
    assert 0 < content.count("<bbb>") <= 10


async def test_a_deadlock_never_reaches_a_client(ann: Person, sql: Sql) -> None:
    """Everything that takes a session's lock, a mission's, or both, from both ends at once."""
    spaces = [await has_workspace(ann) for _ in range(3)]
    free = [(await ann.has_mission())["id"] for _ in range(3)]

    async def storm(ids: dict[str, str], mission: str) -> list[httpx.Response]:
        session = f"/api/sessions/{ids['session_id']}"
        hop = f"/api/missions/{ids['mission_id']}/hops/{ids['hop_id']}"
        return await _together(
            [
                ann.post(f"{session}/link-mission/{mission}"),
                ann.patch(f"/api/missions/{ids['mission_id']}", {"description": "x"}),
                ann.patch(f"/api/missions/{mission}", {"description": "x"}),
                ann.patch(f"{hop}/tool-steps/{ids['step_id']}", {"output": 1}),
                ann.post(f"{session}/complete"),
                send(ann, ids["session_id"], batch("x", "y")),
                ann.post(f"{session}/resume"),
                grow(ann, f"{session}/messages/{ids['message_id']}", 0, "x"),
                ann.post("/api/missions/", json={"name": "m", "session_id": ids["session_id"]}),
                ann.get("/api/sessions/active"),
                ann.post("/api/sessions/recover", json={"session_id": ids["session_id"]}),
                ann.post(f"{session}/activity"),
                ann.delete(f"/api/missions/{ids['mission_id']}"),
            ]
        )

    pairs = [(ids, mission) for ids in spaces for mission in free]
    answers = [answer for each in await _together([storm(*p) for p in pairs]) for answer in each]
    assert {answer.status_code for answer in answers} <= {200, 201, 204, 404, 409}
    linked = "SELECT count(session_id) - count(DISTINCT session_id) FROM missions"
    assert await sql.fetchval(linked) == 0


async def test_erasing_a_session_while_others_write_to_it_ends_in_its_absence(
    ann: Person, sql: Sql
) -> None:
    ids = await has_workspace(ann)
    path = f"/api/sessions/{ids['session_id']}"
    answers = await _together(
        [
            *(send(ann, ids["session_id"], batch("x")) for _ in range(5)),
            ann.delete(path),
            *(ann.patch(f"/api/missions/{ids['mission_id']}", {"name": "x"}) for _ in range(3)),
            *(ann.put(path, json={"name": "x"}) for _ in range(3)),
        ]
    )
    assert {answer.status_code for answer in answers} <= {200, 201, 204, 404}
    for table in ("user_sessions", "chat_messages", "missions", "session_changes"):
        assert await sql.fetchval(f"SELECT count(*) FROM {table}") == 0
