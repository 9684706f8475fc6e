"""Guests who never come back, and those of whom only a row is left."""

import httpx
import pytest
from fastapi import FastAPI

from session_api.guests import GuestRetention
from session_api.models import METADATA
from tests.support.assets import faults, has_file, is_announced, stored_keys
from tests.support.guests import Guest, left_with, merges
from tests.support.people import MovableClock, Person
from tests.support.workspace import Sql, all_rows, has_workspace


@pytest.fixture
def retention(app: FastAPI) -> GuestRetention:
    return GuestRetention(app.state.database, app.state.audit)


async def test_a_guest_who_stays_away_is_erased_with_their_files(
    guest: Guest,
    stranger: httpx.AsyncClient,
    retention: GuestRetention,
    app: FastAPI,
    clock: MovableClock,
    sql: Sql,
) -> None:
    ids = await has_workspace(guest)
    await guest.has_mission()
    await has_file(guest, stranger, ids["session_id"])
    await is_announced(guest, ids["session_id"])
    clock.move(days=29)
    assert await retention.erase(clock(), 100) == 0
    clock.move(days=2)
    assert await retention.erase(clock(), 100) == 1
    assert await retention.erase(clock(), 100) == 0
    assert (await left_with(sql, guest.owner_id)).keys() == {"object_deletions"}
    assert await sql.fetchval("SELECT count(*) FROM guests") == 0
    told = await sql.fetchrow("SELECT * FROM audit_events WHERE event = 'guest.erased'")
    assert told is not None
    assert (told["owner_id"], told["actor"]) == (guest.owner_id, "system:erase_guests")
    await app.state.asset_jobs.delete_objects(clock(), 100)
    assert await stored_keys(app) == set()
    assert await faults(app, sql) == []
    assert (await guest.renews()).status_code == 401


async def test_one_who_came_back_is_not(
    guest: Guest, retention: GuestRetention, clock: MovableClock
) -> None:
    session = await guest.has_session()
    clock.move(days=29)
    guest.has((await guest.renews()).json())
    clock.move(days=29)
    assert await retention.erase(clock(), 100) == 0
    guest.has((await guest.renews()).json())
    assert (await guest.sees(session["id"]))["id"] == session["id"]


async def test_nothing_of_an_account_goes(
    guest: Guest, ann: Person, retention: GuestRetention, clock: MovableClock, sql: Sql
) -> None:
    ids = await has_workspace(guest)
    await has_workspace(ann)
    assert (await merges(ann, guest)).status_code == 200
    before = await all_rows(sql)
    clock.move(days=31)
    assert await retention.erase(clock(), 100) == 1
    after = await all_rows(sql)
    assert after.pop("guests") == []
    assert after == {name: rows for name, rows in before.items() if name != "guests"}
    assert (await ann.sees(ids["session_id"]))["user_id"] == "ann"
    # Nobody knows the guest any longer, who could have been merged once only.
    refused = await merges(ann, guest)
    assert (refused.status_code, refused.json()["code"]) == (403, "guest_token_invalid")


async def test_the_next_batch_finds_the_rest(
    stranger: httpx.AsyncClient, retention: GuestRetention, clock: MovableClock
) -> None:
    for _ in range(3):
        await stranger.post("/api/auth/guest")
    clock.move(days=31)
    assert [await retention.erase(clock(), 2) for _ in range(3)] == [2, 1, 0]


async def test_all_that_a_person_has_hangs_on_what_is_erased() -> None:
    """Else a new table would keep rows of those who are gone."""
    erased = {"user_sessions", "missions", "devices", "guests", "assets"}
    # With guests nothing is shared: they are none's members.
    stays = {"users", "object_deletions", "revocations", "session_members"} | {
        name for name in METADATA.tables if name.startswith("audit_")
    }
    owned = {name for name, table in METADATA.tables.items() if "owner_id" in table.columns}
    while more := {
        name
        for name in owned - erased
        for key in METADATA.tables[name].foreign_key_constraints
        if key.referred_table.name in erased
    }:
        erased |= more
    assert owned - erased == stays & owned
