"""Tokens over HTTP: which are taken, and what the refusal says (RFC 6750)."""

import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.support.people import MovableClock, Person
from tests.support.settings import SECRET
from tests.support.workspace import Sql, all_rows

PATH = "/api/sessions/"


def _part(content: Any) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _forged(clock: MovableClock, *, alg: str = "HS256", secret: str = SECRET, **claims: Any) -> str:
    """A token of our own making: `claims` beside `sub` and an `exp` in an hour."""
    now = int(clock().timestamp())
    text = f"{_part({'alg': alg})}.{_part({'sub': 'ann', 'exp': now + 3600} | claims)}"
    mac = hmac.digest(secret.encode(), text.encode(), "sha256")
    return f"{text}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "alg none": ({"alg": "none"}, "token_invalid"),
    "alg nOnE": ({"alg": "nOnE"}, "token_invalid"),
    "another algorithm": ({"alg": "HS512"}, "token_invalid"),
    "another secret": ({"secret": "another secret, also 32 bytes or more"}, "token_invalid"),
    "nbf in the future": ({"nbf": 4_000_000_000}, "token_invalid"),
    "iat in the future": ({"iat": 4_000_000_000}, "token_invalid"),
    "expired": ({"exp": 1_000_000_000}, "token_expired"),
    "exp beyond all time": ({"exp": 10**30}, "token_invalid"),
    "exp no number": ({"exp": "tomorrow"}, "token_invalid"),
    "sub empty": ({"sub": ""}, "token_invalid"),
    "sub no text": ({"sub": 7}, "token_invalid"),
    "sub with NUL": ({"sub": "ann\x00"}, "token_invalid"),
    "sub too long": ({"sub": "a" * 256}, "token_invalid"),
}


async def _refusal(client: httpx.AsyncClient, *authorization: str) -> httpx.Response:
    headers = [("Authorization", value) for value in authorization]
    return await client.post(PATH, headers=headers, json={"name": "x"})


async def test_a_token_made_the_same_way_but_sound_is_taken(
    stranger: httpx.AsyncClient, clock: MovableClock
) -> None:
    assert (await _refusal(stranger, f"Bearer {_forged(clock)}")).status_code == 201


@pytest.mark.parametrize(("changes", "code"), REFUSED.values(), ids=REFUSED)
async def test_an_unsound_token_is_refused_and_nothing_is_kept_of_it(
    stranger: httpx.AsyncClient,
    clock: MovableClock,
    sql: Sql,
    changes: dict[str, Any],
    code: str,
) -> None:
    before = await all_rows(sql)
    token = _forged(clock, **changes)
    with capture_logs() as logs:
        answer = await _refusal(stranger, f"Bearer {token}")
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith(
        'Bearer realm="session-api", error="invalid_token", error_description="'
    )
    (line,) = logs
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert all(part not in str(logs) + answer.text for part in token.split("."))
    assert await all_rows(sql) == before


MALFORMED = {
    "not a token": "Bearer nonsense",
    "empty": "Bearer ",
    "only dots": "Bearer ..",
    "two parts": f"Bearer {_part({})}.{_part({})}",
    "five parts": "Bearer a.b.c.d.e",
    "too long": "Bearer " + "a" * 9000,
    "a thousand arrays": f"Bearer {urlsafe_b64encode(b'[' * 1000).decode()}.e30.e30",
    "two tokens": "Bearer a.b.c a.b.c",
}


@pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_no_token_is_refused(stranger: httpx.AsyncClient, value: str) -> None:
    answer = await _refusal(stranger, value)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("value", [b"Bearer \xff.\xff.\xff", b"Bearer a.b.\x00"])
async def test_bytes_that_are_no_text_are_refused(
    stranger: httpx.AsyncClient, value: bytes
) -> None:
    answer = await stranger.get(PATH, headers=[(b"Authorization", value)])
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


@pytest.mark.parametrize("value", [None, "Basic YW5uOmFubg=="])
async def test_without_a_bearer_token_the_challenge_names_no_error(
    stranger: httpx.AsyncClient, value: str | None
) -> None:
    answer = await _refusal(stranger, *([value] if value else []))
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="session-api"'


async def test_two_authorization_headers_are_refused_even_if_both_are_good(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    answer = await _refusal(stranger, f"Bearer {ann.token}", f"Bearer {ann.token}")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_a_token_that_was_taken_is_refused_once_it_has_expired(
    stranger: httpx.AsyncClient, clock: MovableClock
) -> None:
    value = f"Bearer {_forged(clock)}"
    assert (await _refusal(stranger, value)).status_code == 201
    clock.move(minutes=61)
    answer = await _refusal(stranger, value)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


@pytest.mark.parametrize("scope", ["sessions:read", "", "sessions", "other sessions:read"])
async def test_a_token_whose_scope_is_too_small_may_not_write(
    stranger: httpx.AsyncClient, clock: MovableClock, scope: str
) -> None:
    answer = await _refusal(stranger, f"Bearer {_forged(clock, scope=scope)}")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer realm="session-api", error="insufficient_scope", scope="sessions:write"'
    )
    assert answer.json()["required_scope"] == "sessions:write"


async def test_the_token_is_looked_at_before_the_body(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post(PATH, content=b"{", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 401
