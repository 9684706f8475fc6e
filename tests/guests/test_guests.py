"""Becoming a guest, being one, and coming back."""

import httpx
import pytest
from fastapi import FastAPI

from session_api.bootstrap import as_environment
from session_api.settings import Settings
from tests.support.guests import Guest, becomes_guest
from tests.support.people import MovableClock, Person
from tests.support.workspace import Sql, all_rows, has_workspace

DAY = 24 * 3600


async def test_a_guest_works_as_anybody_does(guest: Guest, ann: Person) -> None:
    ids = await has_workspace(guest, name="before signing in")
    seen = await guest.sees(ids["session_id"])
    assert (seen["user_id"], seen["name"]) == (guest.name, "before signing in")
    assert guest.name.startswith("guest:")
    assert guest.made["token_type"] == "Bearer"
    assert (await ann.get(f"/api/sessions/{ids['session_id']}")).status_code == 404
    assert (await guest.get("/api/admin/audit")).status_code == 403
    (*_, first) = (await guest.get("/api/audit")).json()["items"]
    assert (first["event"], first["actor"]) == ("guest.created", guest.name)


async def test_two_guests_are_two_people(guest: Guest, transport: httpx.ASGITransport) -> None:
    session = await guest.has_session()
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        other = await becomes_guest(http)
        assert other.name != guest.name
        assert (await other.get(f"/api/sessions/{session['id']}")).status_code == 404


async def test_a_guest_comes_back_after_a_week(guest: Guest, clock: MovableClock) -> None:
    session = await guest.has_session(name="kept")
    clock.move(days=7)
    refused = await guest.get(f"/api/sessions/{session['id']}")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_expired")
    renewed = await guest.renews()
    assert renewed.status_code == 201
    assert renewed.json()["user_id"] == guest.name
    assert renewed.json()["renewable_until"] > guest.made["renewable_until"]
    guest.has(renewed.json())
    assert (await guest.sees(session["id"]))["name"] == "kept"


async def test_each_renewal_moves_the_end(guest: Guest, clock: MovableClock) -> None:
    for _ in range(3):
        clock.move(days=29)
        guest.has((await guest.renews()).json())
    clock.move(days=31)
    refused = await guest.renews()
    assert (refused.status_code, refused.json()["code"]) == (401, "token_expired")


async def test_an_old_token_ends_by_itself_though_the_guest_goes_on(
    guest: Guest, clock: MovableClock
) -> None:
    first = guest.made
    clock.move(days=20)
    second = (await guest.renews()).json()
    clock.move(days=20)
    assert (await guest.has(first).renews()).json()["code"] == "token_expired"
    assert (await guest.has(second).renews()).status_code == 201


@pytest.mark.parametrize("how", ["this", "jti", "everywhere", "device"])
async def test_a_guest_who_signed_out_is_not_renewed(
    guest: Guest, app: FastAPI, clock: MovableClock, how: str
) -> None:
    if how == "device":
        (device,) = (await guest.get("/api/devices")).json()["items"]
        ended = await guest.delete(f"/api/devices/{device['id']}")
    elif how == "everywhere":
        ended = await guest.post("/api/auth/sign-out-everywhere")
    else:
        jti = app.state.tokens.verify(guest.token).token.jti
        body = {} if how == "this" else {"jti": jti}
        ended = await guest.post("/api/auth/revoke", json=body)
    assert ended.status_code == 204
    for days in (0, 1, 20):  # by then the token has expired, and could still be renewed
        clock.move(days=days)
        refused = await guest.renews()
        assert (refused.status_code, refused.json()["code"]) == (401, "token_revoked")
        await app.state.devices.forget(clock(), 100)


async def test_what_another_replica_was_told_a_moment_ago_holds_here(
    guest: Guest, sql: Sql
) -> None:
    """As the table has it, not as this process has read it."""
    await sql.execute(
        "INSERT INTO revocations (owner_id, kind, value, made_at, expires_at, transaction_id)"
        " VALUES ($1, 'everywhere', '', now() + interval '1 second', now() + interval '1 day', 0)",
        guest.owner_id,
    )
    assert (await guest.get("/api/sessions/")).status_code == 200
    refused = await guest.renews()
    assert (refused.status_code, refused.json()["code"]) == (401, "token_revoked")


async def test_an_account_is_not_renewed_as_a_guest(ann: Person, sql: Sql) -> None:
    before = await all_rows(sql)
    refused = await ann.post("/api/auth/guest")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
    assert await all_rows(sql) == before


@pytest.mark.parametrize("header", ["", "Bearer", "Basic eDp5", "Bearer x.y.z"])
async def test_a_header_that_says_something_else_never_makes_a_new_guest(
    stranger: httpx.AsyncClient, sql: Sql, header: str
) -> None:
    before = await all_rows(sql)
    refused = await stranger.post("/api/auth/guest", headers={"Authorization": header})
    assert refused.status_code == 401
    assert await all_rows(sql) == before


async def test_the_answer_is_kept_by_nobody(guest: Guest) -> None:
    answer = await guest.renews()
    assert answer.headers["Cache-Control"] == "no-store"


class TestLimits:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"rate_limits": "guest=2/hour,auth_failure=3/minute"})

    async def test_an_address_makes_so_many_guests(
        self, stranger: httpx.AsyncClient, clock: MovableClock
    ) -> None:
        first = await becomes_guest(stranger)
        await becomes_guest(stranger)
        del stranger.headers["Authorization"]
        refused = await stranger.post("/api/auth/guest")
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert int(refused.headers["Retry-After"]) > 60
        # Whoever is one comes back all the same.
        again = await stranger.post(
            "/api/auth/guest", headers={"Authorization": f"Bearer {first.token}"}
        )
        assert again.status_code == 201
        clock.move(hours=2)
        await becomes_guest(stranger)

    async def test_tokens_are_not_tried_out(self, stranger: httpx.AsyncClient) -> None:
        headers = {"Authorization": "Bearer x.y.z"}
        answers = [await stranger.post("/api/auth/guest", headers=headers) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


class TestWithoutGuests:
    @pytest.fixture(params=[None, False])
    def settings(self, settings: Settings, request: pytest.FixtureRequest) -> Settings:
        """A secret of one's own is set: then there are none unless somebody says so."""
        return settings.model_copy(update={"guests": request.param})

    async def test_there_are_none(self, stranger: httpx.AsyncClient, sql: Sql) -> None:
        refused = await stranger.post("/api/auth/guest")
        assert (refused.status_code, refused.json()["code"]) == (403, "guests_disabled")
        assert await sql.fetchval("SELECT count(*) FROM guests") == 0


def test_workers_are_told_whether_there_are_guests(settings: Settings) -> None:
    for guests, said in ((True, "on"), (False, "off"), (None, None)):
        told = as_environment(settings.model_copy(update={"guests": guests}))
        assert told.get("SESSION_API_GUESTS") == said


class TestOfATenant:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"guest_tenant": "lobby"})

    async def test_guests_are_of_the_tenant_that_is_set(
        self, stranger: httpx.AsyncClient, sql: Sql
    ) -> None:
        guest = await becomes_guest(stranger, tenant="lobby")
        await guest.has_session()
        found = await sql.fetchval(
            "SELECT tenant_id FROM user_sessions WHERE owner_id = $1", guest.owner_id
        )
        assert found == "lobby"
