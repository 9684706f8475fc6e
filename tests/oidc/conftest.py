"""A service that trusts one identity provider, and the provider."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from session_api.app import create_app
from session_api.settings import Settings
from tests.support.issuers import Issuer, SigningKey, issuer
from tests.support.people import MovableClock
from tests.support.settings import test_settings


@pytest.fixture
async def idp() -> AsyncIterator[Issuer]:
    async with issuer() as made:
        yield made


@pytest.fixture
def settings(database_url: str, idp: Issuer) -> Settings:
    return test_settings(database_url, oidc_issuers=idp.setting, oidc_refresh_interval=0.1)


class Visitor:
    """Somebody who brings tokens, whole or made on the spot from the provider's first key."""

    def __init__(self, http: httpx.AsyncClient, idp: Issuer, clock: MovableClock) -> None:
        self._http = http
        self._idp = idp
        self._clock = clock

    def token(self, *, key: SigningKey | None = None, header: Any = None, **claims: Any) -> str:
        """A good one, but for the changes; see `Issuer.claims`."""
        key = key or self._idp.keys[0]
        return key.token(self._idp.claims(self._clock().timestamp(), **claims), header)

    async def brings(
        self, token: str, method: str = "GET", path: str = "/api/sessions/"
    ) -> httpx.Response:
        return await self._http.request(method, path, headers={"Authorization": f"Bearer {token}"})

    async def is_let_in(self, token: str) -> bool:
        """False for 401 token_invalid; fails for every other answer than that and 200."""
        answer = await self.brings(token)
        assert answer.status_code == 200 or answer.json()["code"] == "token_invalid", answer.text
        return answer.status_code == 200


@pytest.fixture
def visitor(stranger: httpx.AsyncClient, idp: Issuer, clock: MovableClock) -> Visitor:
    return Visitor(stranger, idp, clock)


@asynccontextmanager
async def serving(settings: Settings, clock: MovableClock) -> AsyncIterator[httpx.AsyncClient]:
    """A second service with other settings."""
    app = create_app(settings, clock=clock)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield http
    await app.state.identity.close()
    await app.state.database.close()
