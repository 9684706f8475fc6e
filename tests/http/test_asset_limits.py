"""How large, of which type and how many files may be: by settings, exact when many come at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from session_api.settings import Settings
from tests.support.answers import fault_at, refusal
from tests.support.assets import (
    HELLO,
    announce,
    faults,
    has_file,
    is_announced,
    listed,
    path_of,
    reads,
    rows_of,
    upload,
    uploaded,
)
from tests.support.people import MovableClock, Person, new_id
from tests.support.races import Holder
from tests.support.settings import test_settings
from tests.support.workspace import Sql, has_workspace

AT_ONCE = 20


@pytest.fixture
def settings(request: pytest.FixtureRequest, database_url: str) -> Settings:
    return test_settings(database_url, **request.param)


@pytest.fixture(autouse=True)
async def stays_whole(app: FastAPI, sql: Sql) -> AsyncIterator[None]:
    """Counters, rows and objects agree, whatever a test did."""
    yield
    assert await faults(app, sql) == []


def limited(**changes: Any) -> pytest.MarkDecorator:
    """The test's service has these settings."""
    return pytest.mark.parametrize("settings", [changes], indirect=True, ids=[""])


# One file


@limited(asset_max_bytes=1000)
async def test_a_file_has_at_most_so_many_bytes(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    answer = await announce(ann, session["id"], size=1001)
    assert refusal(answer) == (413, "payload_too_large")
    assert answer.json()["limit_bytes"] == 1000
    assert await rows_of(sql) == 0
    assert (await announce(ann, session["id"], size=1000)).status_code == 201


TYPES = {
    "image/png": True,
    "IMAGE/PNG": True,
    "image/png; charset=x": True,
    "image/svg+xml": False,
    "Image/SVG+xml; x=y": False,
    "application/pdf": True,
    "application/pdfx": False,
    "text/plain": False,
}


@limited(asset_types_allowed="image/*,application/pdf", asset_types_denied="image/svg+xml")
async def test_only_the_types_allowed_and_not_denied_are_taken(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    for content_type, taken in TYPES.items():
        for answer in (
            await announce(ann, session["id"], content_type=content_type),
            await upload(ann, session["id"], content_type=content_type),
        ):
            if taken:
                assert answer.status_code == 201, content_type
            else:
                assert fault_at(answer) == (422, "validation_failed", ["/content_type"])
    assert await rows_of(sql) == 2 * sum(TYPES.values())


@limited(asset_types_denied="text/*")
async def test_all_types_but_those_denied_are_taken(ann: Person) -> None:
    session = await ann.has_session()
    assert (await announce(ann, session["id"], content_type="a/b")).status_code == 201
    answer = await announce(ann, session["id"], content_type="text/html")
    assert fault_at(answer) == (422, "validation_failed", ["/content_type"])


# How many

OWNERS = ("session", "user", "tenant")


@pytest.mark.parametrize(
    ("settings", "quota", "told"),
    [
        *(({f"{of}_max_assets": 2}, f"{of}_files", (2, 2, 1)) for of in OWNERS),
        *(({f"{of}_max_bytes": 25}, f"{of}_bytes", (22, 25, 11)) for of in OWNERS),
    ],
    indirect=["settings"],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_does_not_fit_is_refused_with_how_much_there_is_and_room_is_given_back(
    ann: Person, sql: Sql, quota: str, told: tuple[int, int, int]
) -> None:
    session = await ann.has_session()
    first, _ = await is_announced(ann, session["id"])
    await is_announced(ann, session["id"])  # what is announced is reserved
    for refused in (await announce(ann, session["id"]), await upload(ann, session["id"])):
        assert refusal(refused) == (409, "quota_exceeded")
        problem = refused.json()
        assert problem["quota"] == quota
        assert (problem["used"], problem["allowed"]) == told[:2]
        assert problem["requested"] >= told[2]
    assert await rows_of(sql) == 2
    await ann.delete(path_of(session["id"], first["id"]))
    assert (await announce(ann, session["id"])).status_code == 201


@limited(session_max_assets=1)
async def test_each_session_has_room_of_its_own(ann: Person) -> None:
    for _ in range(2):
        session = await ann.has_session()
        assert (await announce(ann, session["id"])).status_code == 201
        assert refusal(await announce(ann, session["id"])) == (409, "quota_exceeded")


@limited(user_max_bytes=11)
async def test_each_person_has_room_of_their_own_in_all_their_sessions(
    ann: Person, bob: Person
) -> None:
    for person in (ann, bob):
        await is_announced(person, (await person.has_session())["id"])
        answer = await announce(person, (await person.has_session())["id"], b"x")
        assert refusal(answer) == (409, "quota_exceeded")
        empty = await announce(person, (await person.has_session())["id"], b"")
        assert empty.status_code == 201


@limited(tenant_max_assets=2)
async def test_each_tenant_has_room_that_its_people_share(
    ann: Person,
    bob: Person,
    transport: httpx.ASGITransport,
    settings: Settings,
    clock: MovableClock,
) -> None:
    for person in (ann, bob):
        await is_announced(person, (await person.has_session())["id"])
    answer = await announce(bob, (await bob.has_session())["id"])
    assert refusal(answer) == (409, "quota_exceeded")
    async with Person("ann", transport, settings, clock, tenant="other") as elsewhere:
        session = await elsewhere.has_session()
        assert (await announce(elsewhere, session["id"])).status_code == 201


@limited(session_max_assets=0)
async def test_no_room_at_all_is_a_setting(ann: Person) -> None:
    answer = await announce(ann, (await ann.has_session())["id"])
    assert refusal(answer) == (409, "quota_exceeded")


@limited(session_max_assets=1)
async def test_a_repeat_needs_no_room(ann: Person, stranger: httpx.AsyncClient) -> None:
    session, asset_id = await ann.has_session(), new_id()
    first = await announce(ann, session["id"], id=asset_id)
    again = await announce(ann, session["id"], id=asset_id)
    assert (first.status_code, again.status_code) == (201, 200)


@pytest.mark.parametrize("way", ["session", "mission", "hop"])
@limited(user_max_assets=1)
async def test_erasing_what_a_file_belongs_to_gives_its_room_back(ann: Person, way: str) -> None:
    ids, other = await has_workspace(ann), await ann.has_session()
    mission = f"/api/missions/{ids['mission_id']}"
    await uploaded(ann, ids["session_id"], fields={"hop_id": ids["hop_id"]})
    assert refusal(await announce(ann, other["id"])) == (409, "quota_exceeded")
    path = {
        "session": f"/api/sessions/{ids['session_id']}",
        "mission": mission,
        "hop": f"{mission}/hops/{ids['hop_id']}",
    }[way]
    assert (await ann.delete(path)).status_code == 204
    assert (await announce(ann, other["id"])).status_code == 201


@limited(user_max_bytes=1000)
async def test_an_upload_reserves_its_length_and_keeps_its_size(ann: Person) -> None:
    """The length of a form is known before its file's is."""
    session = await ann.has_session()
    for _ in range(10):
        await uploaded(ann, session["id"], b"x" * 50)
    refused = await upload(ann, session["id"], b"x" * 501)
    assert refusal(refused) == (409, "quota_exceeded")
    assert refused.json()["used"] == 500


# Many at once


@pytest.mark.parametrize(
    ("settings", "sessions_of_ann", "call"),
    [
        ({"session_max_assets": 5}, 1, announce),
        ({"session_max_bytes": 59}, 1, announce),
        ({"user_max_assets": 5}, 4, announce),
        ({"user_max_bytes": 59}, 4, announce),
        ({"session_max_assets": 5}, 1, upload),
        ({"user_max_assets": 5}, 4, upload),
    ],
    indirect=["settings"],
)
async def test_of_many_at_once_exactly_as_many_fit_as_there_is_room_for(
    ann: Person,
    sql: Sql,
    sessions_of_ann: int,
    call: Callable[[Person, str], Awaitable[httpx.Response]],
) -> None:
    sessions = [(await ann.has_session())["id"] for _ in range(sessions_of_ann)]
    answers = await asyncio.gather(
        *(call(ann, sessions[turn % len(sessions)]) for turn in range(AT_ONCE))
    )
    codes = Counter(answer.status_code for answer in answers)
    assert codes == {201: 5, 409: AT_ONCE - 5}
    refused = {refusal(answer) for answer in answers if answer.status_code == 409}
    assert refused == {(409, "quota_exceeded")}
    assert await rows_of(sql) == 5


@pytest.mark.parametrize(
    ("settings", "held"),
    [
        ({"session_max_assets": 2}, "user_sessions"),
        ({"session_max_bytes": 25}, "user_sessions"),
        ({"user_max_assets": 2}, "users"),
        ({"user_max_bytes": 25}, "users"),
    ],
    indirect=["settings"],
)
async def test_those_that_waited_together_share_the_room_that_there_is(
    ann: Person, sql: Sql, database_url: str, held: str
) -> None:
    """Each began before the others were done, and saw as much room as the first."""
    session = await ann.has_session()
    async with Holder(database_url) as holder:
        await holder.does(f"SELECT FROM {held} FOR UPDATE")
        tasks = [await holder.held_up(announce(ann, session["id"])) for _ in range(4)]
        await asyncio.sleep(0.05)  # they wait behind the first, which can't be told apart
        assert not any(task.done() for task in tasks)
        await holder.commit()
        answers = await asyncio.gather(*tasks)
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
    assert await rows_of(sql) == 2


@limited(user_max_assets=5)
async def test_room_is_counted_right_while_files_come_and_go(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    sessions = [(await ann.has_session())["id"] for _ in range(4)]

    async def coming_and_going(turn: int) -> None:
        for _ in range(3):
            session = sessions[turn % len(sessions)]
            answer = await announce(ann, session, b"x" * turn)
            if answer.status_code == 201:
                await ann.delete(path_of(session, answer.json()["asset"]["id"]))
            else:
                assert refusal(answer) == (409, "quota_exceeded")

    await asyncio.gather(*(coming_and_going(turn) for turn in range(AT_ONCE)))
    assert await sql.fetchval("SELECT asset_count + asset_bytes FROM users") == 0
    asset = await has_file(ann, stranger, sessions[0])
    assert await reads(ann, stranger, asset) == HELLO
    assert await listed(ann, sessions[0]) == [asset["id"]]
