"""Waiting for sessions to change: by polling, which is the truth, and sooner by hints."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis.strategies import integers, just, lists, one_of
from structlog.testing import capture_logs

from session_api.database.engine import Database
from session_api.settings import Settings
from session_api.sync.fanout import GONE, SessionKey, Watch, Watched
from tests.faults.lines import line_to
from tests.support.people import Person, new_id
from tests.support.settings import test_settings
from tests.support.waiting import until

NEVER = timedelta(hours=1)
OWNER = UUID(int=1)


class Counting(Database):
    """Notes how many rows each of its reads brings back."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.read: list[int] = []

    async def fetch_rows(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        rows = await super().fetch_rows(statement, *arguments)
        self.read.append(len(rows))
        return rows


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Counting]:
    """That of another replica."""
    made = Counting(settings)
    yield made
    await made.close()


@pytest.fixture
def other(database: Counting) -> Watch:
    """The watch of another replica, which hears of nothing and is polled by hand."""
    return Watch(database, interval=NEVER)


def key_of(person: Person, session_id: str) -> SessionKey:
    return person.owner_id, UUID(session_id)


async def _is_woken(watched: Watched) -> bool:
    """Whether it wakes without anything more happening."""
    try:
        async with asyncio.timeout(0):
            await watched.changed()
    except TimeoutError:
        return False
    return True


async def test_a_commit_wakes_who_watches_in_the_same_process_at_once(
    ann: Person, app: FastAPI
) -> None:
    session, another = await ann.has_session(), await ann.has_session()
    watch: Watch = app.state.watch
    with (
        watch.watch(key_of(ann, session["id"]), 1) as watched,
        watch.watch(key_of(ann, session["id"]), 2) as ahead,
        watch.watch(key_of(ann, another["id"]), 1) as elsewhere,
    ):
        await ann.says(session["id"])
        assert await _is_woken(watched)
        assert not await _is_woken(watched), "once for each change"
        assert not await _is_woken(ahead)
        assert not await _is_woken(elsewhere)
        assert watch.wakes == {"own": 1, "poll": 0, "notify": 0, "redis": 0}
    assert watch.sessions == 0


async def test_what_another_replica_commits_is_found_by_polling(ann: Person, other: Watch) -> None:
    session = await ann.has_session()
    with other.watch(key_of(ann, session["id"]), 1) as watched:
        await other.look()
        assert not await _is_woken(watched)
        await ann.says(session["id"])
        await other.look()
        assert await _is_woken(watched)
        # Who did not look is woken again by the next poll; who did, is not.
        await other.look()
        assert await _is_woken(watched)
        watched.seen = 2
        await other.look()
        assert not await _is_woken(watched)


async def test_a_session_that_is_gone_wakes_whoever_watches_it(
    ann: Person, app: FastAPI, other: Watch
) -> None:
    session = await ann.has_session()
    key = key_of(ann, session["id"])
    with other.watch(key, 1) as there, app.state.watch.watch(key, 1) as here:
        await ann.delete(f"/api/sessions/{session['id']}")
        assert await _is_woken(here)
        await other.look()
        assert await _is_woken(there)
    for nowhere in ((ann.owner_id, UUID(new_id())), (UUID(new_id()), key[1])):
        with other.watch(nowhere, 0) as watched:
            await other.look()
            assert await _is_woken(watched)


async def test_a_version_that_went_back_wakes(ann: Person, other: Watch) -> None:
    session = await ann.has_session()
    with other.watch(key_of(ann, session["id"]), 7) as watched:  # before a back-up came back
        await other.look()
        assert await _is_woken(watched)


async def test_any_number_of_watchers_is_one_statement_and_idle_sessions_bring_nothing_back(
    ann: Person, database: Counting, other: Watch
) -> None:
    sessions = [await ann.has_session() for _ in range(3)]
    with ExitStack() as stack:
        watching = [
            [stack.enter_context(other.watch(key_of(ann, session["id"]), 1)) for _ in range(20)]
            for session in sessions
        ]
        assert (other.sessions, other.watchers) == (3, 60)
        await other.look()
        await ann.says(sessions[1]["id"])
        await other.look()
        assert database.read == [0, 1]
        woken = [{await _is_woken(watched) for watched in watchers} for watchers in watching]
        assert woken == [{False}, {True}, {False}]
        # One of twenty has looked: the others have not, and are told.
        for watched in watching[1][1:]:
            watched.seen = 2
        await other.look()
        woken_late = [await _is_woken(watched) for watched in watching[1]]
        assert woken_late == [True] + [False] * 19
    assert (other.sessions, other.watchers) == (0, 0)


