"""Where one is signed in: what is shown of it, how often it is written, and how much is kept."""

import asyncio
from datetime import datetime
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from session_api.devices.presences import DEVICES_OF_A_TOKEN
from session_api.problems import DatabaseUnavailable
from session_api.settings import Settings
from tests.support.answers import fault_at, refusal
from tests.support.people import MovableClock, new_id
from tests.support.settings import test_settings
from tests.support.sign_ins import CHROME, FIREFOX, Client, replica, token_of
from tests.support.workspace import Sql


@pytest.fixture
def settings(database_url: str) -> Settings:
    return test_settings(database_url, device_limit=3, cors_origins=("https://app.example.com",))


async def test_a_device_is_shown_coarsely_and_the_current_one_is_marked(
    app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    phone = Client(
        app, token_of("ann", clock), device=new_id(), agent=CHROME, address="2001:db8:7:8::9"
    )
    desk = Client(app, token_of("ann", clock), device=new_id().upper())
    bob = Client(app, token_of("bob", clock), device=phone.device)
    await bob.devices()
    await phone.get(headers={"Sec-CH-UA-Platform": '"Android"', "Sec-CH-UA-Mobile": "?1"})
    clock.move(minutes=5)
    shown = await desk.devices()
    assert desk.device is not None
    assert [(device["id"], device["current"]) for device in shown] == [
        (desk.device.lower(), True),
        (phone.device, False),
    ]
    here, there = shown
    assert (here["agent"], here["platform"], here["mobile"]) == ("Firefox", "Linux", False)
    assert (there["agent"], there["platform"], there["mobile"]) == ("Chrome", "Android", True)
    assert (here["address"], there["address"]) == ("203.0.113.0/24", "2001:db8:7::/48")
    assert there["first_seen_at"] == there["last_seen_at"] < here["first_seen_at"]
    # No table holds an address, a version, or a token.
    rows = [*await sql.fetch("SELECT * FROM devices"), *await sql.fetch("TABLE device_tokens")]
    assert "2001:db8:7:8::9" not in str(rows)
    assert phone.token not in str(rows)
    # Ids, times and digests have any digits by chance.
    values = [value for row in rows for value in row.values()]
    assert "141" not in str([v for v in values if not isinstance(v, UUID | datetime | bytes)])


async def test_whoever_names_no_device_is_one_by_program_and_platform(
    app: FastAPI, clock: MovableClock
) -> None:
    for token in (token_of("ann", clock), token_of("ann", clock)):
        for agent in (FIREFOX, CHROME, FIREFOX.replace("140", "141")):
            await Client(app, token, agent=agent).get()
    plain = Client(app, token_of("ann", clock), agent=CHROME)
    shown = await plain.devices()
    assert {(device["agent"], device["current"]) for device in shown} == {
        ("Chrome", True),
        ("Firefox", False),
    }
    assert len(shown) == 2
    # It is signed out like any other.
    (firefox,) = [device["id"] for device in shown if device["agent"] == "Firefox"]
    assert (await plain.delete(f"/api/devices/{firefox}")).status_code == 204
    assert await Client(app, token).outcome() == "token_revoked"


async def test_a_name_that_is_no_uuid_stands_for_one(app: FastAPI, clock: MovableClock) -> None:
    client = Client(app, token_of("ann", clock), device="fp:Zm9v/YmFy+==")
    again = Client(app, token_of("ann", clock), device="fp:Zm9v/YmFy+==")
    bob = Client(app, token_of("bob", clock), device="fp:Zm9v/YmFy+==")
    ids = [(await each.devices())[0]["id"] for each in (client, again, bob)]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("name", ["", "a b", "a,b", "é", "a" * 129, "<script>", "a\tb"])
async def test_a_name_that_is_no_id_is_refused_on_every_route_once_the_token_counts(
    app: FastAPI, clock: MovableClock, name: str
) -> None:
    client = Client(app, token_of("ann", clock))
    header = {"X-Device-ID": name.encode()}
    answer = await client.get(headers=header)
    assert fault_at(answer) == (422, "validation_failed", ["/X-Device-ID"])
    await client.post("/api/auth/revoke")
    assert refusal(await client.get(headers=header)) == (401, "token_revoked")


async def test_two_names_at_once_are_refused(app: FastAPI, clock: MovableClock) -> None:
    client = Client(app, token_of("ann", clock))
    names = [("X-Device-ID", "a"), ("X-Device-ID", "a")]
    sent = [("Authorization", f"Bearer {client.token}"), *names]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.get("/api/sessions/", headers=sent)
    assert fault_at(answer) == (422, "validation_failed", ["/X-Device-ID"])


async def test_a_browsers_app_may_send_it(app: FastAPI, clock: MovableClock) -> None:
    client = Client(app, token_of("ann", clock))
    asked = {
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,x-device-id",
    }
    answer = await client.request("OPTIONS", "/api/sessions/", headers=asked)
    assert answer.status_code == 200
    assert "X-Device-ID" in answer.headers["Access-Control-Allow-Headers"]


# How often, and how much


async def _last_seen(sql: Sql) -> list[object]:
    return [row[0] for row in await sql.fetch("SELECT last_seen_at FROM devices ORDER BY id")]


async def test_a_device_is_touched_once_in_an_interval(
    app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    client = Client(app, token_of("ann", clock), device=new_id())
    writer = app.state.device_writer
    await client.get()
    assert await _last_seen(sql) == []  # nothing is written on a request's way
    await writer.write_down()
    first = await _last_seen(sql)
    clock.move(seconds=50)
    await client.get()
    await writer.write_down()
    assert await _last_seen(sql) == first
    clock.move(seconds=15)
    await client.get()
    await writer.write_down()
    assert await _last_seen(sql) > first
    assert await sql.fetchval("SELECT count(*) FROM device_tokens") == 1
    assert await sql.fetchval("SELECT count(*) FROM users") == 1


async def test_two_replicas_keep_the_latest(
    app: FastAPI, settings: Settings, clock: MovableClock, sql: Sql
) -> None:
    device = new_id()
    async with replica(settings, clock) as other:
        await Client(app, token_of("ann", clock), device=device).get()
        clock.move(seconds=30)
        await Client(other, token_of("ann", clock), device=device, agent=CHROME).get()
        await other.state.device_writer.write_down()
        (latest,) = await _last_seen(sql)
        await app.state.device_writer.write_down()
        assert await _last_seen(sql) == [latest]


async def test_those_seen_last_are_remembered(app: FastAPI, clock: MovableClock) -> None:
    devices = [new_id() for _ in range(5)]
    for device in devices:
        await Client(app, token_of("ann", clock), device=device).devices()
        clock.move(minutes=1)
    shown = await Client(app, token_of("ann", clock), device=devices[0]).devices()
    assert [device["id"] for device in shown] == [devices[0], devices[4], devices[3]]


async def test_one_token_makes_only_so_many_devices_and_none_of_them_is_lost(
    database_url: str, clock: MovableClock, sql: Sql
) -> None:
    async with replica(test_settings(database_url), clock) as app:
        token = token_of("ann", clock)
        names = [new_id() for _ in range(DEVICES_OF_A_TOKEN + 5)]
        for _ in range(2):
            for name in names:
                assert await Client(app, token, device=name).outcome() == "ok"
        await app.state.device_writer.write_down()
        kept = [str(row[0]) for row in await sql.fetch("SELECT id FROM devices")]
        assert sorted(kept) == sorted(names[:DEVICES_OF_A_TOKEN])
        clock.move(seconds=1)
        here = Client(app, token_of("ann", clock), device=new_id())
        await here.delete(f"/api/devices/{names[0]}")
        assert await Client(app, token, device=names[-1]).outcome() == "token_revoked"


async def test_of_one_device_only_so_many_tokens_are_kept(
    app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    device = new_id()
    now = int(clock().timestamp())
    for number in range(60):
        token = token_of("ann", clock, exp=now + 1000 + number)
        await Client(app, token, device=device).get()
        if number % 25 == 0:
            await app.state.device_writer.write_down()
    await app.state.device_writer.write_down()
    kept = await sql.fetch("SELECT expires_at FROM device_tokens ORDER BY 1")
    assert len(kept) == 50
    assert kept[0][0].timestamp() == now + 1010


# When the database is away


async def test_what_could_not_be_written_is_written_later(
    app: FastAPI, clock: MovableClock, sql: Sql, database_url: str
) -> None:
    client = Client(app, token_of("ann", clock), device=new_id())
    await client.get()
    writer = app.state.device_writer
    async with sql.transaction():
        await sql.execute("LOCK TABLE devices")
        with pytest.raises((DatabaseUnavailable, TimeoutError)):
            async with asyncio.timeout(0.5):
                await writer.write_down()
    await writer.write_down()
    assert len(await _last_seen(sql)) == 1


async def test_what_the_database_refuses_for_good_is_dropped_and_the_rest_goes_on(
    app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    client = Client(app, token_of("ann", clock), device=new_id())
    await sql.execute("ALTER TABLE devices ADD CONSTRAINT none CHECK (agent <> 'Firefox')")
    await client.get()
    with pytest.raises(Exception, match="none"):
        await app.state.device_writer.write_down()
    await Client(app, token_of("bob", clock), device=new_id(), agent=CHROME).get()
    await app.state.device_writer.write_down()
    assert len(await _last_seen(sql)) == 1
