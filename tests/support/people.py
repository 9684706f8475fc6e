"""People who use the service, and the clock they live by."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import httpx

from session_api.security import mint_development_token
from session_api.security.principal import owner_id_of
from session_api.settings import Settings

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


class MovableClock:
    """Ticks with the machine's clock, ahead of it by as much as the test moved it."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def move(self, **by: float) -> None:
        """Moves on by `days=`, `hours=`, `seconds=` …"""
        self._ahead += timedelta(**by)


class Person:
    """Somebody with a token, and the few calls that nearly every test begins with.

    `get`, `post`, … are httpx's, with the token on. The builders assert that they worked and
    return the JSON of the answer.
    """

    def __init__(
        self,
        name: str,
        transport: httpx.AsyncBaseTransport,
        settings: Settings,
        clock: MovableClock,
        *,
        tenant: str = "default",
        base_url: str = "http://test",
        scopes: Collection[str] | None = None,
        roles: Collection[str] = (),
    ) -> None:
        self.name = name
        self._world = (transport, settings, clock)
        self._tenant, self._base_url = tenant, base_url
        self.owner_id: UUID = owner_id_of("session-api", tenant, name)
        assert settings.jwt_secret is not None
        self.token = mint_development_token(
            settings.jwt_secret.get_secret_value(),
            subject=name,
            tenant=tenant,
            roles=list(roles),
            scopes=scopes,
            # Long enough for tests that move the clock by weeks.
            expires_in=timedelta(days=365),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            now=clock(),
            jti=new_id(),
        )
        self.http = httpx.AsyncClient(
            transport=transport,
            base_url=base_url,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        self.get = self.http.get
        self.post = self.http.post
        self.put = self.http.put
        self.delete = self.http.delete
        self.secrets: dict[str, str] = {}
        """By what stands for them in an example: what nobody could show there."""

    def somebody_else(self, name: str, **options: Any) -> Self:
        """Another person at the same service, of the same tenant unless `options` say otherwise."""
        here = {"tenant": self._tenant, "base_url": self._base_url}
        return type(self)(name, *self._world, **here | options)

    async def patch(self, path: str, json: Any, **options: Any) -> httpx.Response:
        """A merge patch."""
        headers = MERGE_PATCH | options.pop("headers", {})
        return await self.http.patch(path, json=json, headers=headers, **options)

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """httpx's, with the person's secrets where an example only has a word for them."""
        body = options.get("json")
        if isinstance(body, dict) and self.secrets:
            known = self.secrets
            options["json"] = {
                name: known.get(value, value) if isinstance(value, str) else value
                for name, value in body.items()
            }
        return await self.http.request(method, path, **options)

    async def has_session(self, **body: Any) -> dict[str, Any]:
        """A new session."""
        answer = await self.post("/api/sessions/", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def says(self, session_id: str, content: Any = "hello", **message: Any) -> dict[str, Any]:
        """A new message in a session."""
        answer = await self.post(
            f"/api/sessions/{session_id}/messages",
            json={"role": "user", "content": content} | message,
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["messages"][0])

    async def shares(self, session_id: str, **body: Any) -> dict[str, Any]:
        """A new share of a session of theirs, for a viewer unless `body` says otherwise."""
        answer = await self.post(
            f"/api/sessions/{session_id}/shares", json={"role": "viewer"} | body
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def has_mission(self, **body: Any) -> dict[str, Any]:
        """A new mission."""
        answer = await self.post("/api/missions/", json={"name": "a mission"} | body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def sees(self, session_id: str, **query: Any) -> dict[str, Any]:
        """A session as it is now, with all its parts."""
        answer = await self.get(f"/api/sessions/{session_id}", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()


def new_id() -> str:
    """An id such as a client makes."""
    return str(uuid4())
