"""What every answer carries, and that a path is the same with and without its trailing slash."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.support.people import Person
from tests.support.workspace import has_workspace

CALLS: list[tuple[str, str, Any]] = [
    ("POST", "/api/sessions", {"name": "Lisbon"}),
    ("GET", "/api/sessions", None),
    ("GET", "/api/sessions/active", None),
    ("POST", "/api/sessions/recover", {}),
    ("GET", "/api/sessions/{session_id}", None),
    ("PUT", "/api/sessions/{session_id}", {"name": "Porto"}),
    ("PATCH", "/api/sessions/{session_id}", {"name": "Porto"}),
    ("POST", "/api/sessions/{session_id}/activity", None),
    ("POST", "/api/sessions/{session_id}/link-mission/{mission_id}", None),
    ("POST", "/api/sessions/{session_id}/messages", {"role": "user", "content": "hello"}),
    ("GET", "/api/sessions/{session_id}/messages", None),
    ("GET", "/api/sessions/{session_id}/messages/{message_id}", None),
    ("POST", "/api/missions", {"name": "a mission"}),
    ("GET", "/api/missions/{mission_id}", None),
    ("POST", "/api/sessions/{session_id}/assets", {"name": "a", "content_type": "a/b", "size": 1}),
    ("GET", "/api/sessions/{session_id}/assets", None),
    ("GET", "/api/audit", None),
    ("POST", "/api/sessions/{session_id}/complete", None),
    ("DELETE", "/api/sessions/{session_id}", None),
]


@pytest.mark.parametrize("spelt", [str, "{}/".format], ids=["bare", "slash"])
@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=lambda value: str(value)[:60])
async def test_a_path_answers_with_and_without_its_trailing_slash(
    ann: Person, method: str, path: str, body: Any, spelt: Callable[[str], str]
) -> None:
    ids = await has_workspace(ann)
    answer = await ann.request(method, spelt(path.format(**ids)), json=body)
    assert 200 <= answer.status_code < 300
    assert not answer.history


async def test_two_trailing_slashes_are_another_path(ann: Person) -> None:
    session = await ann.has_session()
    assert (await ann.get(f"/api/sessions/{session['id']}//")).status_code == 404


@pytest.mark.parametrize("sent", ["abc", "a.b_c:d/e+f=g-h", "x" * 128])
async def test_a_sane_request_id_comes_back(ann: Person, sent: str) -> None:
    answer = await ann.get("/api/sessions/", headers={"X-Request-ID": sent})
    assert answer.headers["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 129, "a b", "<script>", b"\xff", b"a\x7f", "{{7*7}}"])
async def test_a_request_id_that_is_not_sane_is_replaced(ann: Person, sent: str | bytes) -> None:
    headers = httpx.Headers([(b"X-Request-ID", sent if isinstance(sent, bytes) else sent.encode())])
    answer = await ann.get("/api/sessions/", headers=headers)
    assert UUID(answer.headers["X-Request-ID"]).version == 7


async def test_a_refusal_names_its_request_in_header_and_body(ann: Person) -> None:
    answer = await ann.get("/api/sessions/nowhere", headers={"X-Request-ID": "mine"})
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"] == "mine"


async def test_requests_without_an_id_get_one_each(stranger: httpx.AsyncClient) -> None:
    ids = {(await stranger.get("/healthz")).headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


async def test_what_has_an_etag_may_be_kept_by_its_owner_and_asked_again(ann: Person) -> None:
    session = await ann.has_session()
    path = f"/api/sessions/{session['id']}"
    shown = await ann.get(path)
    unchanged = await ann.get(path, headers={"If-None-Match": shown.headers["ETag"]})
    for answer in (shown, unchanged):
        assert "ETag" in answer.headers
        assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path", ["/api/sessions/", "/api/sessions/nowhere", "/api/nothing"])
async def test_what_has_no_etag_is_kept_by_nobody(ann: Person, path: str) -> None:
    answer = await ann.get(path)
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_refusal_of_a_stranger_is_kept_by_nobody(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/api/sessions/")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (401, "no-store")
