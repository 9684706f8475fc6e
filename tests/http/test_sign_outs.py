"""Tokens that end before their time: at once here, at the next look elsewhere, and for good."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from session_api.devices import Follower
from session_api.devices.service import REVOCATIONS_OF_ONE
from session_api.settings import Settings
from tests.support.answers import refusal
from tests.support.people import MovableClock, Person, new_id
from tests.support.races import Holder
from tests.support.settings import test_settings
from tests.support.sign_ins import Client, replica, token_of
from tests.support.waiting import WAIT_SECONDS, until
from tests.support.workspace import Sql, all_rows

REVOKE, EVERYWHERE = "/api/auth/revoke", "/api/auth/sign-out-everywhere"
REVOKED = (401, "token_revoked")


@pytest.fixture
async def other(settings: Settings, clock: MovableClock) -> AsyncIterator[FastAPI]:
    """A second replica, which looks when told to."""
    async with replica(settings, clock) as app:
        yield app


def _client(app: FastAPI, clock: MovableClock, name: str = "ann", **claims: object) -> Client:
    return Client(app, token_of(name, clock, **claims))


def _at(app: FastAPI, client: Client, device: str | None = None) -> Client:
    """The same token at another replica, or with another device."""
    return Client(app, client.token, device=device)


# One token


async def test_a_token_revokes_itself_and_the_next_request_says_so(
    app: FastAPI, clock: MovableClock
) -> None:
    phone, laptop = _client(app, clock), _client(app, clock)
    assert (await phone.post(REVOKE)).status_code == 204
    refused = await phone.get()
    assert refusal(refused) == REVOKED
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert refusal(await phone.post(REVOKE)) == REVOKED
    assert await laptop.outcome() == "ok"


async def test_a_token_is_revoked_by_its_jti_and_only_ones_own(
    app: FastAPI, clock: MovableClock
) -> None:
    jti = "🗝 any \u2028 text"
    lost, here = _client(app, clock, jti=jti), _client(app, clock)
    bobs = _client(app, clock, "bob", jti=jti)
    for _ in range(2):
        assert (await here.post(REVOKE, json={"jti": jti})).status_code == 204
    assert await lost.outcome() == "token_revoked"
    assert (await here.outcome(), await bobs.outcome()) == ("ok", "ok")


@pytest.mark.parametrize("body", [{"jti": ""}, {"jti": None}, {"jti": "x" * 256}, {"token": "x"}])
async def test_what_names_no_token_revokes_none(
    app: FastAPI, clock: MovableClock, sql: Sql, body: object
) -> None:
    client = _client(app, clock)
    before = await all_rows(sql)
    assert (await client.post(REVOKE, json=body)).status_code == 422
    assert await client.outcome() == "ok"
    assert await all_rows(sql) == before


async def test_each_sign_out_leaves_an_event(app: FastAPI, clock: MovableClock) -> None:
    client = Client(app, token_of("ann", clock), device=new_id())
    other = Client(app, token_of("ann", clock), device=new_id())
    await other.devices()
    await client.post(REVOKE, json={"jti": "lost"})
    await client.delete(f"/api/devices/{other.device}")
    await client.post(EVERYWHERE)
    clock.move(seconds=2)
    items = (await _client(app, clock).get("/api/audit")).json()["items"]
    assert [(item["event"], item["severity"]) for item in items] == [
        ("account.signed_out", "notice"),
        ("device.signed_out", "notice"),
        ("token.revoked", "notice"),
    ]
    assert items[1]["data"] == {"device_id": other.device, "agent": "Firefox"}
    assert "lost" not in str(items)


# Everything


async def test_signing_out_everywhere_ends_what_was_issued_until_then(
    app: FastAPI, clock: MovableClock
) -> None:
    old = [_client(app, clock) for _ in range(2)]
    silent = _client(app, clock, iat=None)  # does not say when it was issued
    ahead = _client(app, clock, iat=int(clock().timestamp()) + 4)
    bob = _client(app, clock, "bob")
    assert (await ahead.post(EVERYWHERE)).status_code == 204
    outcomes = [await client.outcome() for client in (*old, silent, ahead)]
    assert outcomes == ["token_revoked"] * 4
    assert await bob.outcome() == "ok"
    clock.move(seconds=1)
    new = _client(app, clock)
    assert await new.outcome() == "ok"
    # Those seen last are gone from the list, and none comes back by a late note of an old token.
    assert [device["current"] for device in await new.devices()] == [True]


async def test_a_token_counts_no_longer_than_revocations_are_kept(
    app: FastAPI, clock: MovableClock
) -> None:
    longest = app.state.settings.token_longest
    now = int(clock().timestamp())
    day = 86_400
    lasting = now + int(longest.total_seconds()) + 10 * day
    aging, silent = _client(app, clock, exp=lasting), _client(app, clock, exp=lasting, iat=None)
    assert await silent.outcome() == "token_invalid"
    assert await aging.outcome() == "ok"
    clock.move(days=longest.days + 1)
    assert await aging.outcome() == "token_expired"


# A device


async def test_a_device_takes_every_token_along_that_was_seen_with_it(
    app: FastAPI, clock: MovableClock
) -> None:
    phone, laptop = new_id(), new_id()
    stolen = Client(app, token_of("ann", clock), device=phone)
    unused = Client(app, token_of("ann", clock), device=phone)
    here = Client(app, token_of("ann", clock), device=laptop)
    assert await stolen.outcome() == "ok"
    assert (await here.delete(f"/api/devices/{phone}")).status_code == 204
    # Neither another name nor none helps a token that was seen.
    for device in (phone, new_id(), None):
        assert await _at(app, stolen, device).outcome() == "token_revoked"
    # One that was not seen is refused with the device's name, and is not bound by being refused.
    assert await unused.outcome() == "token_revoked"
    assert [device["id"] for device in await here.devices()] == [laptop]
    clock.move(seconds=1)
    back = Client(app, token_of("ann", clock), device=phone)
    assert await back.outcome() == "ok"
    assert {device["id"] for device in await here.devices()} == {phone, laptop}


async def test_a_device_that_the_issuer_named_can_not_be_left_off(
    app: FastAPI, clock: MovableClock
) -> None:
    phone, here = new_id(), Client(app, token_of("ann", clock), device=new_id())
    named = _client(app, clock, device=phone)
    silent = _client(app, clock, device=phone)
    await named.get()
    await here.delete(f"/api/devices/{phone}")
    assert await named.outcome() == "token_revoked"
    assert await _at(app, silent, new_id()).outcome() == "token_revoked"


async def test_a_device_is_signed_out_once_and_only_by_its_owner(
    app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    phone = Client(app, token_of("ann", clock), device=new_id())
    bob = Client(app, token_of("bob", clock), device=new_id())
    await phone.devices()
    await bob.devices()
    path = f"/api/devices/{phone.device}"
    before = await all_rows(sql)
    nobodys = await bob.delete(f"/api/devices/{new_id()}")
    assert refusal(await bob.delete(path)) == refusal(nobodys) == (404, "device_not_found")
    assert await all_rows(sql) == before
    assert await phone.outcome() == "ok"
    desk = Client(app, token_of("ann", clock), device=new_id())
    answers = [(await desk.delete(path)).status_code for _ in range(2)]
    assert answers == [204, 404]


async def test_signing_out_the_device_in_use_is_signing_out(
    app: FastAPI, clock: MovableClock
) -> None:
    here = Client(app, token_of("ann", clock), device=new_id())
    assert (await here.delete(f"/api/devices/{here.device}")).status_code == 204
    assert await here.outcome() == "token_revoked"


@pytest.mark.parametrize("what", ["token", "jti", "device", "everywhere"])
async def test_a_sign_out_that_can_not_be_committed_takes_no_effect(
    app: FastAPI, clock: MovableClock, sql: Sql, what: str
) -> None:
    client = Client(app, token_of("ann", clock, jti="mine"), device=new_id())
    await client.devices()
    await sql.execute("ALTER TABLE audit_events ADD CONSTRAINT none CHECK (event = '') NOT VALID")
    answer = await (
        client.delete(f"/api/devices/{client.device}")
        if what == "device"
        else client.post(EVERYWHERE if what == "everywhere" else REVOKE, json=_body(what))
    )
    assert answer.status_code == 500
    assert await client.outcome() == "ok"
    assert await sql.fetchval("SELECT count(*) FROM revocations") == 0


def _body(what: str) -> dict[str, str] | None:
    return {"jti": "mine"} if what == "jti" else None


# Replicas


async def _look(*apps: FastAPI) -> None:
    for app in apps:
        await app.state.follower.look()


async def test_another_replica_knows_after_its_next_look(
    app: FastAPI, other: FastAPI, clock: MovableClock
) -> None:
    for sign_out in (REVOKE, EVERYWHERE, "device"):
        clock.move(seconds=2)
        client = Client(app, token_of("ann", clock), device=new_id())
        elsewhere = _at(other, client)
        await client.devices()
        if sign_out == "device":
            await client.delete(f"/api/devices/{client.device}")
        else:
            await client.post(sign_out)
        assert await elsewhere.outcome() == "ok"
        await _look(other)
        assert await elsewhere.outcome() == "token_revoked", sign_out


async def test_a_replica_knows_all_before_its_first_request(
    app: FastAPI, settings: Settings, clock: MovableClock
) -> None:
    client = _client(app, clock)
    await client.post(REVOKE)
    async with replica(settings, clock, follows=True) as fresh:
        assert await _at(fresh, client).outcome() == "token_revoked"


async def test_replicas_that_run_follow_by_themselves(
    database_url: str, clock: MovableClock
) -> None:
    settings = test_settings(database_url, revocation_interval=0.05)
    async with (
        replica(settings, clock, follows=True) as one,
        replica(settings, clock, follows=True) as two,
    ):
        phone = Client(one, token_of("ann", clock), device=new_id())
        desk = Client(two, token_of("ann", clock), device=new_id())
        assert (await phone.outcome(), await desk.outcome()) == ("ok", "ok")
        # Written down by the replica that saw it, and so known to the other.
        async with asyncio.timeout(WAIT_SECONDS):
            while len(await desk.devices()) < 2:  # noqa: ASYNC110 - it watches a table
                await asyncio.sleep(0.01)
        assert (await desk.delete(f"/api/devices/{phone.device}")).status_code == 204
        revocations = one.state.revocations
        await until(lambda: len(revocations) >= 2)
        assert await phone.outcome() == "token_revoked"


async def test_what_commits_late_is_not_missed(
    app: FastAPI, other: FastAPI, clock: MovableClock, database_url: str
) -> None:
    """A transaction that began long ago, with an old time and a low number, commits after others
    were seen. Whoever asks for what is younger than the youngest it has misses it for ever.
    """
    late, prompt = _client(app, clock), _client(app, clock)
    person = Person("ann", httpx.ASGITransport(app), app.state.settings, clock)
    async with Holder(database_url) as holder:
        await holder.does(
            "INSERT INTO revocations (owner_id, kind, value, made_at, expires_at, transaction_id)"
            " VALUES ($1, 'everywhere', '', $2, $3, pg_current_xact_id()::text::bigint)",
            person.owner_id,
            clock() + timedelta(seconds=1),
            clock() + timedelta(days=1),
        )
        for _ in range(3):
            clock.move(seconds=3)
            await prompt.post(REVOKE, json={"jti": new_id()})
            await _look(other)
        assert await _at(other, late).outcome() == "ok"
        await holder.commit()
    await _look(other)
    assert await _at(other, late).outcome() == "token_revoked"
    await person.http.aclose()


async def test_a_token_seen_elsewhere_just_before_its_device_is_signed_out_goes_too(
    app: FastAPI, other: FastAPI, clock: MovableClock
) -> None:
    phone = new_id()
    here = Client(app, token_of("ann", clock), device=new_id())
    known = Client(app, token_of("ann", clock), device=phone)
    await known.devices()
    # The other replica has seen a token with the phone, and not yet written that down.
    stolen = Client(other, token_of("ann", clock), device=phone)
    assert await stolen.outcome() == "ok"
    await here.delete(f"/api/devices/{phone}")
    assert await _at(app, stolen).outcome() == "ok"
    # The replica that saw it knows with its next look, whatever name comes with it now.
    await _look(other)
    for device in (phone, new_id(), None):
        assert await _at(other, stolen, device).outcome() == "token_revoked"
    await other.state.device_writer.write_down()
    await _look(app)
    assert await _at(app, stolen).outcome() == "token_revoked"
    assert phone not in {device["id"] for device in await here.devices()}


async def test_a_late_note_does_not_sign_anybody_in_again(
    app: FastAPI, other: FastAPI, clock: MovableClock
) -> None:
    known = Client(app, token_of("ann", clock), device=new_id())
    await known.devices()
    # Both are yet to be written down: a device that is listed, and one that is new.
    assert await _at(other, known, known.device).outcome() == "ok"
    assert await Client(other, token_of("ann", clock), device=new_id()).outcome() == "ok"
    assert (await known.post(EVERYWHERE)).status_code == 204
    await other.state.device_writer.write_down()
    clock.move(seconds=1)
    here = Client(app, token_of("ann", clock), device=new_id())
    assert [device["id"] for device in await here.devices()] == [here.device]


async def test_a_token_written_down_while_its_device_is_being_signed_out_goes_too(
    app: FastAPI, other: FastAPI, clock: MovableClock, database_url: str
) -> None:
    phone = new_id()
    known = Client(app, token_of("ann", clock), device=phone)
    await known.devices()
    stolen = Client(other, token_of("ann", clock), device=phone)
    assert await stolen.outcome() == "ok"
    async with Holder(database_url) as holder:
        # As the sign-out does, which has looked for tokens and is about to commit.
        await holder.does("UPDATE devices SET signed_out_at = $2 WHERE id = $1", phone, clock())
        writing = asyncio.create_task(other.state.device_writer.write_down())
        await _waits(holder, writing)
        await holder.commit()
        await writing
    assert await stolen.outcome() == "token_revoked"


async def _waits(holder: Holder, task: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await holder.waited_for():
            assert not task.done(), "it did not wait"
            await asyncio.sleep(0.005)


async def test_numbers_of_another_life_of_the_database_neither_hide_nor_repeat(
    app: FastAPI, other: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    """After a restore from a dump, rows bear numbers that this server reaches in years; after a
    failover, this server's numbers may lie behind those already seen.
    """
    first, second = _client(app, clock), _client(app, clock)
    await first.post(REVOKE)
    await sql.execute("UPDATE revocations SET transaction_id = 1::bigint << 60")
    await _look(other)
    async with replica(app.state.settings, clock) as fresh:
        assert await _at(fresh, first).outcome() == "token_revoked"
    other.state.follower._watermark = 1 << 60
    await second.post(REVOKE)
    await _look(other)
    assert await _at(other, second).outcome() == "token_revoked"


# When the table can't be read


async def test_nobody_is_let_in_on_stale_knowledge(app: FastAPI, clock: MovableClock) -> None:
    client = _client(app, clock)
    revocations, database = app.state.revocations, app.state.database
    follower = Follower(database, revocations, clock, stale_after=timedelta(0))
    await follower.start()
    refused = await client.get()
    assert refusal(refused) == (503, "database_unavailable")
    assert refused.headers["Retry-After"]
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["revocations"][:5]) == (503, "stale")
    assert (await client.get("/healthz")).status_code == 200
    await _look(app)
    assert await client.outcome() == "ok"
    assert "revocations" not in (await client.get("/readyz")).json()["checks"]


async def test_a_start_without_the_table_lets_nobody_in_until_it_is_there(
    app: FastAPI, settings: Settings, clock: MovableClock, sql: Sql
) -> None:
    client = _client(app, clock)
    await client.post(REVOKE)
    await sql.execute("ALTER TABLE revocations RENAME TO gone")
    async with replica(settings, clock) as fresh:
        elsewhere, sound = _at(fresh, client), _client(fresh, clock)
        assert await sound.outcome() == "database_unavailable"
        await sql.execute("ALTER TABLE gone RENAME TO revocations")
        await _look(fresh)
        assert (await elsewhere.outcome(), await sound.outcome()) == ("token_revoked", "ok")


# Bounds


async def test_who_revokes_very_much_signs_out_of_all_that_is_older(
    app: FastAPI, other: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    old = _client(app, clock)
    clock.move(minutes=1)
    person = Person("ann", httpx.ASGITransport(app), app.state.settings, clock)
    await sql.execute(
        "INSERT INTO revocations (owner_id, kind, value, made_at, expires_at, transaction_id)"
        " SELECT $1, 'jti', int4send(n), $2, $3, pg_current_xact_id()::text::bigint"
        " FROM generate_series(1, $4) AS n",
        person.owner_id,
        clock(),
        clock() + timedelta(days=1),
        REVOCATIONS_OF_ONE,
    )
    clock.move(seconds=2)
    new = _client(app, clock)
    await new.post(REVOKE, json={"jti": "one more"})
    count = "SELECT count(*) FROM revocations WHERE kind = 'jti'"
    assert await sql.fetchval(count) == REVOCATIONS_OF_ONE
    await _look(other)
    for place in (app, other):
        assert await _at(place, old).outcome() == "token_revoked"
        assert await _at(place, new).outcome() == "ok"
    await person.http.aclose()


async def test_what_can_meet_no_token_any_longer_goes(
    app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    phone = Client(app, token_of("ann", clock), device=new_id())
    desk = Client(app, token_of("ann", clock), device=new_id())
    await phone.devices()
    await desk.delete(f"/api/devices/{phone.device}")
    assert await app.state.devices.forget(clock(), 1) == 0
    clock.move(hours=2)  # both tokens are over, and what was known of them
    assert await app.state.devices.forget(clock(), 1) == 3
    clock.move(days=1)  # nobody still writes of the phone
    assert await app.state.devices.forget(clock(), 1) == 1
    clock.move(days=90)  # nor has seen the desk
    assert await app.state.devices.forget(clock(), 1) == 1
    assert await sql.fetchval("SELECT count(*) FROM devices") == 0
    assert await sql.fetchval("SELECT kind FROM revocations") == "device"
    clock.move(days=400)
    assert await app.state.devices.forget(clock(), 100) == 1


async def test_the_next_page_of_a_start_begins_where_the_last_ended(
    app: FastAPI, settings: Settings, clock: MovableClock, sql: Sql
) -> None:
    """More rows than are read at once."""
    await sql.execute(
        "INSERT INTO revocations (owner_id, kind, value, made_at, expires_at, transaction_id)"
        " SELECT gen_random_uuid(), 'everywhere', '', now(), now() + interval '1 day', 1"
        " FROM generate_series(1, 20_001)"
    )
    async with replica(settings, clock) as fresh:
        assert len(fresh.state.revocations) == 20_001
