"""Single sign-on with a real, certified provider: npm `oidc-provider`, in a process of its own.

Its flow is the one of every web app: authorization code with PKCE, an access token for this
service by its resource indicator (RFC 8707), in the form of RFC 9068.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI

from session_api.settings import Settings
from tests.oidc.provider import Provider
from tests.support.processes import Service, data_folder, run_command
from tests.support.settings import test_settings
from tests.support.waiting import until

CLIENTS = 8
EXCHANGES = ("ES256", "PS256", "ES384", "RS256")


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as made:
        yield made


@pytest.fixture
def settings(database_url: str, provider: Provider) -> Settings:
    return test_settings(
        database_url,
        jwt_secret=None,
        oidc_issuers=provider.setting,
        oidc_require_at_jwt=True,
        oidc_refresh_interval=0.1,
    )


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_people_sign_in_there_and_work_here(
    provider: Provider, http: httpx.AsyncClient
) -> None:
    ann, bob = await provider.signs_in("ann"), await provider.signs_in("bob")
    made = await http.post(
        "/api/sessions/", headers=bearer(ann["access_token"]), json={"name": "ours"}
    )
    assert (made.status_code, made.json()["user_id"]) == (201, "ann")
    at = f"/api/sessions/{made.json()['id']}"
    again = (await provider.signs_in("ann"))["access_token"]
    assert (await http.get(at, headers=bearer(again))).json()["name"] == "ours"
    assert (await http.get(at, headers=bearer(bob["access_token"]))).status_code == 404


async def test_its_id_token_opens_nothing(provider: Provider, http: httpx.AsyncClient) -> None:
    """It says who signed in, to the app alone (OpenID Connect Core § 2)."""
    tokens = await provider.signs_in("ann")
    answer = await http.get("/api/sessions/", headers=bearer(tokens["id_token"]))
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_keys_change_under_load_and_no_good_token_is_refused(
    provider: Provider, http: httpx.AsyncClient
) -> None:
    answered: list[int] = []
    algorithms: set[str] = set()
    over = asyncio.Event()

    async def work() -> None:
        async with httpx.AsyncClient(timeout=20) as there:
            while not over.is_set():
                token = await provider.token_of_a_robot(there)
                for _ in range(3):
                    answer = await http.get("/api/sessions/", headers=bearer(token))
                    answered.append(answer.status_code)

    async def exchange() -> None:
        for alg in EXCHANGES:
            before = len(answered)
            await asyncio.to_thread(provider.exchanges_its_key, alg)
            algorithms.add(alg)
            await until(lambda: len(answered) >= before + 10 * CLIENTS, seconds=60)  # noqa: B023
        over.set()

    await asyncio.gather(exchange(), *(work() for _ in range(CLIENTS)))
    assert set(answered) == {200}
    assert algorithms == set(EXCHANGES)


def test_a_service_that_knows_no_secret_serves_with_several_workers(provider: Provider) -> None:
    """With issuers, the embedded database comes without a development token."""
    issuers = {"SESSION_API_OIDC_ISSUERS": provider.setting}
    with data_folder() as data, Service(data, "--workers", "2", **issuers) as service:
        assert f"an access token from {provider.url}" in service.output
        assert "eyJ" not in service.output
        token = asyncio.run(provider.signs_in("ann"))["access_token"]
        answers = [
            httpx.post(f"{service.url}/api/sessions/", headers=bearer(token)) for _ in range(8)
        ]
        assert {answer.status_code for answer in answers} == {201}
        for command in (("token", "--user", "ann"), ("seed",)):
            refused = run_command(*command, "--data", data, environment=issuers)
            assert refused.returncode == 1
            assert "SESSION_API_JWT_SECRET" in refused.stderr
