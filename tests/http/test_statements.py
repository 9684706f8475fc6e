"""How many statements a request costs, counted on the driver itself."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI

from benchmarks.statements import HOT
from tests.support.assets import announce
from tests.support.people import MovableClock, Person, new_id
from tests.support.statements import statements_of
from tests.support.workspace import Sql, has_asset, has_workspace

_FRAME = ("BEGIN", "COMMIT", "ROLLBACK")


class Statements:
    """What the driver was asked, in its order."""

    def __init__(self, asked: list[str]) -> None:
        self.all = asked

    async def forget(self) -> None:
        """Begins to count anew."""
        await self.sent()
        self.all.clear()

    async def sent(self) -> list[str]:
        """All of it, the frame of transactions included."""
        await asyncio.sleep(0)  # the driver tells of a statement in the loop's next round
        return [text.strip() for text in self.all]

    async def work(self) -> list[str]:
        """Without the frame of transactions."""
        return [text for text in await self.sent() if not text.upper().startswith(_FRAME)]


@pytest.fixture
async def statements(app: FastAPI) -> AsyncIterator[Statements]:
    # An earlier test may have left several connections, each of which looks up types for itself.
    await app.state.database.engine.dispose()
    with statements_of(app.state.database) as asked:
        yield Statements(asked)


READS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "active": ("GET", "/api/sessions/active", {}),
    "recover": ("POST", "/api/sessions/recover", {}),
    "recover a given one": ("POST", "/api/sessions/recover", {"json": {"session_id": "…"}}),
    "one session": ("GET", "/api/sessions/{session_id}", {}),
    "one session, seen": ("GET", "/api/sessions/{session_id}", {"headers": {"If-None-Match": "…"}}),
    "list": ("GET", "/api/sessions/?q=a&status=active", {}),
    "page of messages": ("GET", "/api/sessions/{session_id}/messages", {}),
    "older messages": ("GET", "/api/sessions/{session_id}/messages?before=2", {}),
    "one message": ("GET", "/api/sessions/{session_id}/messages/{message_id}", {}),
    "one mission": ("GET", "/api/missions/{mission_id}", {}),
    "missions": ("GET", "/api/missions/", {}),
    "audit": ("GET", "/api/audit", {}),
    "activity": ("POST", "/api/sessions/{session_id}/activity", {}),
}


@pytest.mark.parametrize("name", READS)
async def test_a_hot_request_is_one_statement_and_opens_no_transaction(
    ann: Person, clock: MovableClock, statements: Statements, name: str
) -> None:
    ids = await has_workspace(ann)
    method, path, options = READS[name]
    if "json" in options:
        options = {"json": {"session_id": ids["session_id"]}}
    if "headers" in options:
        seen = await ann.get(f"/api/sessions/{ids['session_id']}")
        options = {"headers": {"If-None-Match": seen.headers["ETag"]}}
    await ann.request(method, path.format(**ids), **options)  # the driver looks up types once
    clock.move(minutes=1)  # a touch of the activity is due
    await statements.forget()
    answer = await ann.request(method, path.format(**ids), **options)
    assert answer.status_code in (200, 204, 304), answer.text
    assert len(await statements.sent()) == 1, statements.all


@pytest.mark.parametrize(
    "body",
    [
        {"role": "user", "content": "hello"},
        {"messages": [{"role": "user", "content": str(number)} for number in range(100)]},
    ],
    ids=["one message", "a hundred messages"],
)
async def test_an_append_is_one_statement_and_three_more_where_something_may_stand_in_its_way(
    ann: Person, statements: Statements, body: Any
) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}/messages"
    seen = {"If-Match": "*"}
    for headers in ({}, seen):
        await ann.post(path, json=body, headers=headers)  # the driver looks up types once
    await statements.forget()
    assert (await ann.post(path, json=body)).status_code == 201
    assert len(await statements.sent()) == 1, statements.all
    await statements.forget()
    assert (await ann.post(path, json=body, headers=seen)).status_code == 201
    assert len(await statements.work()) == 3, statements.all


async def test_making_a_session_is_one_statement(ann: Person, statements: Statements) -> None:
    for body in ({}, {"id": new_id()}):
        await ann.post("/api/sessions/", json=body)  # the driver looks up types once
    await statements.forget()
    assert (await ann.post("/api/sessions/", json={"name": "new"})).status_code == 201
    assert len(await statements.sent()) == 1, statements.all
    await statements.forget()
    # Whether another's session has the id is looked up once nobody can share one any more.
    assert (await ann.post("/api/sessions/", json={"id": new_id()})).status_code == 201
    assert len(await statements.work()) == 2, statements.all


async def test_announcing_a_file_is_one_statement_and_of_a_mission_four(
    ann: Person, statements: Statements
) -> None:
    ids = await has_workspace(ann)
    of_mission: dict[str, Any] = {"mission_id": ids["mission_id"]}
    for fields in ({}, of_mission):
        await announce(ann, ids["session_id"], **fields)  # the driver looks up types once
    everyday: list[dict[str, Any]] = [{}, {"id": new_id()}]
    for fields in everyday:
        await statements.forget()
        assert (await announce(ann, ids["session_id"], **fields)).status_code == 201
        assert len(await statements.sent()) == 1, statements.all
    await statements.forget()
    assert (await announce(ann, ids["session_id"], **of_mission)).status_code == 201
    # The lock, the mission, what the session has, and the file.
    assert len(await statements.work()) == 4, statements.all


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_an_autosave_is_two_statements(
    ann: Person, statements: Statements, method: str
) -> None:
    path = f"/api/sessions/{(await ann.has_session())['id']}"
    for number in (1, 1, 2, 2):  # each once to change something, and once to change nothing
        body = {"session_metadata": {"number": number}}
        await statements.forget()
        assert (await ann.request(method, path, json=body)).status_code == 200
        if number == 2:  # the driver looks up types once
            assert len(await statements.sent()) == 2, statements.all


async def test_attachments_are_looked_up_once_for_all_messages(
    ann: Person, sql: Sql, statements: Statements
) -> None:
    ids = await has_workspace(ann)
    assets = [await has_asset(sql, ann, ids) for _ in range(3)]
    messages = [
        {"role": "user", "content": "x", "asset_ids": [assets[place % 3], assets[(place + 1) % 3]]}
        for place in range(100)
    ]
    await statements.forget()
    path = f"/api/sessions/{ids['session_id']}/messages"
    answer = await ann.post(path, json={"messages": messages})
    assert answer.status_code == 201
    assert len([text for text in await statements.work() if "assets" in text.split()]) == 1


@pytest.mark.parametrize("what", ["a hop", "a tool step"])
async def test_work_is_changed_by_the_statements_that_the_docs_explain(
    ann: Person, statements: Statements, what: str
) -> None:
    ids = await has_workspace(ann)
    path = f"/api/missions/{ids['mission_id']}/hops/{ids['hop_id']}"
    path += f"/tool-steps/{ids['step_id']}" if what == "a tool step" else ""
    await statements.forget()
    answer = await ann.patch(path, {"status": "failed"})
    assert answer.status_code == 200
    explained = {statement.name: statement.sql.strip() for statement in HOT}
    names = [f"Find {what} to change", f"Change {what}", f"Show {what}"]
    sent = await statements.work()
    assert [name for name in names if explained[name] not in sent] == []


async def test_no_write_but_to_the_sessions_own_fields_reads_its_metadata(
    ann: Person, statements: Statements
) -> None:
    ids = await has_workspace(ann)
    message = f"/api/sessions/{ids['session_id']}/messages/{ids['message_id']}"
    await statements.forget()
    await ann.says(ids["session_id"])
    await ann.post(f"{message}/append", json={"offset": 0, "text": "hello"})
    await ann.patch(f"/api/missions/{ids['mission_id']}", {"name": "new"})
    assert [text for text in await statements.work() if "metadata_ciphertext" in text] == []


async def test_growing_a_message_is_at_most_three_statements(
    ann: Person, statements: Statements
) -> None:
    ids = await has_workspace(ann)
    await statements.forget()
    answer = await ann.post(
        f"/api/sessions/{ids['session_id']}/messages/{ids['message_id']}/append",
        json={"offset": 0, "text": "hello"},
    )
    assert answer.status_code == 200
    assert 1 < len(await statements.work()) <= 3, statements.all


async def test_devices_and_revocations_cost_a_request_no_statement(
    ann: Person, app: FastAPI, statements: Statements
) -> None:
    """Also one with a token never seen, from a device never seen, of somebody who signed out."""
    await ann.post("/api/auth/revoke", json={"jti": "another"})
    session = await ann.has_session()
    await app.state.device_writer.write_down()  # the driver looks up types once
    path = f"/api/sessions/{session['id']}"
    await statements.forget()
    for _ in range(5):
        await ann.get(path, headers={"X-Device-ID": new_id(), "User-Agent": new_id()})
    assert len(await statements.sent()) == 5, statements.all
    await statements.forget()
    await app.state.device_writer.write_down()
    # All that five requests left behind: devices, their tokens, and what is too much of either.
    about = [text for text in await statements.work() if "device" in text]
    assert len(about) == 4, about
    await statements.forget()
    await app.state.device_writer.write_down()
    await app.state.follower.look()
    await app.state.follower.look()
    # Nothing to write; the first look reads all, a later one asks for news.
    assert len([text for text in await statements.work() if "xmin" in text]) == 2


async def test_a_shared_session_costs_one_look_at_ones_own_and_one_at_the_share(
    ann: Person, bob: Person, statements: Statements
) -> None:
    ids = await has_workspace(ann)
    share = await ann.shares(ids["session_id"], user_id="bob")
    path = f"/api/sessions/{ids['session_id']}"
    for expected, status in ((3, 200), (2, 404)):
        await bob.get(path)  # the driver looks up types once
        await statements.forget()
        assert (await bob.get(path)).status_code == status
        assert len(await statements.sent()) == expected, statements.all
        await ann.delete(f"{path}/shares/{share['id']}")
    await statements.forget()
    absent = await bob.get(f"/api/sessions/{new_id()}")
    assert (absent.status_code, len(await statements.sent())) == (404, 2)


async def test_a_whole_workspace_costs_no_more_statements_than_an_empty_one(
    ann: Person, statements: Statements
) -> None:
    ids = await has_workspace(ann)
    for number in range(60):
        await ann.says(ids["session_id"], str(number))
    await statements.forget()
    await ann.sees(ids["session_id"], messages=200)
    assert len(await statements.sent()) == 1
