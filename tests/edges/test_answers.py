"""What every answer of the app carries for browsers, and whom it lets ask."""

import httpx
import pytest
from fastapi import FastAPI

from session_api.app import create_app
from session_api.settings import Settings
from tests.support.people import Person
from tests.support.settings import test_settings

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
APP = "https://app.example.com"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return test_settings(
        database_url, cors_origins=(APP,), public_url="https://api.example.com/base"
    )


PATHS = ["/healthz", "/metrics", "/openapi.json", "/problems", "/docs", "/nowhere"]


@pytest.mark.parametrize("path", [*PATHS, "/api/sessions/", "/api/sessions/nowhere"])
async def test_every_answer_has_them(ann: Person, path: str) -> None:
    answer = await ann.get(path)
    assert EVERYWHERE.items() <= dict(answer.headers).items() | {
        (name, answer.headers[name]) for name in EVERYWHERE
    }
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    is_page = answer.headers["Content-Type"].startswith("text/html")
    assert ("default-src 'none'" in policy) is not is_page
    # Only pages run anything, and load it from nowhere else.
    assert ("script-src 'self'" in policy) is is_page


async def test_refusals_and_errors_have_them(ann: Person, stranger: httpx.AsyncClient) -> None:
    answers = [
        await stranger.get("/api/sessions/"),
        await ann.post("/api/sessions/", json={"nmae": "x"}),
        await ann.get("/api/sessions/", headers={"Host": "a b"}),
        await stranger.options(
            "/api/sessions/", headers={"Origin": APP, "Access-Control-Request-Method": "PUT"}
        ),
    ]
    assert [answer.status_code for answer in answers] == [401, 422, 400, 200]
    for answer in answers:
        for name, value in EVERYWHERE.items():
            assert answer.headers[name] == value


async def test_without_https_nobody_is_told_to_insist_on_it(database_url: str) -> None:
    app: FastAPI = create_app(test_settings(database_url, public_url="http://localhost:8000"))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/healthz")
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (APP, True),
        ("https://evil.example", False),
        ("https://app.example.com.evil.example", False),
        ("https://evil.example/https://app.example.com", False),
        ("http://app.example.com", False),
        ("https://app.example.com:8443", False),
        ("https://APP.example.com", False),
        ("null", False),
        ("*", False),
    ],
)
async def test_only_an_origin_that_was_named_may_read(
    ann: Person, origin: str, allowed: bool
) -> None:
    answer = await ann.get("/api/sessions/", headers={"Origin": origin})
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert "Access-Control-Allow-Credentials" not in answer.headers
    asked = {"Origin": origin, "Access-Control-Request-Method": "DELETE"}
    preflight = await ann.request("OPTIONS", "/api/sessions/", headers=asked)
    assert (preflight.status_code == 200) is allowed


@pytest.mark.parametrize(
    "origin",
    ["*", "https://*", "https://*.example.com", "null", "app.example.com", "https://a/b", "https:"],
)
def test_what_is_no_single_origin_is_refused(database_url: str, origin: str) -> None:
    with pytest.raises(ValueError, match="list whole origins such as"):
        test_settings(database_url, cors_origins=origin)
