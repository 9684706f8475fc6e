"""The jobs: what nobody uses is abandoned, then archived, by one replica at a time."""

import asyncio
import json
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from session_api.lifecycle import LifecycleJobs, runner
from session_api.lifecycle.jobs import Job
from session_api.lifecycle.leases import Leases
from session_api.lifecycle.runner import JobRunner, run_to_the_end
from session_api.problems import StorageUnavailable
from tests.support.people import MovableClock, Person
from tests.support.workspace import Sql, all_rows

MINUTE = timedelta(minutes=1)


@pytest.fixture
def jobs(app: FastAPI) -> LifecycleJobs:
    """The jobs of the app."""
    made: LifecycleJobs = app.state.jobs
    return made


def _leases(app: FastAPI, holder: str) -> Leases:
    return Leases(app.state.database, holder)


async def _statuses(sql: Sql) -> list[str]:
    return [row[0] for row in await sql.fetch("SELECT status FROM user_sessions ORDER BY id")]


# Abandoning and archiving


@pytest.mark.parametrize(("hours", "status"), [(23.9, "active"), (25, "abandoned")])
async def test_a_day_without_activity_abandons_a_session(
    ann: Person, jobs: LifecycleJobs, clock: MovableClock, hours: float, status: str
) -> None:
    session = await ann.has_session()
    clock.move(hours=hours)
    assert await jobs.abandon(clock()) == (status == "abandoned")
    assert (await ann.sees(session["id"]))["status"] == status


async def test_activity_in_between_keeps_a_session_active(
    ann: Person, jobs: LifecycleJobs, clock: MovableClock
) -> None:
    session = await ann.has_session()
    clock.move(hours=20)
    await ann.post(f"/api/sessions/{session['id']}/activity")
    clock.move(hours=20)
    assert await jobs.abandon(clock()) == 0


@pytest.mark.parametrize(("days", "status"), [(6.9, "abandoned"), (7.1, "archived")])
async def test_seven_days_after_that_it_is_archived(
    ann: Person, jobs: LifecycleJobs, clock: MovableClock, days: float, status: str
) -> None:
    session = await ann.has_session()
    clock.move(hours=25)
    await jobs.abandon(clock())
    clock.move(days=days)
    assert await jobs.archive(clock()) == (status == "archived")
    assert (await ann.sees(session["id"]))["status"] == status


async def test_one_who_comes_back_the_next_day_finds_everything_and_loses_it_to_no_job(
    ann: Person, jobs: LifecycleJobs, clock: MovableClock
) -> None:
    session = await ann.has_session(session_metadata={"draft": 1})
    await ann.says(session["id"], "hello")
    clock.move(hours=25)
    await jobs.abandon(clock())
    back = (await ann.post("/api/sessions/recover", json={"session_id": session["id"]})).json()
    assert back["outcome"] == "resumed"
    assert back["session"]["session_metadata"] == {"draft": 1}
    clock.move(days=0.9)
    assert await jobs.abandon(clock()) + await jobs.archive(clock()) == 0


@pytest.mark.parametrize("trigger", ["complete", "archive"])
async def test_what_is_over_is_not_abandoned(
    ann: Person, jobs: LifecycleJobs, clock: MovableClock, sql: Sql, trigger: str
) -> None:
    session = await ann.has_session()
    await ann.post(f"/api/sessions/{session['id']}/{trigger}")
    before = await all_rows(sql)
    clock.move(days=30)
    assert await jobs.abandon(clock()) + await jobs.archive(clock()) == 0
    assert await all_rows(sql) == before


async def test_being_abandoned_is_no_activity(
    ann: Person, jobs: LifecycleJobs, clock: MovableClock
) -> None:
    session = await ann.has_session()
    clock.move(hours=25)
    await jobs.abandon(clock())
    seen = await ann.sees(session["id"])
    assert seen["last_activity_at"] == session["last_activity_at"]
    assert seen["version"] == session["version"] + 1


async def test_jobs_work_in_batches_over_every_owner(
    ann: Person, bob: Person, jobs: LifecycleJobs, clock: MovableClock, sql: Sql
) -> None:
    for person in (ann, ann, bob, bob, bob):
        await person.has_session()
    clock.move(hours=25)
    assert [await jobs.abandon(clock(), 2) for _ in range(4)] == [2, 2, 1, 0]
    assert set(await _statuses(sql)) == {"abandoned"}


async def test_two_that_run_at_once_move_each_session_once(
    ann: Person, jobs: LifecycleJobs, clock: MovableClock, sql: Sql
) -> None:
    for _ in range(6):
        await ann.has_session()
    clock.move(hours=25)
    moved = await asyncio.gather(*(jobs.abandon(clock(), 6) for _ in range(3)))
    assert sum(moved) == 6
    abandoned = "SELECT count(*) FROM audit_events WHERE event = 'session.abandoned'"
    assert await sql.fetchval(abandoned) == 6


