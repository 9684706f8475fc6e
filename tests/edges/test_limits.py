"""What comes in too large, too slowly or for too long is let go, and costs nobody else anything."""

import asyncio
import json
import time
from collections.abc import Iterator

import asyncpg
import pytest

from tests.support.processes import Service, data_folder
from tests.support.waiting import WAIT_SECONDS
from tests.support.wire import Wire, request

HEAD_BYTES = 8192
HEAD_SECONDS = 1.0
BODY_SECONDS = 1.0
REQUEST_SECONDS = 2.0
GRACE_SECONDS = 4.0  # for a machine that does much else
JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    limits = {
        "SESSION_API_MAX_HEAD_BYTES": str(HEAD_BYTES),
        "SESSION_API_HEAD_TIMEOUT": str(HEAD_SECONDS),
        "SESSION_API_BODY_TIMEOUT": str(BODY_SECONDS),
        "SESSION_API_REQUEST_TIMEOUT": str(REQUEST_SECONDS),
        "SESSION_API_POOL_SIZE": "1",
    }
    with data_folder() as data, Service(data, **limits) as running:
        yield running


@pytest.fixture
def token(service: Service) -> str:
    return f"Authorization: Bearer {service.token('ann')}"


def code(heard_body: bytes) -> str:
    return str(json.loads(heard_body)["code"])


@pytest.mark.parametrize(
    "headers",
    [[f"X-Long: {'a' * HEAD_BYTES}"], [f"X-{n}: {'a' * 90}" for n in range(95)]],
    ids=["long", "in sum"],
)
def test_headers_that_are_too_large_are_a_431(service: Service, headers: list[str]) -> None:
    with Wire(service.port) as wire:
        heard = wire.send(request("GET /healthz HTTP/1.1", *headers)).hear()
    assert (heard.status, code(heard.body)) == (431, "headers_too_large")
    assert heard.headers["x-request-id"]


def test_headers_without_an_end_are_a_431_before_they_end(service: Service) -> None:
    with Wire(service.port) as wire:
        wire.send(b"GET /healthz HTTP/1.1\r\nX-Long: ")
        wire.send(b"a" * (HEAD_BYTES + 1))
        heard = wire.hear()
        assert (heard.status, code(heard.body)) == (431, "headers_too_large")
        assert wire.is_closed_within(GRACE_SECONDS)


def test_too_many_headers_are_a_431(service: Service) -> None:
    many = [f"X-{number}: a" for number in range(120)]
    with Wire(service.port) as wire:
        assert wire.send(request("GET /healthz HTTP/1.1", *many)).hear().status == 431
        # One such request ends nothing: the next is a new one.
        assert wire.send(request("GET /healthz HTTP/1.1")).hear().status == 200


def test_as_much_as_may_be_is_read(service: Service) -> None:
    allowed = f"X-Long: {'a' * (HEAD_BYTES - 200)}"
    with Wire(service.port) as wire:
        for _ in range(3):
            assert wire.send(request("GET /healthz HTTP/1.1", allowed)).hear().status == 200


def test_a_head_that_trickles_in_is_given_up(service: Service) -> None:
    started = time.monotonic()
    with Wire(service.port) as wire:
        wire.send(b"GET /healthz HTTP/1.1\r\n")
        wire.socket.settimeout(HEAD_SECONDS / 10)
        heard = b""
        while not heard and time.monotonic() - started < HEAD_SECONDS + GRACE_SECONDS:
            wire.send(b"X-A: b\r\n")
            try:
                heard = wire.socket.recv(65536)
            except TimeoutError:
                continue
        assert heard.startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - started >= HEAD_SECONDS * 0.9


def test_a_connection_that_says_nothing_is_closed(service: Service) -> None:
    with Wire(service.port) as wire:
        assert wire.is_closed_within(HEAD_SECONDS + GRACE_SECONDS)


def test_a_body_that_trickles_in_is_a_408_and_holds_no_connection_to_the_database(
    service: Service, token: str
) -> None:
    with Wire(service.port) as slow:
        slow.send(request("POST /api/sessions/ HTTP/1.1", token, JSON, "Content-Length: 1000"))
        slow.send(b"{")
        # The pool has one connection, and it is free.
        with Wire(service.port) as other:
            answer = other.send(request("GET /api/sessions/ HTTP/1.1", token)).hear()
            assert answer.status == 200
        started = time.monotonic()
        slow.socket.settimeout(BODY_SECONDS / 10)
        heard = b""
        while not heard and time.monotonic() - started < BODY_SECONDS + GRACE_SECONDS:
            slow.send(b" ")
            try:
                heard = slow.socket.recv(65536)
            except TimeoutError:
                continue
        assert heard.startswith(b"HTTP/1.1 408 ")
        assert slow.is_closed_within(GRACE_SECONDS)


