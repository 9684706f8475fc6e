"""Rate limits over HTTP, in one process and over several that count in Redis."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from benchmarks.ports import free_port
from session_api.app import create_app
from session_api.settings import Settings
from tests.support.people import MovableClock, Person
from tests.support.redis import redis
from tests.support.settings import test_settings

LIMITS = "read=5/minute,write=3/minute,upload=2/minute,auth_failure=4/minute,address.read=8/minute"
PATH = "/api/sessions/"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return test_settings(database_url, rate_limits=LIMITS)


async def _statuses(person: Person, method: str, path: str, times: int) -> list[int]:
    return [(await person.request(method, path)).status_code for _ in range(times)]


async def test_each_class_has_its_own_limit(ann: Person) -> None:
    assert await _statuses(ann, "POST", PATH, 4) == [201, 201, 201, 429]
    assert await _statuses(ann, "GET", PATH, 6) == [200] * 5 + [429]


async def test_a_refusal_says_how_long_to_wait_and_changes_nothing(
    ann: Person, clock: MovableClock
) -> None:
    for _ in range(3):
        await ann.post(PATH)
    refused = await ann.post(PATH)
    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    wait = int(refused.headers["Retry-After"])
    assert 1 <= wait <= 120
    assert refused.headers["RateLimit-Policy"] == '"write";q=3;w=60'
    assert re.fullmatch(r'"write";r=0;t=[0-9]+', refused.headers["RateLimit"])
    assert len((await ann.get(PATH)).json()["items"]) == 3
    clock.move(seconds=wait)
    assert (await ann.post(PATH)).status_code == 201


async def test_answers_tell_how_one_stands(ann: Person) -> None:
    first, second = await ann.get(PATH), await ann.get("/api/missions/")
    assert first.headers["RateLimit-Policy"] == '"read";q=5;w=60, "address-read";q=8;w=60'
    assert re.fullmatch(
        r'"read";r=4;t=[0-9]+, "address-read";r=7;t=[0-9]+', first.headers["RateLimit"]
    )
    assert second.headers["RateLimit"].startswith('"read";r=3;')
    missing = await ann.get("/api/sessions/0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21")
    assert missing.status_code == 404
    assert missing.headers["RateLimit"].startswith('"read";r=2;')


async def test_people_do_not_use_up_each_others_limits_but_an_address_is_one(
    ann: Person, bob: Person
) -> None:
    assert await _statuses(ann, "GET", PATH, 5) == [200] * 5
    # Three are left to the address that both come from.
    assert await _statuses(bob, "GET", PATH, 4) == [200, 200, 200, 429]
    assert await _statuses(bob, "POST", PATH, 2) == [201, 201]


async def test_uploads_are_a_class(ann: Person) -> None:
    session_id = (await ann.post(PATH)).json()["id"]
    path = f"/api/sessions/{session_id}/assets"
    body = {"name": "a", "content_type": "text/plain", "size": 1}
    answers = [await ann.post(path, json=body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].headers["RateLimit-Policy"].startswith('"upload";')


async def test_tokens_can_not_be_tried_out(stranger: httpx.AsyncClient, ann: Person) -> None:
    bad = {"Authorization": "Bearer nonsense"}
    answers = [await stranger.get(PATH, headers=bad) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 4 + [429] * 2
    assert (await stranger.get(PATH)).status_code == 429
    # Whoever has a good one is let in from the same address.
    assert (await ann.get(PATH)).status_code == 200


async def test_the_public_routes_have_none(stranger: httpx.AsyncClient) -> None:
    answers = [await stranger.get("/healthz") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers


@asynccontextmanager
async def _replica(
    settings: Settings, clock: MovableClock
) -> AsyncIterator[tuple[FastAPI, Person]]:
    app = create_app(settings, clock=clock)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with Person("ann", transport, settings, clock) as person:
        yield app, person
    await app.state.rate_counters.close()
    await app.state.database.close()


def _shared(settings: Settings, port: int, limits: str) -> Settings:
    changes: dict[str, Any] = {"redis_url": f"redis://127.0.0.1:{port}/0", "rate_limits": limits}
    return test_settings(_url(settings), **changes)


def _url(settings: Settings) -> str:
    assert settings.database_url is not None
    return settings.database_url.get_secret_value()


async def test_replicas_count_together_and_alone_while_redis_is_down(
    settings: Settings, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However busy the machine is: that nobody waits long for a Redis is for the test below.
    monkeypatch.setattr("session_api.security.shared_counters._ANSWER_SECONDS", 10.0)
    port = free_port()
    shared = _shared(settings, port, "read=20/minute")
    async with _replica(shared, clock) as (one, ann), _replica(shared, clock) as (_, also_ann):
        with redis(port):
            answers = await asyncio.gather(
                *(person.get(PATH) for person in (ann, also_ann) for _ in range(15))
            )
            assert sorted(answer.status_code for answer in answers) == [200] * 20 + [429] * 10
        # Gone. Nobody is refused for that, and nobody is let through without a limit.
        assert await _statuses(ann, "GET", PATH, 21) == [200] * 20 + [429]
        ready = await ann.get("/readyz")
        assert ready.json()["checks"]["rate_limits"].startswith("degraded")
        with redis(port):
            clock.move(seconds=6)
            assert (await ann.get(PATH)).status_code == 200
            assert one.state.rate_counters.alone is False


async def test_a_redis_that_does_not_answer_costs_one_wait(
    settings: Settings, clock: MovableClock
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        shared = _shared(settings, silent.getsockname()[1], "read=20/minute")
        async with _replica(shared, clock) as (app, ann), asyncio.timeout(5):
            assert await _statuses(ann, "GET", PATH, 10) == [200] * 10
            assert app.state.rate_counters.alone