async def test_a_session_that_somebody_writes_to_is_left_for_the_next_run(
    ann: Person, jobs: LifecycleJobs, clock: MovableClock, sql: Sql
) -> None:
    await ann.has_session()
    clock.move(hours=25)
    async with sql.transaction():
        await sql.execute("SELECT FROM user_sessions FOR UPDATE")
        assert await jobs.abandon(clock()) == 0
    assert await jobs.abandon(clock()) == 1


@pytest.mark.parametrize(
    ("job", "event", "moved"),
    [
        ("abandon", "session.abandoned", ("active", "abandoned")),
        ("archive", "session.archived", ("abandoned", "archived")),
    ],
)
async def test_a_job_leaves_an_audit_event_that_names_it(
    ann: Person,
    jobs: LifecycleJobs,
    clock: MovableClock,
    sql: Sql,
    job: str,
    event: str,
    moved: tuple[str, str],
) -> None:
    session = await ann.has_session()
    clock.move(hours=25)
    await jobs.abandon(clock())
    clock.move(days=8)
    await jobs.archive(clock())
    row = await sql.fetchrow("SELECT * FROM audit_events WHERE event = $1", event)
    assert row is not None
    assert str(row["actor"]).startswith("system:")
    assert (row["owner_id"], str(row["session_id"])) == (ann.owner_id, session["id"])
    assert row["request_id"] is None
    told: dict[str, Any] = json.loads(row["data"])
    assert (told["from"], told["to"]) == moved


# Leases


async def test_a_lease_has_one_holder(app: FastAPI, clock: MovableClock) -> None:
    one, other = _leases(app, "one"), _leases(app, "other")
    assert await one.take("abandon", now=clock(), lasts=MINUTE)
    assert not await other.take("abandon", now=clock(), lasts=MINUTE)


async def test_of_many_that_ask_at_once_one_gets_the_lease(
    app: FastAPI, clock: MovableClock
) -> None:
    now = clock()
    taken = await asyncio.gather(
        *(_leases(app, str(n)).take("abandon", now=now, lasts=MINUTE) for n in range(5))
    )
    assert sum(taken) == 1


async def test_each_job_has_a_lease_of_its_own(app: FastAPI, clock: MovableClock) -> None:
    assert await _leases(app, "one").take("abandon", now=clock(), lasts=MINUTE)
    assert await _leases(app, "other").take("archive", now=clock(), lasts=MINUTE)


async def test_its_holder_may_renew_a_lease(app: FastAPI, clock: MovableClock) -> None:
    one, other = _leases(app, "one"), _leases(app, "other")
    start = clock()
    await one.take("abandon", now=start, lasts=MINUTE)
    assert await one.take("abandon", now=start + MINUTE / 2, lasts=MINUTE)
    assert not await other.take("abandon", now=start + MINUTE, lasts=MINUTE)


async def test_a_lease_survives_the_death_of_its_holder(app: FastAPI, clock: MovableClock) -> None:
    dead, other = _leases(app, "dead"), _leases(app, "other")
    start = clock()
    await dead.take("abandon", now=start, lasts=MINUTE)
    assert not await other.take("abandon", now=start + MINUTE * 0.9, lasts=MINUTE)
    assert await other.take("abandon", now=start + MINUTE, lasts=MINUTE)
    assert not await dead.take("abandon", now=start + MINUTE, lasts=MINUTE)


async def test_a_lease_that_was_given_back_is_free_at_once(
    app: FastAPI, clock: MovableClock
) -> None:
    one, other = _leases(app, "one"), _leases(app, "other")
    await one.take("abandon", now=clock(), lasts=MINUTE)
    await one.give_back("abandon")
    assert await other.take("abandon", now=clock(), lasts=MINUTE)


async def test_nobody_gives_back_anothers_lease(app: FastAPI, clock: MovableClock) -> None:
    one, other = _leases(app, "one"), _leases(app, "other")
    await one.take("abandon", now=clock(), lasts=MINUTE)
    await other.give_back("abandon")
    assert not await other.take("abandon", now=clock(), lasts=MINUTE)


async def test_a_job_whose_lease_is_held_does_not_run(
    ann: Person, app: FastAPI, jobs: LifecycleJobs, clock: MovableClock, sql: Sql
) -> None:
    await ann.has_session()
    clock.move(hours=25)
    await _leases(app, "one").take("abandon", now=clock(), lasts=MINUTE)
    job = Job("abandon", jobs.abandon)
    assert await run_to_the_end(job, _leases(app, "other"), clock) is None
    assert await _statuses(sql) == ["active"]


