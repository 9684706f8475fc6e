"""Requests that no honest client sends, by the byte, to a real server: none gets round a route or
a limit, and none is answered with a 500.
"""

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.support.processes import Service, data_folder
from tests.support.wire import Heard, Wire, request

JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with (
        data_folder() as data,
        Service(data, SESSION_API_RATE_LIMITS="auth_failure=100000/minute") as running,
    ):
        yield running


@pytest.fixture
def token(service: Service) -> str:
    return f"Authorization: Bearer {service.token('ann')}"


def ask(service: Service, data: bytes) -> Heard:
    with Wire(service.port) as wire:
        return wire.send(data).hear()


def code(heard: Heard) -> tuple[int, str]:
    """Every refusal is a problem, also of what is hardly HTTP."""
    assert heard.headers["content-type"] == "application/problem+json", heard
    assert heard.headers["x-content-type-options"] == "nosniff"
    return heard.status, json.loads(heard.body)["code"]


HOSTS = {
    "twice": ["Host: a.example", "Host: b.example"],
    "twice the same": ["Host: a.example", "Host: a.example"],
    "none": [],
    "empty": ["Host: "],
    "a path in it": ["Host: a.example/evil"],
    "a user in it": ["Host: me@a.example"],
    "a query in it": ["Host: a.example?x="],
    "a fragment in it": ["Host: a.example#x"],
    "a space in it": ["Host: a.example b.example"],
    "a list": ["Host: a.example, b.example"],
    "bytes": [b"Host: \xff\xfe"],
    "a port that is none": ["Host: a.example:http"],
    "half an address": ["Host: [::1"],
    "long": ["Host: " + "a" * 300],
}


@pytest.mark.parametrize("lines", HOSTS.values(), ids=HOSTS)
def test_a_malformed_host_is_a_400(service: Service, lines: list[str | bytes]) -> None:
    heard = ask(service, request("GET /healthz HTTP/1.1", *lines, host=None))
    assert code(heard) == (400, "bad_request")


@pytest.mark.parametrize("host", ["a.example", "a.example:8000", "[::1]:80", "10.0.0.1", "a_b"])
def test_a_plain_host_is_fine(service: Service, host: str) -> None:
    assert ask(service, request("GET /healthz HTTP/1.1", host=host)).status == 200


def test_http_1_0_needs_no_host(service: Service) -> None:
    assert ask(service, request("GET /healthz HTTP/1.0", host=None)).status == 200


TARGETS = [
    *("//", "//api/sessions/", "/api//sessions/", "//evil.example/api/sessions/"),
    *("/@evil.example", "/api/sessions/@evil.example", "/api/sessions/active/messages/%40"),
    *("/api/%2e%2e/healthz", "/api/sessions/../../healthz", "/./healthz", "/healthz/..;/"),
    *("/api/sessions/%2f", "/%2fapi/sessions/", "/api/sessions/a%2Fb", "/api/sessions/%5cx"),
    *("/api/sessions/%00", "/api/sessions/%ff%fe", "/api/sessions/%ed%a0%80", "/api/sessions/%"),
    *("/api/sessions/%zz", "/api/sessions/x;a=b", "/api/sessions/x%0d%0aSet-Cookie:a=b"),
    *("/API/SESSIONS/", "/api/sessions/?limit=1&limit=%00", "/api/sessions/?" + "a" * 8000),
    *("/problems/%0d%0ax", "/problems/../metrics", "/docs/..%2fmetrics", "/api/objects/%2e%2e"),
    *("/static-offline-docs/..%2f..%2f..%2f..%2fetc/passwd", "/static-offline-docs/%00"),
    *("*", "@evil.example", "http://", "http://[", "?", "#", "api/sessions"),
    *("http://evil.example@localhost/healthz", "ftp://localhost/api/sessions/"),
]


@pytest.mark.parametrize("target", TARGETS)
def test_a_strange_address_shows_nothing_and_breaks_nothing(service: Service, target: str) -> None:
    """Without a token: whatever is answered with 200 has to be public."""
    heard = ask(service, request(f"GET {target} HTTP/1.1"))
    assert heard.status < 500, heard
    if heard.status == 200:  # they lead to public pages and back to nowhere else
        assert b"passwd" not in heard.body
        assert b'"status":"ok"' in heard.body or b"Session API" in heard.body, heard
    assert not any("set-cookie" in name for name in heard.headers)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://localhost/api/sessions/", 200),  # RFC 9112 § 3.2.2: must be taken
        ("http://evil.example/api/sessions/", 200),
        ("/api%2Fsessions%2F", 200),
        ("/api/sessions//", 404),
        ("//api/sessions/", 404),
        ("/api/../api/sessions/", 404),
    ],
)
def test_however_it_is_written_a_route_asks_for_a_token(
    service: Service, token: str, target: str, status: int
) -> None:
    """What leads to a route of somebody's leads past the same guard."""
    line = f"GET {target} HTTP/1.1"
    assert ask(service, request(line, token)).status == status
    assert ask(service, request(line)).status == (401 if status == 200 else 404)


