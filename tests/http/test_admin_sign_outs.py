"""An administrator ends the sign-ins of somebody of their tenant."""

import pytest
from fastapi import FastAPI

from session_api.settings import Settings
from tests.support.answers import refusal
from tests.support.people import MovableClock
from tests.support.sign_ins import Client, replica, token_of

PATH = "/api/admin/sign-out"
ADMIN = {"roles": ["admin"]}


def _client(app: FastAPI, clock: MovableClock, name: str, **claims: object) -> Client:
    return Client(app, token_of(name, clock, **claims))


async def test_all_of_somebodys_tokens_end_and_nobody_elses(
    app: FastAPI, settings: Settings, clock: MovableClock
) -> None:
    admin = _client(app, clock, "ann", **ADMIN)
    gone = [_client(app, clock, "bob"), _client(app, clock, "bob", iss="https://other.example")]
    kept = [_client(app, clock, "bob", tenant="elsewhere"), _client(app, clock, "bobby"), admin]
    for client in [*gone, *kept]:
        assert await client.outcome() == "ok"
    async with replica(settings, clock) as other:
        for _ in range(2):
            answer = await admin.post(PATH, json={"user_id": "bob"})
            assert answer.status_code == 204, answer.text
        for client in gone:
            assert await client.outcome() == "token_revoked"
        await other.state.follower.look()
        for client in gone:
            assert await Client(other, client.token).outcome() == "token_revoked"
    for client in kept:
        assert await client.outcome() == "ok"

    clock.move(seconds=1)
    bob = _client(app, clock, "bob")
    assert await bob.outcome() == "ok"
    told = (await bob.get("/api/audit?event=account.signed_out")).json()["items"]
    assert {(event["actor"], event["data"]["by"]) for event in told} == {("ann", "administrator")}
    told = (await admin.get("/api/audit?event=admin.signed_out")).json()["items"]
    assert len(told) == 2
    assert len(told[0]["data"]["owner_ids"]) == 2
    assert "bob" not in str(told)


async def test_whoever_was_never_seen_is_signed_out_too(app: FastAPI, clock: MovableClock) -> None:
    bob = _client(app, clock, "bob")
    admin = _client(app, clock, "ann", **ADMIN)
    assert (await admin.post(PATH, json={"user_id": "bob"})).status_code == 204
    assert await bob.outcome() == "token_revoked"


@pytest.mark.parametrize(
    "claims", [{}, {"roles": ["Admin"]}, {**ADMIN, "scope": "sessions:read"}], ids=str
)
async def test_nobody_else_may(
    app: FastAPI, clock: MovableClock, claims: dict[str, object]
) -> None:
    bob = _client(app, clock, "bob")
    somebody = _client(app, clock, "ann", **claims)
    answer = await somebody.post(PATH, json={"user_id": "bob"})
    assert refusal(answer) == (403, "insufficient_scope")
    assert await bob.outcome() == "ok"


@pytest.mark.parametrize("body", [{}, {"user_id": ""}, {"user_id": "a\u0007"}, {"user": "bob"}])
async def test_whoever_it_is_must_be_named(
    app: FastAPI, clock: MovableClock, body: dict[str, str]
) -> None:
    answer = await _client(app, clock, "ann", **ADMIN).post(PATH, json=body)
    assert refusal(answer) == (422, "validation_failed")
