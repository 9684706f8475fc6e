"""Two real processes on one database: what one revokes ends on the other, soon and for good."""

import asyncio
import time
from typing import Any

import httpx

from tests.support.people import MovableClock, new_id
from tests.support.processes import Service, data_folder
from tests.support.settings import KEYS, SECRET
from tests.support.sign_ins import PATH, token_of

AT_MOST_SECONDS = 2.0
WAYS = ("token", "jti", "device", "everywhere")


async def _revokes(at: httpx.AsyncClient, way: str, name: str) -> httpx.Response:
    match way:
        case "device":
            return await at.delete(f"/api/devices/{name}")
        case "everywhere":
            return await at.post("/api/auth/sign-out-everywhere")
        case _:
            return await at.post("/api/auth/revoke", json={"jti": name} if way == "jti" else {})


async def _seconds_until_refused(at: httpx.AsyncClient, began: float) -> float:
    while True:
        answer = await at.get(PATH)
        if answer.status_code == 401:
            assert answer.json()["code"] == "token_revoked"
            return time.monotonic() - began
        assert answer.status_code == 200, answer.text
        assert time.monotonic() - began < 30, "it was never refused"
        await asyncio.sleep(0.01)


async def test_a_revocation_is_known_to_the_other_process_within_two_seconds() -> None:
    secrets = {"SESSION_API_JWT_SECRET": SECRET, "SESSION_API_ENCRYPTION_KEYS": KEYS}
    clock = MovableClock()
    with (
        data_folder() as data,
        data_folder() as elsewhere,
        Service(data, **secrets) as one,
        Service(elsewhere, DATABASE_URL=one.database_url, **secrets) as two,
    ):
        took: dict[str, float] = {}
        options: dict[str, Any] = {"timeout": 30}
        for way in WAYS:
            name = new_id()
            # A name each: a sign-out in this second is about all tokens of the second.
            token = token_of(f"ann {way}", clock, jti=name)
            options["headers"] = {"Authorization": f"Bearer {token}", "X-Device-ID": name}
            async with (
                httpx.AsyncClient(base_url=one.url, **options) as here,
                httpx.AsyncClient(base_url=two.url, **options) as there,
            ):
                assert (await here.get("/api/devices")).status_code == 200
                assert (await there.get(PATH)).status_code == 200
                assert (await _revokes(here, way, name)).status_code == 204
                began = time.monotonic()
                # Here, at once.
                assert (await here.get(PATH)).status_code == 401, way
                took[way] = await _seconds_until_refused(there, began)
        assert max(took.values()) <= AT_MOST_SECONDS, took
        # And for good: a process that was killed has forgotten everything it knew.
        two.kill()
        two.start()
        async with httpx.AsyncClient(base_url=two.url, **options) as again:
            assert (await again.get(PATH)).status_code == 401