def test_links_never_take_their_host_from_the_request_line(service: Service, token: str) -> None:
    session = httpx.post(f"{service.url}/api/sessions/", headers=_header(token), json={}).json()
    line = f"POST http://evil.example/api/sessions/{session['id']}/assets HTTP/1.1"
    body = b'{"name": "a", "content_type": "a/b", "size": 1}'
    heard = ask(service, request(line, token, JSON, host="good.example", body=body))
    assert json.loads(heard.body)["upload"]["url"].startswith("http://good.example/")


def _header(line: str) -> dict[str, str]:
    name, _, value = line.partition(": ")
    return {name: value}


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
FRAMINGS = {
    "two lengths": ["Content-Length: 2", "Content-Length: 44"],
    "a list of lengths": ["Content-Length: 2, 44"],
    "a length and chunks": ["Content-Length: 2", "Transfer-Encoding: chunked"],
    "chunks hidden": ["Content-Length: 2", "Transfer-Encoding: xchunked"],
    "chunks twice": ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
    "chunks not last": ["Transfer-Encoding: chunked, identity"],
    "a signed length": ["Content-Length: +2"],
    "a length below zero": ["Content-Length: -1"],
    "a length in hex": ["Content-Length: 0x2"],
    "a length of no end": ["Content-Length: " + "9" * 40],
    "a name with a space": ["Content-Length : 2"],
    "a folded line": ["X-A: b\r\n Content-Length: 2"],
    "a bare line feed": ["X-A: b\nContent-Length: 2\nX-B: c"],
    "a NUL": [b"X-A: \x00"],
    "no name": [": x"],
}


@pytest.mark.parametrize("lines", FRAMINGS.values(), ids=FRAMINGS)
def test_a_body_whose_length_can_be_read_in_two_ways_is_refused_and_ends_the_connection(
    service: Service, token: str, lines: list[str | bytes]
) -> None:
    with Wire(service.port) as wire:
        wire.send(request("POST /api/sessions/ HTTP/1.1", token, JSON, *lines) + b"{}" + SMUGGLED)
        assert code(wire.hear()) == (400, "bad_request")
        assert wire.is_closed_within(5)


DOUBLES = {
    "tokens": ["Authorization: Bearer x"],
    "types": ["Content-Type: application/json", "Content-Type: text/plain"],
    "request ids": ["X-Request-ID: a", "X-Request-ID: b"],
    "keys": ["Idempotency-Key: a", "Idempotency-Key: b"],
    "versions": ['If-Match: "1"', "If-Match: *"],
    "origins": ["Origin: https://a.example", "Origin: https://b.example"],
}


@pytest.mark.parametrize("lines", DOUBLES.values(), ids=DOUBLES)
def test_headers_that_are_there_twice_break_nothing(
    service: Service, token: str, lines: list[str]
) -> None:
    heard = ask(service, request("POST /api/sessions/ HTTP/1.1", token, JSON, *lines, body=b"{}"))
    assert heard.status < 500
    assert lines != DOUBLES["tokens"] or heard.status == 401


METHODS = ["HEAD", "TRACE", "OPTIONS", "CONNECT", "PROPFIND", "PURGE", "M-SEARCH", "get", "FOO"]


@pytest.mark.parametrize("method", METHODS)
def test_another_method_is_no_way_in(service: Service, method: str) -> None:
    with Wire(service.port) as wire:
        wire.send(request(f"{method} /api/sessions/ HTTP/1.1"))
        heard = wire.hear(has_body=method != "HEAD")
    assert 400 <= heard.status < 500


@pytest.mark.parametrize("kind", ["websocket", "h2c", "TLS/1.3, HTTP/1.1", ""])
def test_asking_for_another_protocol_is_no_way_in(service: Service, kind: str) -> None:
    asked = [f"Upgrade: {kind}", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    heard = ask(service, request("GET /api/sessions/ HTTP/1.1", *asked))
    assert 400 <= heard.status < 500


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL"])
def test_headers_of_other_frameworks_mean_nothing(service: Service, name: str) -> None:
    heard = ask(service, request("GET /api/sessions/ HTTP/1.1", f"{name}: /healthz"))
    assert heard.status == 401


def test_nothing_of_all_this_was_an_error(service: Service) -> None:
    assert "unexpected_error" not in service.output
    assert "Traceback" not in service.output
    assert service.readiness() == 200
