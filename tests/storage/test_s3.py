"""What only the S3 store has: forms, another name for browsers, stores that are believed."""

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import aioboto3
import pytest

from session_api.assets.storage import Part
from session_api.assets.storage.s3 import S3Store
from tests.storage.conftest import bucket
from tests.storage.places import MOTO, Place, new_key
from tests.support.people import MovableClock
from tests.support.servers import BUCKET

HELLO = b"hello world"


@asynccontextmanager
async def store_with(
    options: str, place: Place, boto: aioboto3.Session, address: str = "http://127.0.0.1:1"
) -> AsyncIterator[Place]:
    """A store with these options in its URL."""
    store = S3Store(bucket(address, options), place.clock, boto)
    await store.open()
    yield replace(place, store=store)
    await store.close()


def signed_headers(url: str) -> set[str]:
    return set(parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"][0].split(";"))


async def test_a_ticket_binds_all_that_was_announced(moto_place: Place) -> None:
    upload = moto_place.upload(HELLO)
    ticket = await moto_place.ticket(upload)
    assert signed_headers(ticket.url) == {
        "host",
        "content-length",
        "content-type",
        "if-none-match",
        "x-amz-checksum-sha256",
    }
    assert set(ticket.headers) == {"Content-Type", "If-None-Match", "x-amz-checksum-sha256"}
    (lasts,) = parse_qs(urlsplit(ticket.url).query)["X-Amz-Expires"]
    assert 290 <= int(lasts) <= 300


async def test_overwriting_can_be_left_to_stores_that_do_not_know_the_header(
    moto_place: Place, boto: aioboto3.Session
) -> None:
    async with store_with("&overwriting=possible", moto_place, boto) as place:
        ticket = await place.ticket(place.upload(HELLO, digest=False))
        assert signed_headers(ticket.url) == {"host", "content-length", "content-type"}


async def test_a_form_binds_all_that_was_announced(
    moto_place: Place, moto_server: str, boto: aioboto3.Session
) -> None:
    assert "form" in MOTO  # it takes any; what a real store would hold it against is shown here
    async with store_with("&upload=post", moto_place, boto, moto_server) as place:
        upload = place.upload(HELLO)
        ticket = await place.ticket(upload)
        assert ticket.method == "POST"
        assert ticket.fields is not None
        answer = await place.http.post(
            ticket.url, data=ticket.fields, files={"file": ("name", HELLO)}
        )
        assert answer.is_success
        assert await place.store.sha256(upload.key) == hashlib.sha256(HELLO).hexdigest()
    policy = json.loads(base64.b64decode(ticket.fields["policy"]))
    conditions = policy["conditions"]
    assert ["content-length-range", 11, 11] in conditions
    for name in ("key", "Content-Type", "x-amz-checksum-sha256", "x-amz-checksum-algorithm"):
        assert {name: ticket.fields[name]} in conditions
    assert {"bucket": BUCKET} in conditions
    assert ticket.fields["key"].endswith(upload.key)


async def test_browsers_are_told_the_name_they_know(
    moto_place: Place, boto: aioboto3.Session
) -> None:
    options = "&public_endpoint=https://files.example.com"
    async with store_with(options, moto_place, boto) as place:
        ticket = await place.ticket(place.upload(HELLO))
        link = await place.link(new_key())
    for url in (ticket.url, link):
        assert url.startswith(f"https://files.example.com/{BUCKET}/")
        assert "127.0.0.1" not in url


async def test_a_bucket_can_be_part_of_the_host(moto_place: Place, boto: aioboto3.Session) -> None:
    options = "&public_endpoint=https://files.example.com&addressing=virtual"
    async with store_with(options, moto_place, boto) as place:
        link = await place.link(new_key())
    assert link.startswith(f"https://{BUCKET}.files.example.com/")


@pytest.mark.parametrize(
    "options",
    [
        "",
        "&upload=post",
        "&addressing=virtual",
        "&public_endpoint=https://files.example.com:444",
        "&public_endpoint=https://files.example.com&addressing=virtual",
        "&public_endpoint=https://files.example.com&addressing=virtual&upload=post",
    ],
)
async def test_its_origin_is_that_of_all_it_signs(
    moto_place: Place, boto: aioboto3.Session, options: str
) -> None:
    async with store_with(options, moto_place, boto, "http://store.test:8333") as place:
        origin = await place.store.browser_origin()
        upload = place.upload(HELLO)
        part = Part(1, 0, upload.size)
        in_parts = await place.store.part_ticket(upload, "an-upload", part, base_url="")
        signed = [(await place.ticket(upload)).url, in_parts.url, await place.link(new_key())]
    assert [f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in signed] == [origin] * 3


async def test_a_store_that_compares_is_believed(
    rclone_place: Place, rclone_server: str, boto: aioboto3.Session
) -> None:
    # rclone does not compare, which is why it is not to be believed; but it says what it was told.
    async with store_with("&digests=trusted", rclone_place, boto, rclone_server) as place:
        upload = place.upload(HELLO)
        assert await place.send(await place.ticket(upload), HELLO)
        stored = await place.store.stat(upload.key)
        assert stored is not None
        assert stored.sha256 == upload.sha256 == await place.store.sha256(upload.key)


async def test_the_credentials_sign_and_are_never_shown(moto_place: Place) -> None:
    ticket = await moto_place.ticket(moto_place.upload(HELLO))
    assert "the-secret-key" not in repr(ticket)
    assert re.search(r"X-Amz-Signature=[0-9a-f]{64}", ticket.url)


async def test_a_link_never_outlives_what_s3_allows(moto_place: Place) -> None:
    clock = MovableClock()
    clock.move(days=30)
    link = await moto_place.link(new_key(), expires_at=clock())
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["604800"]
