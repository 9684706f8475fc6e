"""Tokens that are used as stolen ones would be: noted by severity, or asked to sign in again."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from session_api.settings import Settings
from tests.support.people import MovableClock, new_id
from tests.support.settings import test_settings
from tests.support.sign_ins import CHROME, FIREFOX, Client, replica, token_of

HOME, OFFICE = "198.51.100.7", "203.0.113.7"
NEEDED = "reauthentication_required"


async def _noted(app: FastAPI, clock: MovableClock) -> list[dict[str, Any]]:
    """What the trail tells of suspicion, oldest first."""
    await app.state.device_writer.write_down()
    reader = Client(app, token_of("ann", clock), device=new_id())
    items = (await reader.get("/api/audit?limit=100")).json()["items"]
    return [item for item in reversed(items) if item["event"].startswith("security.")]


async def test_a_change_in_the_middle_is_noted_once_and_lets_in(
    app: FastAPI, clock: MovableClock
) -> None:
    token = token_of("ann", clock)
    await Client(app, token, address=HOME).get()
    for _ in range(3):
        clock.move(minutes=2)
        assert await Client(app, token, address=HOME, agent=CHROME).outcome() == "ok"
    (event,) = await _noted(app, clock)
    assert (event["event"], event["severity"]) == ("security.program_changed", "warning")
    assert event["actor"] == "ann"
    assert event["request_id"]
    assert event["data"]["before"] == "Firefox on Linux"
    assert event["data"]["after"] == "Chrome on Windows"
    assert event["data"]["reauthenticate"] is False


async def test_each_cause_has_its_event_and_its_severity(app: FastAPI, clock: MovableClock) -> None:
    def client(address: str, **where: Any) -> Client:
        return Client(app, token, address=address, **where)

    token = token_of("ann", clock)
    await client(HOME).get()
    await client(OFFICE).get()
    await client(HOME).get()  # at once: in two places
    token = token_of("ann", clock)
    for number in range(5):
        await client(f"10.0.{number}.1").get()
    token = token_of("ann", clock)
    await client(HOME, device=new_id()).get()
    await client(HOME, device=new_id()).get()
    noted = [(event["event"], event["severity"]) for event in await _noted(app, clock)]
    assert noted == [
        ("security.address_changed", "notice"),
        ("security.two_places", "critical"),
        ("security.address_changed", "notice"),
        ("security.impossible_pace", "critical"),
        ("security.device_changed", "warning"),
    ]


async def test_what_is_the_same_person_is_not_noted(app: FastAPI, clock: MovableClock) -> None:
    token = token_of("ann", clock)
    newer = FIREFOX.replace("140", "141")
    for address in ("203.0.113.7", "203.0.113.250", "2001:db8:7:1::1", "2001:db8:7:2::2"):
        for agent in (FIREFOX, newer):
            await Client(app, token, address=address, agent=agent).get()
    # Another token is another beginning.
    await Client(app, token_of("ann", clock), address=HOME, agent=CHROME).get()
    assert await _noted(app, clock) == []


# Asking for a new sign-in


@pytest.fixture
def strict(database_url: str) -> Settings:
    return test_settings(database_url, on_suspicion="reauthenticate")


async def test_a_suspect_token_is_refused_on_every_replica_until_a_newer_one_comes(
    strict: Settings, clock: MovableClock
) -> None:
    async with replica(strict, clock) as app, replica(strict, clock) as other:
        token = token_of("ann", clock)
        await Client(app, token, address=HOME).get()
        thief = Client(app, token, address=HOME, agent=CHROME)
        refused = await thief.get()
        assert (refused.status_code, refused.json()["code"]) == (401, NEEDED)
        challenge = refused.headers["WWW-Authenticate"]
        assert 'error="insufficient_user_authentication"' in challenge
        # Whose it is can't be told: nobody uses it any longer.
        assert await Client(app, token, address=HOME).outcome() == NEEDED
        await app.state.device_writer.write_down()
        await other.state.follower.look()
        assert await Client(other, token, address=HOME).outcome() == NEEDED
        assert await Client(app, token_of("ann", clock), address=HOME).outcome() == "ok"
        (event,) = await _noted(app, clock)
        assert event["data"]["reauthenticate"] is True


async def test_a_refreshed_token_of_the_same_sign_in_is_not_newer(
    strict: Settings, clock: MovableClock
) -> None:
    async with replica(strict, clock) as app:
        morning = int(clock().timestamp()) - 3600
        token = token_of("ann", clock, auth_time=morning)
        await Client(app, token, agent=FIREFOX).get()
        await Client(app, token, agent=CHROME).get()
        clock.move(minutes=5)
        refreshed = token_of("ann", clock, auth_time=morning)
        assert await Client(app, refreshed).outcome() == NEEDED
        signed_in = token_of("ann", clock, auth_time=int(clock().timestamp()))
        assert await Client(app, signed_in).outcome() == "ok"


async def test_another_network_alone_asks_nobody_to_sign_in_again(
    strict: Settings, clock: MovableClock
) -> None:
    async with replica(strict, clock) as app:
        token = token_of("ann", clock)
        for address in (HOME, OFFICE):
            assert await Client(app, token, address=address).outcome() == "ok"
        assert await Client(app, token, address=HOME).outcome() == NEEDED


async def test_a_sign_in_counts_no_longer_than_the_setting_says(
    settings: Settings, clock: MovableClock
) -> None:
    strict = settings.model_copy(update={"sign_in_longest": timedelta(minutes=30)})
    async with replica(strict, clock) as app:
        now = int(clock().timestamp())
        fresh = Client(app, token_of("ann", clock, auth_time=now - 1700))
        old = Client(app, token_of("ann", clock, auth_time=now - 1900))
        silent = Client(app, token_of("ann", clock))
        assert await fresh.outcome() == "ok"
        assert await old.outcome() == await silent.outcome() == NEEDED
        clock.move(seconds=200)
        assert await fresh.outcome() == NEEDED
