"""Devices that were away for a while end equal to the server: whole trees, compared as text."""

import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from fastapi import FastAPI

from session_api.live.changes import ChangeTrimming
from tests.journeys.anything import Anything
from tests.support.cached import CachedWorkspace, comparable_tree
from tests.support.people import MERGE_PATCH, MovableClock, Person, new_id
from tests.support.workspace import has_workspace

Says = Callable[[str, object], None]


@pytest.fixture
def chance(record_property: Says) -> Random:
    """A chance of its own for each run. Its seed is said: SESSION_API_TEST_SEED tries it again."""
    seed = int(os.environ.get("SESSION_API_TEST_SEED") or Random().randrange(2**32))
    record_property("says", f"seed {seed}")
    return Random(seed)


async def _phone(person: Person, session_id: str) -> CachedWorkspace:
    phone = CachedWorkspace(person, session_id)
    await phone.reload()
    return phone


async def test_a_phone_that_was_offline_for_500_changes(ann: Person, chance: Random) -> None:
    ids = await has_workspace(ann, session_metadata={"panel": "map"})
    session_id = ids["session_id"]
    phone, tablet = await _phone(ann, session_id), await _phone(ann, session_id)
    desk = Anything(ann, session_id, chance)
    left_at = phone.version
    while (await ann.sees(session_id, include=""))["version"] < left_at + 500:
        await desk.do(25)
        # The tablet is there now and then, for a page or two.
        await tablet.catch_up(limit=chance.randint(1, 40), pages=chance.randint(1, 3))
    applied = await phone.catch_up(limit=chance.randint(5, 200))
    await tablet.catch_up()
    server = await comparable_tree(ann, session_id)
    assert phone.comparable == server
    assert tablet.comparable == server
    assert phone.reloads == tablet.reloads == 0
    assert applied[-1] == phone.version >= left_at + 500
    # It did all sorts of things.
    assert len(desk.did) > 15, desk.did


async def test_a_phone_that_queued_50_writes(ann: Person, chance: Random) -> None:
    ids = await has_workspace(ann)
    session_id = ids["session_id"]
    phone, desk = await _phone(ann, session_id), await _phone(ann, session_id)
    queue = _queue(ids, chance)
    assert len(queue) == 50
    await Anything(ann, session_id, chance).do(40)

    # It comes back, sends what it has in its order, and some of it again: the answer was lost.
    for method, path, body in queue:
        headers = MERGE_PATCH if method == "PATCH" else {}
        for _ in range(chance.choice([1, 1, 2])):
            answer = await ann.request(method, path, json=body, headers=headers)
            assert answer.status_code < 300 or answer.status_code in (404, 409), answer.text
        if chance.random() < 0.2:
            await phone.catch_up(limit=7, pages=1)
    await phone.catch_up()
    await desk.catch_up(limit=13)
    server = await comparable_tree(ann, session_id)
    assert phone.comparable == server
    assert desk.comparable == server
    # Nothing that could be taken was lost, and nothing stands there twice.
    there = [each["id"] for each in phone.tree["chat"]["messages"]]
    said = [body["id"] for _, path, body in queue if path.endswith("/messages")]
    assert [each for each in there if each in said] == said
    assert phone.tree["session_metadata"].items() >= {"draft": "last", "phone": 9}.items()


def _queue(ids: dict[str, str], chance: Random) -> list[tuple[str, str, Any]]:
    """Writes as a client makes them without asking: with ids of its own, in their order."""
    session = f"/api/sessions/{ids['session_id']}"
    hops = f"/api/missions/{ids['mission_id']}/hops"
    steps = f"{hops}/{ids['hop_id']}/tool-steps"
    writes: list[tuple[str, str, Any]] = []
    for number in range(10):
        writes += [
            ("POST", f"{session}/messages", {"id": new_id(), "role": "user", "content": "queued"}),
            ("PATCH", session, {"session_metadata": {"phone": number}}),
            ("POST", steps, {"id": new_id(), "name": f"step {number}"}),
            ("PATCH", f"{steps}/{ids['step_id']}", {"output": {"n": number}}),
            ("POST", hops, {"id": new_id(), "name": f"hop {number}"}),
        ]
    writes[-4] = ("PATCH", session, {"session_metadata": {"phone": 9, "draft": "last"}})
    return writes


async def test_a_phone_that_was_away_for_longer_than_the_log_is_kept(
    ann: Person, app: FastAPI, chance: Random, clock: MovableClock
) -> None:
    ids = await has_workspace(ann)
    session_id = ids["session_id"]
    phone, tablet = await _phone(ann, session_id), await _phone(ann, session_id)
    desk = Anything(ann, session_id, chance)
    trimming = ChangeTrimming(
        app.state.database, kept_for=app.state.settings.changes_kept_for, kept=30
    )
    await desk.do(40)
    path, since = f"/api/sessions/{session_id}/changes", {"since": phone.version, "limit": 100}
    # Growth moves a row of the log and adds none.
    while len((await ann.get(path, params=since)).json()["changes"]) <= 30:
        await desk.do(5)
    await tablet.catch_up()
    await desk.do(5)
    assert await trimming.trim_changes(clock(), 10) > 0
    await phone.catch_up()
    assert phone.reloads == 1
    await tablet.catch_up()
    clock.move(days=31)
    assert await trimming.trim_changes(clock(), 100) > 0
    await desk.do(10)
    for device in (phone, tablet):
        await device.catch_up(limit=10)
        assert device.comparable == await comparable_tree(ann, session_id)
    assert phone.reloads == 1


async def test_a_colleague_who_only_looks_keeps_a_copy_as_well(
    ann: Person, bob: Person, chance: Random
) -> None:
    session_id = (await has_workspace(ann))["session_id"]
    body = {"user_id": "bob", "role": "viewer"}
    assert (await ann.post(f"/api/sessions/{session_id}/shares", json=body)).status_code == 201
    colleague = await _phone(bob, session_id)
    await Anything(ann, session_id, chance).do(40)
    await ann.patch(f"/api/sessions/{session_id}", {"session_metadata": {"seen": "by both"}})
    await colleague.catch_up(limit=20)
    assert colleague.comparable == await comparable_tree(bob, session_id)
    assert colleague.tree["access"] == "viewer"
    assert colleague.tree["user_id"] == "ann"
