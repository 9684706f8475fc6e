"""Handing a session over: a code for one device, once, for two minutes, of the same person."""

import asyncio
from datetime import datetime
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from session_api.handoff.codes import read
from session_api.settings import Settings
from tests.support.answers import refusal
from tests.support.people import MovableClock, Person, new_id
from tests.support.races import Holder
from tests.support.settings import test_settings
from tests.support.workspace import Sql, has_workspace

INVALID = (404, "handoff_code_invalid")
EXCHANGE = "/api/sessions/handoff"


async def _code(person: Person, session_id: str) -> str:
    made = await person.post(f"/api/sessions/{session_id}/handoff")
    assert made.status_code == 201, made.text
    return str(made.json()["code"])


async def _exchange(person: Person, code: str, **options: Any) -> httpx.Response:
    return await person.post(EXCHANGE, json={"code": code}, **options)


@pytest.fixture
async def second(ann: Person) -> Any:
    """Ann's other device, where she is signed in with another token."""
    async with ann.somebody_else("ann") as device:
        yield device


async def test_a_second_device_gets_the_whole_workspace(ann: Person, second: Person) -> None:
    ids = await has_workspace(ann, session_metadata={"panel": "map"})
    answer = await _exchange(second, await _code(ann, ids["session_id"]))
    assert answer.status_code == 200
    seen = await ann.get(f"/api/sessions/{ids['session_id']}")
    assert answer.json() == seen.json()
    assert answer.headers["ETag"] == seen.headers["ETag"]
    assert answer.json()["chat"]["messages"]
    assert answer.json()["session_metadata"] == {"panel": "map"}


