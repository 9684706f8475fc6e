"""PostgreSQL's JSON and the models agree: nothing missing, nothing more, every type as described.

Each answer with a body is read strictly by the model that the OpenAPI document shows for it.
"""

import json
from typing import Any

import pytest
from fastapi.routing import APIRoute

from session_api.api import ROUTERS
from session_api.sessions.schemas import Session, SessionPage
from tests.support.operations import Operation, guarded
from tests.support.people import Person, new_id
from tests.support.workspace import Sql, has_asset, has_what_it_is_about, has_workspace

MODELS: dict[str, Any] = {
    str(route.operation_id): route.response_model
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
}


async def _lives_here(
    person: Person, sql: Sql, operation: Operation | None = None
) -> dict[str, str]:
    """A workspace in which every part holds something, and the operation works."""
    ids = await has_workspace(person, name="Lisbon", session_metadata={"panel": {"x": [1, None]}})
    session, mission = ids["session_id"], f"/api/missions/{ids['mission_id']}"
    asset = await has_asset(sql, person, ids)
    await has_asset(
        sql, person, ids, scope="mission", mission_id=ids["mission_id"], sha256="0" * 64
    )
    await has_asset(
        sql, person, ids, scope="hop", mission_id=ids["mission_id"], hop_id=ids["hop_id"]
    )
    await person.says(
        session,
        [{"type": "text", "text": "é"}, 1.5, None, []],
        role="tool",
        metadata={"a": {"b": 1}},
        asset_ids=[asset],
        parent_id=ids["message_id"],
    )
    edited = await person.says(session, "first", role="system")
    await person.patch(f"/api/sessions/{session}/messages/{edited['id']}", {"content": "second"})
    await person.patch(mission, {"description": "three days", "data": {"budget": 1e3}})
    await person.post(
        f"{mission}/hops",
        json={
            "name": "food",
            "description": "and wine",
            "data": {"stars": 3},
            "tool_steps": [
                {"name": "ok", "status": "completed", "input": {"q": 1}, "output": [1, "a", None]},
                {"name": "no", "status": "failed", "error": "closed"},
                {"name": "later", "input": None},
            ],
        },
    )
    # At last: while somebody has the turn, no tool says anything.
    if operation is not None:
        ids |= await has_what_it_is_about(person, operation, ids)
    return ids


def _agree(operation: Operation, text: str) -> None:
    model = MODELS[operation.name]
    read = model.model_validate_json(text, strict=True)
    # Written again by the model it is the same: every name, every null, every form of a value.
    assert json.loads(read.model_dump_json(exclude_unset=True)) == json.loads(text)


# The events of a stream are tests/live/streams's.
@pytest.mark.parametrize(
    "operation",
    [each for each in guarded() if not each.streams],
    ids=lambda operation: operation.name,
)
async def test_an_answer_has_exactly_the_shape_of_its_model(
    ann: Person, sql: Sql, operation: Operation
) -> None:
    ids = await _lives_here(ann, sql, operation)
    answer = await ann.request(operation.method, operation.at(ids), **operation.request())
    assert answer.status_code < 400, answer.text
    if answer.status_code in (204, 307):
        assert answer.content == b""
    else:
        _agree(operation, answer.text)


async def test_nothing_of_a_whole_workspace_is_left_unsaid(ann: Person, sql: Sql) -> None:
    ids = await _lives_here(ann, sql)
    seen = await ann.sees(ids["session_id"])
    assert seen.keys() == Session.model_fields.keys()
    assert len(seen["assets"]) == 3
    assert len(seen["mission"]["hops"][1]["tool_steps"]) == 3


@pytest.mark.parametrize("include", ["", "chat", "mission", "assets", "assets,chat"])
async def test_only_the_parts_asked_for_are_there(ann: Person, sql: Sql, include: str) -> None:
    ids = await _lives_here(ann, sql)
    seen = await ann.sees(ids["session_id"], include=include)
    Session.model_validate_json(json.dumps(seen), strict=True)
    parts = seen.keys() & {"chat", "mission", "assets"}
    assert parts == set(filter(None, include.split(",")))


async def test_a_session_of_every_status_has_the_shape_of_its_model(ann: Person, sql: Sql) -> None:
    for call in ("complete", "archive", "resume"):
        session = await ann.has_session(id=new_id())
        await ann.post(f"/api/sessions/{session['id']}/{call}")
    await sql.execute(
        "UPDATE user_sessions SET status = 'abandoned', abandoned_at = now()"
        " WHERE status = 'active'"
    )
    listed = await ann.get("/api/sessions/")
    page = SessionPage.model_validate_json(listed.text, strict=True)
    assert {item.status for item in page.items} == {"completed", "archived", "abandoned"}
