"""Everybody × every route: who reaches a session does what their role allows, and nobody else
anything.

Made from the OpenAPI document; what each operation asks for stands in tests/access/roles.py.
"""

import httpx
import pytest
from fastapi import FastAPI

from session_api.security.caller import Access
from tests.access.roles import LOWEST, OF_ONES_OWN, about_a_session
from tests.sharing.guests import WAYS, everybody, shared_with
from tests.support.operations import Operation, guarded
from tests.support.people import Person
from tests.support.workspace import Sql, all_rows, has_all_for, nowhere

ON_SESSIONS = [operation for operation in guarded() if about_a_session(operation)]
WITH_A_LINE = [operation for operation in ON_SESSIONS if operation.name in LOWEST]


def test_every_route_on_a_session_or_a_mission_has_its_line() -> None:
    assert {operation.name for operation in ON_SESSIONS} == LOWEST.keys() | OF_ONES_OWN, (
        "say in tests/access/roles.py who may call it"
    )


def _may(way: str, operation: Operation) -> bool:
    role = WAYS[way].role
    if role is None:
        return False
    return Access(role, owner_id=..., tenant_id="").allows(LOWEST[operation.name])  # type: ignore[arg-type]


async def _asks(person: Person, operation: Operation, ids: dict[str, str]) -> httpx.Response:
    return await person.request(operation.method, operation.at(ids), **operation.request())


def _said(answer: httpx.Response) -> tuple[int, str, str]:
    """A refusal without what differs from request to request."""
    problem = answer.json()
    return answer.status_code, problem["code"], problem["detail"]


@pytest.mark.parametrize("operation", WITH_A_LINE, ids=lambda operation: operation.name)
async def test_everybody_may_what_their_role_allows(
    ann: Person, app: FastAPI, sql: Sql, operation: Operation
) -> None:
    if operation.streams:
        app.state.streams.leave_all()  # from now on each ends as soon as it has begun
    async with everybody(ann) as people:
        ids = await has_all_for(ann, operation)
        await shared_with(people, sql, ids["session_id"], WAYS)
        before = await all_rows(sql)
        # Who may not changes nothing, so that all of them can try it on the same session.
        for way in WAYS:
            if _may(way, operation):
                continue
            refused = await _asks(people[way], operation, ids)
            if WAYS[way].role is None:
                absent = await _asks(people[way], operation, nowhere())
                assert refused.status_code == 404, (way, refused.text)
                assert _said(refused) == _said(absent), way
                assert refused.headers.keys() == absent.headers.keys()
            else:
                assert _said(refused)[:2] == (403, "insufficient_access"), (way, refused.text)
                assert refused.json()["access"] == WAYS[way].role
                assert refused.json()["required_access"] == LOWEST[operation.name]
        assert await all_rows(sql) == before
        for way in reversed(WAYS):
            if not _may(way, operation):
                continue
            if way == "owner":
                assert (await _asks(ann, operation, ids)).status_code < 400
            else:
                await _is_told(ann, sql, operation, people[way], ids)
            if operation.writes:  # it may work once only
                ids = await has_all_for(ann, operation)
                await shared_with(people, sql, ids["session_id"], ["editor"])


async def _is_told(
    owner: Person, sql: Sql, operation: Operation, person: Person, ids: dict[str, str]
) -> None:
    """The person may, and the owner's trail says that it was they; their own says nothing."""
    await sql.execute("UPDATE session_members SET accessed_at = NULL")
    known = {row["id"] for row in await sql.fetch("SELECT id FROM audit_events")}
    answer = await _asks(person, operation, ids)
    assert answer.status_code < 400, (person.name, answer.text)
    told = [row for row in await sql.fetch("SELECT * FROM audit_events") if row["id"] not in known]
    assert "session.accessed" in {row["event"] for row in told}
    for row in told:
        assert (row["owner_id"], row["actor"]) == (owner.owner_id, person.name)
        assert str(row["session_id"]) == ids["session_id"]