async def test_a_job_runs_until_nothing_is_left_and_gives_its_lease_back(
    ann: Person, app: FastAPI, jobs: LifecycleJobs, clock: MovableClock, sql: Sql
) -> None:
    for _ in range(3):
        await ann.has_session()
    clock.move(hours=25)
    assert await run_to_the_end(jobs.all[0], _leases(app, "one"), clock) == 3
    assert await sql.fetchval("SELECT count(*) FROM job_leases") == 0


async def test_a_job_that_is_cancelled_gives_its_lease_back(
    app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    begun = asyncio.Event()

    async def stuck(_now: datetime, _batch: int) -> int:
        begun.set()
        await asyncio.Event().wait()
        return 0

    jobs = JobRunner([Job("stuck", stuck)], _leases(app, "one"), clock, interval=MINUTE)
    running = asyncio.create_task(jobs.run_for_ever())
    await begun.wait()
    assert await sql.fetchval("SELECT count(*) FROM job_leases") == 1
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await sql.fetchval("SELECT count(*) FROM job_leases") == 0


async def test_the_lease_of_a_batch_that_takes_long_is_kept(
    app: FastAPI, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "RENEWED_AFTER", timedelta(seconds=0.02))
    other = _leases(app, "other")
    taken: list[bool] = []

    async def long(_now: datetime, _batch: int) -> int:
        for _ in range(3):
            clock.move(seconds=50)  # three times make more than a lease
            await asyncio.sleep(0.2)
        taken.append(await other.take("long", now=clock(), lasts=MINUTE))
        return 0

    assert await run_to_the_end(Job("long", long), _leases(app, "one"), clock) == 0
    assert taken == [False]
    assert await other.take("long", now=clock(), lasts=MINUTE)


async def test_a_job_that_has_much_to_do_makes_room_for_the_others(
    app: FastAPI, clock: MovableClock
) -> None:
    order: list[str] = []

    async def much(_now: datetime, batch: int) -> int:
        order.append("much")
        clock.move(seconds=20)
        return batch

    async def little(_now: datetime, _batch: int) -> int:
        order.append("little")
        return 0

    jobs = [Job("much", much), Job("little", little)]
    running = JobRunner(jobs, _leases(app, "one"), clock, interval=MINUTE)
    await running.run_once()
    await running.run_once()
    assert order == ["much", "much", "little"] * 2


async def test_a_job_that_takes_long_runs_once_in_its_interval_in_one_of_all_replicas(
    app: FastAPI, clock: MovableClock
) -> None:
    runs: list[datetime] = []

    async def long(now: datetime, batch: int) -> int:
        runs.append(now)
        return batch  # one run is all, however many it moves

    job = Job("long", long, every=5 * MINUTE)
    replicas = [
        JobRunner([job], _leases(app, name), clock, interval=MINUTE) for name in ("one", "other")
    ]
    for _ in range(10):
        await asyncio.gather(*(replica.run_once() for replica in replicas))
        clock.move(minutes=1)
    assert len(runs) == 2


async def test_a_job_that_failed_does_not_wait_for_its_interval(
    app: FastAPI, clock: MovableClock
) -> None:
    runs: list[datetime] = []

    async def long(now: datetime, _batch: int) -> int:
        runs.append(now)
        if len(runs) < 3:
            raise StorageUnavailable
        return 0

    job = Job("long", long, every=5 * MINUTE)
    running = JobRunner([job], _leases(app, "one"), clock, interval=MINUTE)
    for _ in range(5):
        await running.run_once()
        clock.move(minutes=1)
    assert len(runs) == 3


async def test_a_job_that_fails_keeps_no_other_from_its_turn(
    app: FastAPI, clock: MovableClock
) -> None:
    done: list[str] = []

    async def unable(_now: datetime, _batch: int) -> int:
        raise StorageUnavailable

    async def broken(_now: datetime, _batch: int) -> int:
        raise ValueError("a mistake of ours")

    async def able(_now: datetime, _batch: int) -> int:
        done.append("able")
        return 0

    jobs = [Job("unable", unable), Job("broken", broken), Job("able", able)]
    await JobRunner(jobs, _leases(app, "one"), clock, interval=MINUTE).run_once()
    assert done == ["able"]


async def test_a_database_that_is_silent_does_not_hold_up_the_end(
    app: FastAPI, clock: MovableClock, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "GIVING_BACK_TAKES", timedelta(seconds=0.1))

    async def locked(_now: datetime, _batch: int) -> int:
        await sql.execute("BEGIN; LOCK TABLE job_leases")
        return 0

    started = time.monotonic()
    assert await run_to_the_end(Job("locked", locked), _leases(app, "one"), clock) == 0
    assert time.monotonic() - started < 4  # of the 5 s that a lock is waited for
    await sql.execute("ROLLBACK")
