"""What the service needs beside PostgreSQL fails it: the disk is full, Redis is gone, the clock is
stepped. Nothing acknowledged is lost, and none of it costs more than it must.
"""

import asyncio
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from benchmarks.ports import free_port
from session_api.lifecycle import JobRunner
from tests.faults.consistency import half_done
from tests.faults.writers import (
    made_session,
    nothing_is_lost,
    writing,
)
from tests.support.people import MovableClock, Person, new_id
from tests.support.processes import Service, data_folder
from tests.support.redis import redis as running_redis
from tests.support.waiting import WAIT_SECONDS, until
from tests.support.workspace import Sql

FULL_AT_BYTES = 1024 * 1024
STEPS_HOURS = (3, -5, 48, -100, 7, -30, 177)


@pytest.fixture(scope="module")
def redis() -> Iterator["subprocess.Popen[bytes]"]:
    """A Redis of our own, which is ready."""
    with running_redis(free_port()) as process:
        yield process


@pytest.fixture(scope="module")
def service(redis: "subprocess.Popen[bytes]") -> Iterator[Service]:
    assert isinstance(redis.args, list)
    counted = {
        "SESSION_API_REDIS_URL": f"redis://127.0.0.1:{redis.args[2]}/0",
        "SESSION_API_RATE_LIMITS": "read=1000000/minute,write=1000000/minute",
        "SESSION_API_JOBS_ENABLED": "false",
    }
    with data_folder() as data, Service(data, **counted) as running:
        yield running


# A disk that is full


@contextmanager
def full_disk(service: Service) -> Iterator[None]:
    """No file of the service's grows beyond a MiB; its PostgreSQL has a disk of its own."""
    before = resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (FULL_AT_BYTES, -1))
    try:
        yield
    finally:
        resource.prlimit(service.pid, resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_refuses_files_and_nothing_else(service: Service) -> None:
    async with service.client("ann") as ann:
        session = await made_session(ann)
        small, large = bytes(1000), bytes(2 * FULL_AT_BYTES)
        kept = await _bring(ann, session, small)
        assert kept.status_code == 201, kept.text
        announced = await ann.post(
            f"{session}/assets",
            json={"name": "a", "content_type": "text/plain", "size": len(large)},
        )
        upload = announced.json()["upload"]
        async with writing([ann], session) as seen:
            with full_disk(service):
                refused = [
                    await _bring(ann, session, large),
                    await ann.request(
                        upload["method"], upload["url"], headers=upload["headers"], content=large
                    ),
                ]
        for answer in refused:
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), answer.text
            assert answer.json()["code"] == "storage_unavailable"
        await nothing_is_lost(service, seen, refusals=())

        # Nothing of it is left, and there is room again.
        assert list((service.data / "files" / "staging").iterdir()) == []
        brought = await _bring(ann, session, large)
        assert brought.status_code == 201
        listed = (await ann.get(f"{session}/assets")).json()["items"]
        assert {each["id"] for each in listed} == {kept.json()["id"], brought.json()["id"]}
        for answer, content in ((kept, small), (brought, large)):
            path = f"{session}/assets/{answer.json()['id']}/content"
            assert (await ann.get(path, follow_redirects=True)).content == content


async def _bring(ann: httpx.AsyncClient, session: str, content: bytes) -> httpx.Response:
    return await ann.post(
        f"{session}/assets/upload",
        files={"file": ("a", content)},
        headers={"Idempotency-Key": new_id()},
    )


# Redis


async def test_a_redis_that_is_killed_refuses_nobody(
    service: Service, redis: "subprocess.Popen[bytes]"
) -> None:
    async with service.client("ann") as ann:
        session = await made_session(ann)
        # One late answer, on a busy machine, and it is asked again by a later request.
        async with asyncio.timeout(WAIT_SECONDS):
            while await _rate_limits(ann) != "ok":
                await asyncio.sleep(0.1)
                assert (await ann.get("/api/sessions/active")).is_success
        async with writing([ann], session) as seen:
            known = len(seen.acknowledged)
            redis.kill()
            redis.wait()
            await until(lambda: len(seen.acknowledged) >= known + 100)
        assert await _rate_limits(ann) == "degraded: each replica counts for itself"
    assert seen.refused == []
    assert seen.unanswered == set()
    await nothing_is_lost(service, seen, refusals=())


async def _rate_limits(ann: httpx.AsyncClient) -> str:
    """What readiness says of them; they are `ok` as long as it says nothing."""
    return str((await ann.get("/readyz")).json()["checks"].get("rate_limits", "ok"))


# The clock


async def test_a_clock_that_jumps_back_and_forth_neither_loses_nor_reorders(
    app: FastAPI, ann: Person, sql: Sql, clock: MovableClock
) -> None:
    runner = JobRunner(app.state.jobs.all, app.state.leases, clock, interval=timedelta(days=1))
    session_id = (await ann.has_session())["id"]
    path, said, before = f"/api/sessions/{session_id}", [], await ann.sees(session_id)
    for hours in STEPS_HOURS:
        clock.move(hours=hours)
        await runner.run_once()
        # Two days ahead it was abandoned, which is no loss: whoever comes back resumes it.
        back = await ann.post("/api/sessions/recover", json={"session_id": session_id})
        assert back.json()["outcome"] == ("resumed" if hours > 24 else "restored")
        assert back.json()["session"]["id"] == session_id
        said += await asyncio.gather(*(ann.says(session_id, str(n)) for n in range(5)))
        saved = await ann.patch(path, {"session_metadata": {f"after {hours}": True}})
        assert saved.status_code == 200
        after = await ann.sees(session_id)
        assert after["version"] > before["version"]
        for time_of in ("updated_at", "last_activity_at"):
            assert after[time_of] >= before[time_of]
        before = after

    assert sorted(message["seq"] for message in said) == list(range(1, len(said) + 1))
    chat = (await ann.sees(session_id, messages=200))["chat"]["messages"]
    assert [message["id"] for message in chat] == [
        message["id"] for message in sorted(said, key=lambda message: message["seq"])
    ]
    assert set(before["session_metadata"]) == {f"after {hours}" for hours in STEPS_HOURS}
    assert await half_done(sql.fetch) == []
