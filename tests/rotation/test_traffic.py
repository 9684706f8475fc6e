"""Rotation while people work: nothing that was acknowledged is lost, no version is moved by it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from session_api.app import create_app
from session_api.database.engine import Database
from session_api.sessions.rotation import KeyRotation
from session_api.settings import Settings
from tests.faults.consistency import half_done
from tests.support.answers import if_match
from tests.support.people import MovableClock, Person
from tests.support.sealed import (
    NEW_KEY,
    OLD_KEY,
    ROTATING,
    has_sealed_sessions,
    opened,
    ring,
)
from tests.support.settings import test_settings
from tests.support.workspace import Sql

BEFORE = f"{OLD_KEY},{NEW_KEY}"
"""The ring of a replica that has the new key already, and does not write under it yet."""

PEOPLE = 8
CHANGES = 80


@pytest.fixture
async def replicas(
    database_url: str, clock: MovableClock
) -> AsyncIterator[Callable[[str, int], Awaitable[Person]]]:
    """People, each at the replica that already writes under the new key, or at the one that does
    not; by their number.
    """
    async with AsyncExitStack() as stack:

        async def at(keys: str) -> tuple[Settings, httpx.ASGITransport]:
            settings = test_settings(database_url, encryption_keys=keys)
            app = create_app(settings, clock=clock)
            stack.push_async_callback(app.state.database.close)
            return settings, httpx.ASGITransport(app)

        both = [await at(ROTATING), await at(BEFORE)]

        async def person(name: str, replica: int) -> Person:
            settings, transport = both[replica]
            return await stack.enter_async_context(Person(name, transport, settings, clock))

        yield person


@dataclass
class Work:
    """What a person was told that it is done."""

    session_id: str
    version: int
    metadata: dict[str, Any]


async def _works(person: Person, number: int) -> Work:
    """Changes a session many times, each time from what the last answer said: a version that
    somebody else moved would be refused.
    """
    made = await person.has_session(session_metadata={"n": 0})
    work = Work(made["id"], made["version"], made["session_metadata"])
    for n in range(1, CHANGES + 1):
        path, headers = f"/api/sessions/{work.session_id}", if_match(work.version)
        if n % 10 == number % 10:
            work.metadata = {"n": n, "anew": True}
            answer = await person.put(
                path, json={"session_metadata": work.metadata}, headers=headers
            )
        else:
            work.metadata = {**work.metadata, f"k{n % 7}": n, "n": n}
            patch = {"session_metadata": {f"k{n % 7}": n, "n": n}}
            answer = await person.patch(path, patch, headers=headers)
        assert answer.status_code == 200, answer.text
        now = answer.json()
        assert (now["version"], now["session_metadata"]) == (work.version + 1, work.metadata)
        work.version = now["version"]
        if n % 8 == 0:  # others come and go
            gone = await person.has_session(session_metadata={"gone": "soon"})
            assert (await person.delete(f"/api/sessions/{gone['id']}")).status_code == 204
    return work


async def test_nothing_is_lost_or_undone_while_two_replicas_write_and_rotations_go_on(
    sql: Sql, database_url: str, replicas: Callable[[str, int], Awaitable[Person]]
) -> None:
    """Rotations go back and forth between two keys, so that every row is always due."""
    bystanders = await has_sealed_sessions(sql, ring(OLD_KEY), 300)
    people = [await replicas(f"worker {n}", n % 2) for n in range(PEOPLE)]
    database = Database(test_settings(database_url, pool_size=2))
    rotations = [
        KeyRotation(database, ring(keys), page_size=20, pause_seconds=0.001)
        for keys in (ROTATING, BEFORE)
    ]
    over = asyncio.Event()
    rotated = runs = 0

    async def rotate() -> None:
        nonlocal rotated, runs
        while not over.is_set():
            done = await rotations[runs % 2].rotate()
            assert set(done.unreadable.values()) == {0}
            rotated, runs = rotated + done.rotated, runs + 1

    rotating = asyncio.create_task(rotate())
    works = await asyncio.gather(*(_works(person, n) for n, person in enumerate(people)))
    over.set()
    await rotating
    await rotations[0].rotate()
    await database.close()

    assert runs > 3
    assert rotated > 4 * len(bystanders)
    for person, work in zip(people, works, strict=True):
        now = await person.sees(work.session_id)
        assert (now["version"], now["session_metadata"]) == (work.version, work.metadata)
        assert now["damaged"] == []
    everything = await opened(sql, ring(NEW_KEY))
    assert everything.keys() == {key for _, key in bystanders} | {
        UUID(work.session_id) for work in works
    }
    assert all(everything[key][0] == {"of": str(key)} for _, key in bystanders)
    ours = [work.session_id for work in works]
    unlike = await half_done(sql.fetch)
    assert [row for row in unlike if row["id"] in ours] == []


async def test_neither_versions_nor_times_nor_entity_tags_move(
    ann: Person, database_url: str
) -> None:
    session = await ann.has_session(session_metadata={"draft": "hello"})
    path = f"/api/sessions/{session['id']}"
    before = await ann.get(path)
    database = Database(test_settings(database_url))
    done = await KeyRotation(database, ring(ROTATING)).rotate()
    back = await KeyRotation(database, ring(BEFORE)).rotate()
    await database.close()
    assert (done.rotated, back.rotated) == (2, 2)
    after = await ann.get(path)
    assert (after.text, after.headers["ETag"]) == (before.text, before.headers["ETag"])
    seen = {"If-None-Match": before.headers["ETag"]}
    assert (await ann.get(path, headers=seen)).status_code == 304
    again = await ann.post(
        "/api/sessions/", json={"id": session["id"], "session_metadata": {"draft": "hello"}}
    )
    assert again.status_code == 200, "the repeat of the create is still known as one"