async def test_the_code_can_be_typed_and_ends_after_two_minutes(
    ann: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    before = clock()
    made = (await ann.post(f"/api/sessions/{session['id']}/handoff")).json()
    assert made.keys() == {"code", "qr", "expires_at"}
    assert len(made["code"]) == 11
    assert made["code"][5] == "-"
    assert read(made["code"]) == made["code"].replace("-", "")
    assert made["qr"] == f"session-api:handoff/{made['code']}"
    lasts = datetime.fromisoformat(made["expires_at"]) - before
    assert 119 < lasts.total_seconds() < 121


async def test_a_code_is_good_once(ann: Person, second: Person) -> None:
    session = await ann.has_session()
    code = await _code(ann, session["id"])
    assert (await _exchange(second, code.lower().replace("-", " "))).status_code == 200
    assert refusal(await _exchange(second, code)) == INVALID


async def test_the_same_request_is_answered_again(ann: Person, second: Person) -> None:
    session = await ann.has_session()
    code = await _code(ann, session["id"])
    key = {"Idempotency-Key": new_id()}
    first = await _exchange(second, code, headers=key)
    again = await _exchange(second, code, headers=key)
    assert [first.status_code, again.status_code] == [200, 200]
    other = await _exchange(second, code, headers={"Idempotency-Key": new_id()})
    assert refusal(other) == refusal(await _exchange(second, code)) == INVALID


async def test_all_that_is_no_good_is_refused_alike(
    ann: Person, bob: Person, second: Person, clock: MovableClock
) -> None:
    session = await ann.has_session()
    used, old = [await _code(ann, session["id"]) for _ in range(2)]
    await _exchange(second, used)
    anothers = await _code(ann, session["id"])
    answers = [
        await _exchange(second, used),
        await _exchange(second, "00000-00000"),
        await _exchange(second, "nonsense"),
        await _exchange(bob, anothers),
    ]
    clock.move(minutes=2)
    answers.append(await _exchange(second, old))
    fresh = await _code(ann, session["id"])
    await ann.delete(f"/api/sessions/{session['id']}")
    answers.append(await _exchange(second, fresh))
    bodies = []
    for answer in answers:
        assert refusal(answer) == INVALID
        bodies.append({**answer.json(), "request_id": None})
    assert bodies == bodies[:1] * len(bodies)


async def test_another_persons_try_does_not_use_it_up(
    ann: Person, bob: Person, second: Person
) -> None:
    session = await ann.has_session()
    code = await _code(ann, session["id"])
    assert refusal(await _exchange(bob, code)) == INVALID
    assert (await _exchange(second, code)).status_code == 200


async def test_of_fifty_at_once_exactly_one_wins(ann: Person, second: Person) -> None:
    session = await ann.has_session()
    code = await _code(ann, session["id"])
    keys = [{"Idempotency-Key": new_id()} if number % 2 else {} for number in range(50)]
    answers = await asyncio.gather(*(_exchange(second, code, headers=key) for key in keys))
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 49


@pytest.mark.parametrize("status", ["abandoned", "completed", "archived"])
async def test_an_abandoned_session_goes_on_and_what_is_over_is_shown_as_it_is(
    ann: Person, second: Person, app: FastAPI, clock: MovableClock, status: str
) -> None:
    session = await ann.has_session()
    if status == "abandoned":
        clock.move(hours=25)
        await app.state.jobs.abandon(clock())
    else:
        await ann.post(f"/api/sessions/{session['id']}/{status.removesuffix('d')}")
    answer = await _exchange(second, await _code(ann, session["id"]))
    assert answer.status_code == 200
    assert answer.json()["status"] == ("active" if status == "abandoned" else status)


async def test_a_session_that_is_erased_meanwhile_is_not_there(
    ann: Person, database_url: str
) -> None:
    session_id = (await ann.has_session())["id"]
    async with Holder(database_url) as erasing:
        await erasing.does("DELETE FROM user_sessions WHERE id = $1", session_id)
        making = await erasing.held_up(ann.post(f"/api/sessions/{session_id}/handoff"))
        await erasing.commit()
        assert refusal(await making) == (404, "session_not_found")


async def test_it_counts_as_activity(ann: Person, second: Person, clock: MovableClock) -> None:
    session = await ann.has_session()
    clock.move(hours=1)
    answer = await _exchange(second, await _code(ann, session["id"]))
    assert answer.json()["last_activity_at"] > session["last_activity_at"]
    assert answer.json()["version"] == session["version"]


async def test_nothing_that_opens_it_is_in_the_database_or_the_trail(
    ann: Person, second: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    code = await _code(ann, session["id"])
    plain = code.replace("-", "")
    await _exchange(second, "00000-00000")
    await _exchange(second, code)
    rows = await sql.fetch("SELECT h::text FROM handoffs h") + await sql.fetch(
        "SELECT e::text FROM audit_events e"
    )
    assert len(rows) > 2
    hexed = plain.encode().hex()
    assert not [row[0] for row in rows if code in row[0] or plain in row[0] or hexed in row[0]]


async def test_the_trail_tells_of_each_that_was_made_used_and_refused(
    ann: Person, second: Person, app: FastAPI
) -> None:
    session = await ann.has_session()
    code = await _code(ann, session["id"])
    await _exchange(second, code)
    await _exchange(second, code)
    await app.state.refusals.write()
    events = (await ann.get("/api/audit")).json()["items"]
    told = {event["event"]: event for event in events}
    assert told["handoff.made"]["session_id"] == session["id"]
    assert told["handoff.used"]["session_id"] == session["id"]
    (refused,) = [event for event in events if event["data"].get("code") == INVALID[1]]
    assert refused["data"]["route"] == EXCHANGE


async def test_what_is_over_is_forgotten(
    ann: Person, app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    session = await ann.has_session()
    for _ in range(3):
        await _code(ann, session["id"])
    clock.move(minutes=2)
    kept = await _code(ann, session["id"])
    assert await app.state.handoff.forget(clock(), 2) == 2
    assert await app.state.handoff.forget(clock(), 2) == 1
    assert await sql.fetchval("SELECT count(*) FROM handoffs") == 1
    assert (await _exchange(ann, kept)).status_code == 200
    assert "forget_handoffs" in {job.name for job in app.state.jobs.all}


async def test_the_schema_keeps_it_with_its_owner(ann: Person, bob: Person, sql: Sql) -> None:
    session = await ann.has_session()
    await bob.has_session()
    await _code(ann, session["id"])
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await sql.execute("UPDATE handoffs SET owner_id = $1", bob.owner_id)


class TestWithAnApp:
    """Where the service knows the app, and counts wrong tokens."""

    @pytest.fixture
    def settings(self, database_url: str) -> Settings:
        return test_settings(
            database_url,
            handoff_url="https://app.example/open",
            rate_limits="auth_failure=3/minute",
        )

    async def test_the_picture_leads_to_the_app_with_the_code_behind_the_hash(
        self, ann: Person
    ) -> None:
        session = await ann.has_session()
        made = (await ann.post(f"/api/sessions/{session['id']}/handoff")).json()
        assert made["qr"] == f"https://app.example/open#handoff={made['code']}"

    async def test_wrong_codes_count_like_wrong_tokens(self, ann: Person) -> None:
        session = await ann.has_session()
        answers = [await _exchange(ann, "00000-00000") for _ in range(4)]
        assert [refusal(answer) for answer in answers] == [INVALID] * 3 + [(429, "rate_limited")]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        # A right one is none of them.
        assert (await _exchange(ann, await _code(ann, session["id"]))).status_code == 200


@pytest.mark.parametrize(
    "url", ["app.example", "https://app.example/#/open", "javascript:alert(1)"]
)
def test_an_address_that_can_not_take_a_code_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="handoff_url"):
        test_settings("postgresql://nobody@localhost/nothing", handoff_url=url)
