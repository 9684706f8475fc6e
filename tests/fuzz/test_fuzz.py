"""A few thousand hostile requests: no error of ours, no leak; and the looking itself is tried."""

import os

import pytest

from tests.fuzz.requests import Made
from tests.fuzz.run import CANARY, fault_of, fuzz, fuzzable

REQUESTS = int(os.environ.get("SESSION_API_TEST_FUZZ_REQUESTS", "2000"))
SEED = 20261121

_ASKED = Made("get_session", "GET", b"")
_HEAD = b"HTTP/1.1 200 OK\r\nx-request-id: 1\r\n\r\n"


async def test_hostile_requests_find_no_error_and_nothing_of_anybody_else() -> None:
    with fuzzable() as service:
        found = await fuzz(service, requests=REQUESTS, seed=SEED)
    assert found.faults == [], f"seed {SEED}"
    # They reach further than the gate.
    assert found.statuses[200] > REQUESTS / 20, found.statuses
    assert {401, 403, 404, 405, 409, 412, 415, 422} <= set(found.statuses)


@pytest.mark.parametrize(
    ("status", "head", "body"),
    [
        (500, _HEAD, b"{}"),
        (200, _HEAD, CANARY.encode()),
        (200, _HEAD.replace(b"id: 1", f"id: {CANARY}".encode()), b""),
        (200, b"HTTP/1.1 200 OK\r\n\r\n", b"{}"),
        (404, _HEAD, b"Not Found"),
        (404, _HEAD, b'{"code": "token_missing", "status": 404}'),
        (404, _HEAD, b'{"code": "no_such_code", "status": 404}'),
    ],
)
def test_what_is_wrong_with_an_answer_is_seen(status: int, head: bytes, body: bytes) -> None:
    assert fault_of(_ASKED, status, head, body) is not None


def test_a_sound_answer_is_let_pass() -> None:
    assert fault_of(_ASKED, 200, _HEAD, b"{}") is None
    assert fault_of(_ASKED, 404, _HEAD, b'{"code": "session_not_found", "status": 404}') is None