def test_a_body_of_which_nothing_comes_is_a_408(service: Service, token: str) -> None:
    with Wire(service.port) as wire:
        wire.send(request("POST /api/sessions/ HTTP/1.1", token, JSON, "Content-Length: 1000"))
        heard = wire.hear()
    assert (heard.status, code(heard.body)) == (408, "request_timeout")
    assert heard.closed


def test_a_file_that_does_not_move_is_a_408(service: Service, token: str) -> None:
    kind = "Content-Type: multipart/form-data; boundary=b"
    with Wire(service.port) as wire:
        made = wire.send(request("POST /api/sessions/ HTTP/1.1", token, JSON, body=b"{}")).hear()
        path = f"/api/sessions/{json.loads(made.body)['id']}/assets/upload"
        wire.send(request(f"POST {path} HTTP/1.1", token, kind, "Content-Length: 1000"))
        wire.send(b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc')
        heard = wire.hear()
    assert (heard.status, code(heard.body)) == (408, "request_timeout")


def test_a_slow_body_may_take_its_time_within_the_limit(service: Service, token: str) -> None:
    with Wire(service.port) as wire:
        wire.send(request("POST /api/sessions/ HTTP/1.1", token, JSON, "Content-Length: 2"))
        wire.send(b"{")
        assert not wire.is_closed_within(BODY_SECONDS / 4)
        wire.socket.settimeout(10)
        assert wire.send(b"}").hear().status == 201


def test_what_follows_a_refusal_is_read_only_for_a_while(service: Service, token: str) -> None:
    with Wire(service.port) as wire:
        length = "Content-Length: 100000000000"
        wire.send(request("POST /api/sessions/ HTTP/1.1", token, JSON, length))
        heard = wire.hear()
        assert (heard.status, code(heard.body)) == (413, "payload_too_large")
        assert wire.is_closed_within(HEAD_SECONDS + GRACE_SECONDS)


async def test_a_request_that_takes_too_long_is_a_503_and_its_connection_is_not_used_again(
    service: Service,
) -> None:
    pids = "SELECT pid FROM pg_stat_activity WHERE application_name = 'session-api'"
    async with service.client() as ann:
        session = (await ann.post("/api/sessions/", json={})).json()
        before = {row["pid"] for row in await service.query(pids)}
        holder = await asyncpg.connect(service.database_url)
        async with holder.transaction():
            await holder.execute("SELECT FROM user_sessions FOR UPDATE")
            answer = await ann.patch(f"/api/sessions/{session['id']}", json={"name": "late"})
        await holder.close()
        assert (answer.status_code, answer.json()["code"]) == (503, "timed_out")
        assert answer.headers["Retry-After"]
        # What was given up changed nothing, and the pool of one works on.
        kept = await ann.get(f"/api/sessions/{session['id']}")
        assert (kept.status_code, kept.json()["version"]) == (200, session["version"])
        assert before
        async with asyncio.timeout(WAIT_SECONDS):
            while before & {row["pid"] for row in await service.query(pids)}:  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # a process takes its time to end


def test_a_refusal_arrives_where_its_client_is_still_sending(service: Service) -> None:
    """Closed over bytes that nobody has read, a connection is reset, and the answer lost."""
    for headers in ([], ["Connection: close"]):
        with Wire(service.port) as wire:
            length = "Content-Length: 4000000"
            wire.send(request("POST /api/sessions/ HTTP/1.1", JSON, length, *headers))
            for _ in range(40):
                wire.send(b" " * 100_000)
            assert wire.hear().status == 401


def test_an_answer_comes_in_one_piece(service: Service) -> None:
    with Wire(service.port) as wire:
        for _ in range(100):
            heard = wire.send(request("GET /healthz HTTP/1.1")).socket.recv(65536)
            head, _, body = heard.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            assert f"content-length: {len(body)}".encode() in head.lower()


def test_an_answer_to_a_head_request_ends_with_its_head(service: Service) -> None:
    with Wire(service.port) as wire:
        for _ in range(3):
            heard = wire.send(request("HEAD /docs HTTP/1.1")).hear(has_body=False)
            assert heard.status in (200, 405)
