"""Tokens of any claims, clients that come from somewhere, and replicas of the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from jose import jwt

from session_api.app import create_app
from session_api.settings import Settings
from tests.support.people import MovableClock, new_id
from tests.support.settings import SECRET

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
PATH = "/api/sessions/"


def token_of(name: str, clock: MovableClock, **claims: Any) -> str:
    """A token of an hour; a claim given as None is left out."""
    now = int(clock().timestamp())
    made = {"sub": name, "iat": now, "exp": now + 3600, "jti": new_id()} | claims
    return str(jwt.encode({key: value for key, value in made.items() if value is not None}, SECRET))


class Client:
    """A program somewhere, with a token. What it sends can be changed from request to request."""

    def __init__(
        self,
        app: FastAPI,
        token: str,
        *,
        device: str | None = None,
        agent: str = FIREFOX,
        address: str = "203.0.113.5",
    ) -> None:
        self.app = app
        self.token = token
        self.device = device
        self.agent = agent
        self.address = address

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": self.agent}
        if self.device is not None:
            headers["X-Device-ID"] = self.device
        headers |= options.pop("headers", {})
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(self.address, 4711)
        )
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            return await http.request(method, path, headers=headers, **options)

    async def get(self, path: str = PATH, **options: Any) -> httpx.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("POST", path, **options)

    async def delete(self, path: str) -> httpx.Response:
        return await self.request("DELETE", path)

    async def outcome(self, **options: Any) -> str:
        """`ok`, or the code of the refusal."""
        answer = await self.get(**options)
        return "ok" if answer.is_success else str(answer.json()["code"])

    async def devices(self) -> list[dict[str, Any]]:
        answer = await self.get("/api/devices")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


@asynccontextmanager
async def replica(
    settings: Settings, clock: MovableClock, *, follows: bool = False
) -> AsyncIterator[FastAPI]:
    """Another process's app on the same database; it has read the revocations. With `follows` its
    tasks run as in service, else the test says when it looks and writes.
    """
    app = create_app(settings, clock=clock)
    if follows:
        async with app.router.lifespan_context(app):
            yield app
        return
    await app.state.follower.start()
    yield app
    await app.state.database.close()
