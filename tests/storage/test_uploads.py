"""Bringing a file in one request: whole, as announced, in time and under its own key; or not."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from session_api.problems import PayloadTooLarge, UploadMismatch
from tests.storage.places import (
    MIB,
    Place,
    altered,
    breaking,
    chunked,
    cut_off,
    endless,
    new_key,
)
from tests.support.waiting import WAIT_SECONDS

HELLO = b"hello world"


@pytest.mark.parametrize("content", [b"", HELLO, bytes(range(256)) * 9000])
@pytest.mark.parametrize("digest", [True, False])
async def test_a_ticket_brings_a_file(place: Place, content: bytes, digest: bool) -> None:
    upload = place.upload(content, digest=digest)
    ticket = await place.ticket(upload)
    assert (ticket.expires_at, ticket.fields) == (upload.expires_at, None)
    assert await place.send(ticket, content)
    stored = await place.store.stat(upload.key)
    assert stored is not None
    assert (stored.key, stored.size) == (upload.key, len(content))
    assert await place.store.sha256(upload.key) == hashlib.sha256(content).hexdigest()
    assert stored.sha256 in (None, hashlib.sha256(content).hexdigest())


async def test_tickets_and_links_lead_where_it_says(place: Place) -> None:
    origin = await place.store.browser_origin()
    assert (origin is None) is (place.name == "filesystem")
    for url in ((await place.ticket(place.upload())).url, await place.link(new_key())):
        assert url.startswith(f"{origin or place.base_url}/")


@pytest.mark.parametrize("content", [b"hello worlds", b"hello worl", b""])
async def test_another_size_is_refused(place: Place, content: bytes) -> None:
    upload = place.upload(HELLO, digest=False)
    taken = await place.send(await place.ticket(upload), content)
    place.refuses("size", taken)
    if not taken:
        assert await place.holds_nothing()


async def test_other_bytes_are_refused_or_found_out(place: Place) -> None:
    upload = place.upload(HELLO)
    other = HELLO[::-1]
    taken = await place.send(await place.ticket(upload), other)
    place.refuses("digest", taken)
    if taken:
        # The service compares it when the upload is completed; what matters is not to be lied to.
        stored = await place.store.stat(upload.key)
        assert stored is not None
        assert stored.sha256 is None
        assert await place.store.sha256(upload.key) == hashlib.sha256(other).hexdigest()
    else:
        assert await place.holds_nothing()


async def test_another_content_type_is_refused(place: Place) -> None:
    upload = place.upload(HELLO)
    headers = {"Content-Type": "text/html"}
    taken = await place.send(await place.ticket(upload), HELLO, headers=headers)
    place.refuses("type", taken)


async def test_an_altered_ticket_is_refused(place: Place) -> None:
    upload = place.upload(HELLO)
    ticket = await place.ticket(upload)
    tried = list(altered(ticket.url))
    assert len(tried) >= 3
    for url in tried:
        if urlsplit(url).path == urlsplit(ticket.url).path or place.name == "filesystem":
            taken = await place.send(ticket, HELLO, url=url)
            if place.name != "moto":  # whose keys stay taken by what it let in
                place.refuses("signature", taken)
    if place.name != "moto":
        assert await place.holds_nothing()


async def test_a_ticket_is_good_for_one_key(place: Place) -> None:
    mine, other = place.upload(HELLO), place.upload(HELLO)
    ticket = await place.ticket(mine)
    if place.name == "filesystem":
        # Its tickets name no key that could be exchanged: what is signed is all there is.
        mixed = (await place.ticket(other)).url[:-30] + ticket.url[-30:]
    else:
        mixed = ticket.url.replace(mine.key, other.key)
    place.refuses("signature", await place.send(ticket, HELLO, url=mixed))


async def test_a_late_upload_is_refused(place: Place) -> None:
    upload = place.upload(HELLO)
    if place.name == "filesystem":
        ticket = await place.ticket(upload)
        place.clock.move(minutes=5)
    else:
        place.clock.move(minutes=4, seconds=59)  # a second is left, and the store's clock is real
        ticket = await place.ticket(upload)
        await asyncio.sleep(0 if "expiry" in place.lets_through else 2.1)
    place.refuses("expiry", await place.send(ticket, HELLO))


async def test_a_cut_upload_leaves_nothing(place: Place) -> None:
    content = b"x" * (2 * MIB)
    upload = place.upload(content)
    await cut_off(await place.ticket(upload), content[:MIB], announced=len(content))
    await place.empties()
    # And the ticket is still good.
    assert await place.send(await place.ticket(upload), content)


async def test_a_finished_object_is_never_overwritten(place: Place) -> None:
    upload = place.upload(HELLO, digest=False)
    ticket = await place.ticket(upload)
    assert await place.send(ticket, HELLO)
    place.refuses("overwriting", await place.send(ticket, HELLO[::-1]))
    if "overwriting" not in place.lets_through:
        digest = hashlib.sha256(HELLO).hexdigest()
        assert await place.store.sha256(upload.key) == digest


# Through the service


@pytest.mark.parametrize("size", [0, 11, 9 * MIB + 7])
async def test_a_file_of_unknown_size_is_written(place: Place, size: int) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    key = new_key()
    stored = await place.store.write(
        key, chunked(content), content_type="text/plain", limit=64 * MIB
    )
    assert (stored.key, stored.size) == (key, size)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert await place.store.sha256(key) == stored.sha256
    found = await place.store.stat(key)
    assert found is not None
    assert found.size == size
    assert [each async for each in place.store.walk_unfinished()] == []


@pytest.mark.parametrize("size", [12, 9 * MIB])
async def test_more_than_the_limit_is_refused_and_leaves_nothing(place: Place, size: int) -> None:
    with pytest.raises(PayloadTooLarge) as refusal:
        await place.store.write(
            new_key(), chunked(b"x" * size), content_type="text/plain", limit=size - 1
        )
    assert refusal.value.members == {"limit_bytes": size - 1}
    assert await place.holds_nothing()


@pytest.mark.parametrize("size", [12, 9 * MIB])
@pytest.mark.parametrize("wrong", [{"size": 7}, {"sha256": "0" * 64}])
async def test_other_than_announced_is_refused_and_leaves_nothing(
    place: Place, size: int, wrong: dict[str, str | int]
) -> None:
    with pytest.raises(UploadMismatch):
        await place.store.write(
            new_key(),
            chunked(b"x" * size),
            content_type="text/plain",
            limit=64 * MIB,
            **wrong,  # type: ignore[arg-type]
        )
    assert await place.holds_nothing()


@pytest.mark.parametrize("size", [12, 9 * MIB])
async def test_a_source_that_breaks_leaves_nothing(place: Place, size: int) -> None:
    with pytest.raises(ConnectionResetError):
        await place.store.write(
            new_key(), breaking(b"x" * size), content_type="text/plain", limit=64 * MIB
        )
    assert await place.holds_nothing()


async def test_a_cancelled_write_leaves_nothing(place: Place) -> None:
    under_way = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        sent = 0
        async for chunk in endless():
            yield chunk
            sent += len(chunk)
            if sent > 8 * MIB:  # a first part went to S3, so that the upload has its id
                under_way.set()

    writing = asyncio.create_task(
        # S3 takes ten thousand parts: so large are they.
        place.store.write(new_key(), source(), content_type="text/plain", limit=8 * MIB * 10_000)
    )
    async with asyncio.timeout(WAIT_SECONDS):
        await under_way.wait()
    await asyncio.sleep(0.02)  # in the middle of the next one
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await place.holds_nothing()


async def test_writing_the_same_again_is_fine_and_other_bytes_are_not(place: Place) -> None:
    key = new_key()

    async def write(content: bytes) -> None:
        await place.store.write(key, chunked(content), content_type="text/plain", limit=100)

    await write(HELLO)
    await write(HELLO)
    if "overwriting" not in place.lets_through:
        with pytest.raises(UploadMismatch):
            await write(HELLO[::-1])
        assert await place.store.sha256(key) == hashlib.sha256(HELLO).hexdigest()


async def test_a_store_is_marked_by_the_first_and_given_to_another_only_on_purpose(
    place: Place,
) -> None:
    store = place.store
    assert await store.claim("one", from_another=True)  # a bucket may serve several tests
    assert await store.claim("one")
    assert not await store.claim("two")
    assert await store.claim("one")
    assert await store.claim("two", from_another=True)
    assert await store.claim("two")
    assert not await store.claim("one")
    assert [found.key async for found in store.walk() if "installation" in found.key] == []
