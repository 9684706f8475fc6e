"""The tenant's audit trail over HTTP: for administrators, and of no other tenant."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from session_api.settings import Settings
from tests.support.answers import refusal
from tests.support.people import MovableClock, Person

PATH = "/api/admin/audit"

Joins = Callable[..., Any]


@pytest.fixture
async def joins(
    transport: httpx.ASGITransport, settings: Settings, clock: MovableClock
) -> AsyncIterator[Joins]:
    """Makes people who are signed in."""
    async with AsyncExitStack() as stack:

        async def make(name: str, **options: Any) -> Person:
            person = Person(name, transport, settings, clock, **options)
            return await stack.enter_async_context(person)

        yield make


async def _events(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = await person.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_who_is_no_administrator_is_refused(ann: Person, bob: Person) -> None:
    await ann.has_session()
    answer = await bob.get(PATH)
    assert refusal(answer) == (403, "insufficient_scope")
    assert answer.json()["required_role"] == "admin"
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge == 'Bearer realm="session-api", error="insufficient_scope"'
    assert "session.created" not in answer.text


async def test_an_administrator_who_may_not_read_is_refused(joins: Joins) -> None:
    writer = await joins("root", roles=["admin"], scopes=["sessions:write"])
    assert refusal(await writer.get(PATH)) == (403, "insufficient_scope")


@pytest.mark.parametrize("role", ["Admin", "admin ", "administrator", "*"])
async def test_a_role_is_taken_to_the_letter(joins: Joins, role: str) -> None:
    assert (await (await joins("root", roles=[role])).get(PATH)).status_code == 403


async def test_an_administrator_sees_the_whole_tenant_and_no_other(
    ann: Person, bob: Person, joins: Joins
) -> None:
    mine, theirs = await ann.has_session(), await bob.has_session()
    stranger = await joins("eve", tenant="elsewhere", roles=["admin"])
    elsewhere = await stranger.has_session()
    seen = await _events(ann)
    assert {event["session_id"] for event in seen} == {mine["id"], theirs["id"]}
    assert {event["user_id"] for event in seen} == {"ann", "bob"}
    assert {event["owner_id"] for event in seen} == {str(ann.owner_id), str(bob.owner_id)}
    assert [event["session_id"] for event in await _events(stranger)] == [elsewhere["id"]]
    assert await _events(stranger, session_id=mine["id"]) == []
    assert await _events(stranger, user_id="ann") == []
    assert await _events(stranger, actor="bob") == []


async def test_the_filters_narrow_the_tenants_trail(
    ann: Person, bob: Person, clock: MovableClock
) -> None:
    mine = await ann.has_session()
    clock.move(hours=1)
    between = clock().isoformat()
    clock.move(hours=1)
    theirs = await bob.has_session()
    await bob.post(f"/api/sessions/{theirs['id']}/complete")
    assert [each["session_id"] for each in await _events(ann, user_id="ann")] == [mine["id"]]
    assert {each["session_id"] for each in await _events(ann, actor="bob")} == {theirs["id"]}
    assert len(await _events(ann, event="session.created")) == 2
    assert len(await _events(ann, session_id=theirs["id"])) == 2
    assert [each["session_id"] for each in await _events(ann, until=between)] == [mine["id"]]
    assert len(await _events(ann, since=between)) == 2
    assert await _events(ann, severity="critical") == []
    assert await _events(ann, user_id="nobody", actor="bob") == []
    assert (await ann.get(PATH, params={"user_id": ""})).status_code == 422
    assert (await ann.get(PATH, params={"actor": "a\0b"})).status_code == 422


async def test_the_pages_join_and_a_cursor_is_good_for_its_own_list_alone(
    ann: Person, bob: Person, joins: Joins
) -> None:
    for person in (ann, bob, ann, bob, ann):
        await person.has_session()
    whole, joined, query = await _events(ann), [], {"limit": "2"}
    while True:
        page = (await ann.get(PATH, params=query)).json()
        joined += page["items"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert joined == whole
    assert len(whole) == 5
    # Neither one's own trail takes it, nor another administrator, nor another tenant.
    assert (await ann.get("/api/audit", params=query)).status_code == 422
    for tenant in ("default", "elsewhere"):
        other = await joins("root", tenant=tenant, roles=["admin"])
        assert (await other.get(PATH, params=query)).status_code == 422