async def test_many_sessions_are_asked_for_in_pieces(ann: Person, database: Counting) -> None:
    watch = Watch(database, interval=NEVER, polled_at_once=2)
    sessions = [await ann.has_session() for _ in range(5)]
    with ExitStack() as stack:
        watching = [
            stack.enter_context(watch.watch(key_of(ann, session["id"]), 0)) for session in sessions
        ]
        await watch.look()
        assert database.read == [2, 2, 1]
        assert all([await _is_woken(watched) for watched in watching])


async def test_nothing_is_asked_while_nobody_watches(ann: Person, database: Counting) -> None:
    session = await ann.has_session()
    watch = Watch(database, interval=timedelta(milliseconds=1))
    polling = asyncio.create_task(watch.run_for_ever())
    await asyncio.sleep(0.05)
    assert database.read == []
    with watch.watch(key_of(ann, session["id"]), 0) as watched:
        async with asyncio.timeout(20):
            await watched.changed()
    polling.cancel()


async def test_what_is_lost_is_looked_for_at_once(ann: Person, other: Watch) -> None:
    session = await ann.has_session()
    polling = asyncio.create_task(other.run_for_ever())
    with other.watch(key_of(ann, session["id"]), 0) as watched:
        other.look_soon()
        async with asyncio.timeout(20):
            await watched.changed()
    polling.cancel()


async def test_polling_outlives_its_database(ann: Person, settings: Settings) -> None:
    session = await ann.has_session()
    assert settings.database_url is not None
    async with line_to(settings.database_url.get_secret_value()) as line:
        cut = Counting(test_settings(line.url, pool_timeout=1))
        watch = Watch(cut, interval=timedelta(milliseconds=20))
        with (
            capture_logs() as logs,
            watch.watch(key_of(ann, session["id"]), 1) as watched,
        ):
            polling = asyncio.create_task(watch.run_for_ever())
            await until(lambda: bool(cut.read))
            line.break_down()
            await until(lambda: bool(logs))
            await asyncio.sleep(0.2)
            await ann.says(session["id"])
            line.mend()
            async with asyncio.timeout(20):
                await watched.changed()
            polling.cancel()
        told = [line["event"] for line in logs if line["event"].startswith("sessions_")]
        assert told == ["sessions_unpolled", "sessions_polled_again"]
        await cut.close()


# Hints


async def test_a_hint_wakes_only_who_has_not_seen_it(ann: Person, other: Watch) -> None:
    key = key_of(ann, new_id())
    with other.watch(key, 5) as watched:
        for version, wakes in ((5, False), (4, False), (6, True), (GONE, True)):
            other.told({key: version}, "notify")
            assert await _is_woken(watched) is wakes, version
        # What was seen meanwhile, from the database, is no news.
        other.told({key: 9}, "notify")
        watched.seen = 9
        assert not await _is_woken(watched)
        # A wrong one costs a look, once.
        other.told({key: 2**62}, "redis")
        assert await _is_woken(watched)
        assert not await _is_woken(watched)
    assert other.wakes == {"own": 0, "poll": 0, "notify": 3, "redis": 1}


@given(events=lists(one_of(just("look"), just("leave"), integers(0, 6))))
def test_no_change_is_ever_slept_through(events: list[str | int]) -> None:
    """Hints in any order between looks in any order: who sleeps has seen the newest."""

    async def live() -> None:
        newest, watched = 1, Watched((OWNER, OWNER), 1, {})
        for event in events:
            if event == "look":
                if await _is_woken(watched):
                    watched.seen = newest
            elif event == "leave":
                newest += 1  # told below, as by the poll
                watched.stir(newest)
            else:
                watched.stir(int(event))
        if await _is_woken(watched):
            watched.seen = newest
        assert watched.seen == newest

    asyncio.run(live())
