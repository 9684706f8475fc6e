"""The filesystem store's tickets over HTTP, through the whole service."""

from collections.abc import AsyncIterator

import aioboto3
import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from session_api.assets.storage import Ticket
from session_api.assets.storage.filesystem import FilesystemStore
from session_api.assets.storage.s3 import S3Store
from tests.storage.conftest import ORIGIN, bucket
from tests.storage.places import MIB, Place, begun, chunked

HELLO = b"hello world"


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def put(
    place: Place, ticket: Ticket, content: bytes | AsyncIterator[bytes], **headers: str
) -> httpx.Response:
    return await place.http.put(ticket.url, headers=ticket.headers | headers, content=content)


async def test_each_refusal_has_its_code(filesystem: Place) -> None:
    place = filesystem
    ticket = await place.ticket(place.upload(HELLO))
    assert problem(await put(place, ticket, b"longer than it")) == (409, "upload_mismatch")
    assert problem(await put(place, ticket, HELLO[::-1])) == (409, "upload_mismatch")
    wrong_type = await put(place, ticket, HELLO, **{"Content-Type": "text/html"})
    assert problem(wrong_type) == (409, "upload_mismatch")
    assert problem(await place.http.put(ticket.url[:-1], content=HELLO)) == (403, "ticket_invalid")
    assert (await put(place, ticket, HELLO)).status_code == 200
    assert (await put(place, ticket, HELLO)).status_code == 200
    place.clock.move(hours=1)
    late = await put(place, ticket, HELLO)
    assert problem(late) == (403, "ticket_invalid")
    assert late.json()["detail"] == "This link has expired."


async def test_a_body_in_chunks_is_counted_as_it_comes(filesystem: Place) -> None:
    place = filesystem
    ticket = await place.ticket(place.upload(HELLO))
    assert problem(await put(place, ticket, chunked(HELLO + b"!"))) == (413, "payload_too_large")
    assert problem(await put(place, ticket, chunked(HELLO[:-1]))) == (409, "upload_mismatch")
    assert await place.holds_nothing()
    assert (await put(place, ticket, chunked(HELLO))).status_code == 200


async def test_a_ticket_serves_its_purpose_only(filesystem: Place) -> None:
    place = filesystem
    upload = place.upload(HELLO)
    ticket = await place.ticket(upload)
    link = await place.link(await place.has(HELLO))
    assert problem(await place.http.get(ticket.url)) == (403, "ticket_invalid")
    assert problem(await place.http.put(link, content=HELLO)) == (403, "ticket_invalid")


async def test_other_methods_are_refused(filesystem: Place) -> None:
    link = await filesystem.link(await filesystem.has(HELLO))
    for method in ("POST", "DELETE", "PATCH"):
        assert problem(await filesystem.http.request(method, link)) == (405, "method_not_allowed")


async def test_another_stores_app_has_no_such_routes(
    filesystem: Place, service: tuple[FastAPI, str], boto: aioboto3.Session
) -> None:
    link = await filesystem.link(await filesystem.has(HELLO))
    service[0].state.object_store = S3Store(bucket("http://127.0.0.1:1"), filesystem.clock, boto)
    assert problem(await filesystem.http.get(link)) == (404, "not_found")


async def test_a_download_can_neither_run_nor_be_guessed_at(filesystem: Place) -> None:
    key = await filesystem.has(b"<script>")
    link = await filesystem.link(key, name="a.html", content_type="text/html")
    answer = await filesystem.http.get(link)
    headers = answer.headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment; ")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Cache-Control"].startswith("private, max-age=2")
    assert headers["Accept-Ranges"] == "bytes"


async def test_head_tells_and_sends_nothing(filesystem: Place) -> None:
    link = await filesystem.link(await filesystem.has(HELLO))
    answer = await filesystem.http.head(link)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == "11"


@pytest.mark.parametrize(
    "wanted", ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5", "bytes=", "bytes=-", "x"]
)
async def test_a_range_that_is_not_one_is_left_unread(filesystem: Place, wanted: str) -> None:
    link = await filesystem.link(await filesystem.has(HELLO))
    answer = await filesystem.http.get(link, headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (200, HELLO)


async def test_a_range_goes_on_only_with_the_same_file(filesystem: Place) -> None:
    link = await filesystem.link(await filesystem.has(HELLO))
    tag = (await filesystem.http.get(link)).headers["ETag"]
    for condition, status in ((tag, 206), ('"another"', 200)):
        headers = {"Range": "bytes=1-2", "If-Range": condition}
        assert (await filesystem.http.get(link, headers=headers)).status_code == status


async def test_a_browser_of_a_configured_origin_may_bring_and_fetch(filesystem: Place) -> None:
    place = filesystem
    ticket = await place.ticket(place.upload(HELLO))
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = await place.http.options(ticket.url, headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    answer = await put(place, ticket, HELLO, Origin=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    link = await place.link(await place.has(HELLO))
    fetched = await place.http.get(link, headers={"Origin": ORIGIN})
    assert fetched.headers["Access-Control-Allow-Origin"] == ORIGIN
    stranger = await place.http.get(link, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers


async def test_the_log_names_no_ticket(filesystem: Place) -> None:
    ticket = await filesystem.ticket(filesystem.upload(HELLO))
    with capture_logs() as logs:
        await put(filesystem, ticket, b"something else")
    (line,) = logs
    assert (line["route"], line["status"]) == ("/api/objects/{ticket}", 409)
    assert ticket.url.rpartition("/")[2] not in str(logs)


async def test_an_upload_that_stands_still_is_given_up(
    filesystem: Place,
) -> None:
    assert isinstance(filesystem.store, FilesystemStore)
    filesystem.store.stall_seconds = 0.1
    upload = filesystem.upload(b"x" * MIB)
    answer = await begun(await filesystem.ticket(upload), b"x" * 1000, announced=MIB)
    assert answer.startswith(b"HTTP/1.1 409 ")
    assert b"upload_incomplete" in answer
    assert await filesystem.holds_nothing()
