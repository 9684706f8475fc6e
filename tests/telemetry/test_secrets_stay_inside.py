"""Secrets, tokens and what people wrote, looked for in everything that a service lets out."""

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from session_api.app import create_app
from session_api.settings import Settings
from tests.support.processes import Service, data_folder, run_command
from tests.support.settings import test_settings
from tests.support.waiting import WAIT_SECONDS

JWT_SECRET = "jwt-canary-6f1bK0vQz8RrT2wXy4HhLm9PpNn3Gg5S"
KEY = base64.b64encode(b"\x8fkey-canary\x01\x92" + bytes(range(190, 209))).decode()
REDIS_PASSWORD = "redis-canary-31337"
WROTE = "diary-canary of a person"
CANARIES = {
    "signing secret": JWT_SECRET,
    "its rest": JWT_SECRET[12:],
    "key": KEY,
    "its bytes": "key-canary",
    "password": REDIS_PASSWORD,
    "text": WROTE,
    "token": "eyJ",
}
SETTINGS = {
    "SESSION_API_JWT_SECRET": JWT_SECRET,
    "SESSION_API_ENCRYPTION_KEYS": f"k1:{KEY}",
    "SESSION_API_REDIS_URL": f"redis://:{REDIS_PASSWORD}@127.0.0.1:1/0",
    "SESSION_API_RATE_LIMITS": "read=20/minute,auth_failure=20/minute",
    "SESSION_API_ACCESS_LOG": "true",
}


@pytest.fixture(scope="module")
def heard() -> Iterator[dict[str, str]]:
    """All that was let out by a service that met with every kind of trouble."""
    with data_folder() as data, Service(data, **SETTINGS) as service:
        greeted = len(service.output)  # with a token, which the greeting is for
        told = asyncio.run(trouble(service))
        told["metrics"] = httpx.get(f"{service.url}/metrics").text
        # It shows what a token looks like.
        # Made when it is asked for first.
        documentation = httpx.get(f"{service.url}/openapi.json", timeout=WAIT_SECONDS)
        told["documentation"] = documentation.text.replace("eyJ", "")
        told["status of keys"] = run_command(
            "keys", "status", "--json", "--data", data, environment=SETTINGS
        ).stdout
        told["help"] = run_command("serve", "--help", environment=SETTINGS).stdout
        assert service.stop() == 0
        told["log"] = service.output[greeted:]
        password = (data / "postgres" / "password").read_text().strip()
        assert not [name for name, text in told.items() if password in text]
        yield told


async def trouble(service: Service) -> dict[str, str]:
    errors: list[str] = []
    async with service.client() as ann:
        token = ann.headers["Authorization"].removeprefix("Bearer ")
        mine = (await ann.post("/api/sessions/", json={"name": WROTE})).json()
        session = f"/api/sessions/{mine['id']}"
        await ann.patch(session, json={"session_metadata": {"note": WROTE}})

        async def fails(method: str, path: str, **more: Any) -> None:
            answer = await ann.request(method, path, **more)
            assert answer.status_code >= 400, answer.text
            errors.append(answer.text + str(answer.headers))

        await fails("POST", f"{session}/messages", json={"role": WROTE, "content": WROTE})
        await fails("POST", f"{session}/messages", content=f'{{"content": "{WROTE}')
        await ann.get(f"/api/sessions/{token}")  # the answer names the address; the log must not
        await fails("GET", "/api/sessions/", params={"cursor": token})
        await fails("GET", "/api/sessions/", headers={"Authorization": f"Bearer {token[:-4]}"})
        await fails("GET", "/api/sessions/", headers={"Authorization": f"Basic {token}"})
        await fails("GET", "/api/sessions/", headers={"Host": f"{WROTE}/"})
        # An error that nobody foresaw, with the text in its row.
        await service.query("ALTER TABLE chat_messages ADD CONSTRAINT none CHECK (seq < 0)")
        await fails("POST", f"{session}/messages", json={"role": "user", "content": WROTE})
        statuses = [(await ann.get(session)).status_code for _ in range(25)]
        assert statuses[-1] == 429
    return {"errors": "\n".join(errors)}


@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES)
def test_nothing_secret_is_let_out(heard: dict[str, str], canary: str) -> None:
    assert all(heard.values()), "something was not heard at all"
    assert "CheckViolationError" in heard["log"]
    assert "rate_limits_local" in heard["log"]
    assert [name for name, text in heard.items() if canary in text] == []


@pytest.fixture
def settings(database_url: str) -> Settings:
    return test_settings(
        database_url,
        jwt_secret=JWT_SECRET,
        encryption_keys=f"k1:{KEY}",
        redis_url=f"redis://:{REDIS_PASSWORD}@127.0.0.1:1/0",
    )


def parts_of(thing: object, depth: int) -> Iterator[object]:
    """The thing, and what hangs on it, as far as it is ours."""
    yield thing
    if depth and type(thing).__module__.startswith("session_api"):
        slots = (getattr(thing, name, None) for name in getattr(thing, "__slots__", ()))
        for part in (*getattr(thing, "__dict__", {}).values(), *slots):
            yield from parts_of(part, depth - 1)


def test_nothing_secret_is_in_the_repr_of_a_part(app: FastAPI, settings: Settings) -> None:
    """What a debugger, an assertion or a careless log line would show."""
    ours = [settings, *vars(app.state).values()]
    seen = [
        repr(part)
        for thing in ours
        for part in parts_of(thing, 4)
        if type(part).__module__.startswith("session_api")
    ]
    assert len(seen) > 40
    for canary in CANARIES.values():
        assert [text[:200] for text in seen if canary in text] == []


def test_a_setting_that_is_wrong_is_refused_without_being_shown(database_url: str) -> None:
    with pytest.raises(ValueError, match="encryption key 1") as refused:
        create_app(test_settings(database_url, encryption_keys=f"{KEY}:k1"))
    assert KEY not in str(refused.value)
