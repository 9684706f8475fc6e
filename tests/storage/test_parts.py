"""Bringing a file in parts: in any order, from anywhere, again after the line broke."""

import hashlib
from dataclasses import replace
from itertools import pairwise

import pytest

from session_api.assets.storage import (
    MIN_PART_BYTES,
    Part,
    StoredObject,
    Upload,
    part_count,
    part_of,
)
from session_api.problems import UploadIncomplete
from tests.storage.places import Place

CONTENT = b"".join(b"%07d\n" % number for number in range(MIN_PART_BYTES // 8 + 1)) + b"the end"
"""Two parts, the second of them small."""


def part(number: int) -> Part:
    return part_of(len(CONTENT), number, part_size=MIN_PART_BYTES)


async def bring(place: Place, upload: Upload, upload_id: str, number: int, **changed: int) -> bool:
    wanted = part(number)
    ticket = await place.store.part_ticket(
        upload, upload_id, replace(wanted, **changed), base_url=place.base_url
    )
    return await place.send(ticket, CONTENT[wanted.offset : wanted.offset + wanted.size])


async def finish(place: Place, upload: Upload, upload_id: str) -> StoredObject:
    parts = await place.store.list_parts(upload.key, upload_id)
    return await place.store.finish_parts(upload.key, upload_id, parts)


async def test_parts_in_any_order_make_the_file(place: Place) -> None:
    upload = place.upload(CONTENT)
    upload_id = await place.store.begin_parts(upload)
    for number in (2, 1):
        assert await bring(place, upload, upload_id, number)
    assert await place.store.stat(upload.key) is None
    made = await finish(place, upload, upload_id)
    assert (made.key, made.size) == (upload.key, len(CONTENT))
    assert await place.store.sha256(upload.key) == hashlib.sha256(CONTENT).hexdigest()
    assert [each async for each in place.store.walk_unfinished()] == []
    assert [each.key async for each in place.store.walk()] == [upload.key]


async def test_a_client_that_was_lost_goes_on_with_what_is_missing(place: Place) -> None:
    upload = place.upload(CONTENT)
    upload_id = await place.store.begin_parts(upload)
    assert await place.store.list_parts(upload.key, upload_id) == []
    assert await bring(place, upload, upload_id, 1)
    # All that the next one knows is the upload's id.
    there = await place.store.list_parts(upload.key, upload_id)
    assert [(found.number, found.size) for found in there] == [(1, MIN_PART_BYTES)]
    assert await bring(place, upload, upload_id, 2)
    assert await bring(place, upload, upload_id, 1)  # once more: it does not know better
    assert (await finish(place, upload, upload_id)).size == len(CONTENT)
    assert await place.store.sha256(upload.key) == hashlib.sha256(CONTENT).hexdigest()


async def test_finishing_again_answers_the_same(place: Place) -> None:
    upload = place.upload(CONTENT)
    upload_id = await place.store.begin_parts(upload)
    for number in (1, 2):
        await bring(place, upload, upload_id, number)
    parts = await place.store.list_parts(upload.key, upload_id)
    made = await place.store.finish_parts(upload.key, upload_id, parts)
    assert await place.store.finish_parts(upload.key, upload_id, parts) == made


async def test_nothing_is_made_of_no_parts(place: Place) -> None:
    upload = place.upload(CONTENT)
    upload_id = await place.store.begin_parts(upload)
    with pytest.raises(UploadIncomplete):
        await place.store.finish_parts(upload.key, upload_id, [])
    assert await place.store.stat(upload.key) is None


async def test_nothing_is_made_of_a_part_that_is_not_there(place: Place) -> None:
    upload = place.upload(CONTENT)
    upload_id = await place.store.begin_parts(upload)
    await bring(place, upload, upload_id, 1)
    (there,) = await place.store.list_parts(upload.key, upload_id)
    with pytest.raises(UploadIncomplete):
        await place.store.finish_parts(
            upload.key, upload_id, [there, replace(there, number=2, size=7)]
        )
    assert await place.store.stat(upload.key) is None


async def test_nothing_is_made_of_a_part_that_changed_since_it_was_listed(place: Place) -> None:
    upload = place.upload(CONTENT)
    upload_id = await place.store.begin_parts(upload)
    await bring(place, upload, upload_id, 1)
    (there,) = await place.store.list_parts(upload.key, upload_id)
    with pytest.raises(UploadIncomplete):
        await place.store.finish_parts(upload.key, upload_id, [replace(there, tag=there.tag[::-1])])
    assert await place.store.stat(upload.key) is None


@pytest.mark.parametrize("size", [MIN_PART_BYTES - 1, MIN_PART_BYTES + 1])
async def test_a_part_of_another_size_is_refused(place: Place, size: int) -> None:
    upload = place.upload(CONTENT)
    upload_id = await place.store.begin_parts(upload)
    place.refuses("size", await bring(place, upload, upload_id, 1, size=size))


async def test_a_part_is_good_for_its_number_and_upload(place: Place) -> None:
    mine, other = place.upload(CONTENT), place.upload(CONTENT)
    mine_id, other_id = await place.store.begin_parts(mine), await place.store.begin_parts(other)
    ticket = await place.store.part_ticket(mine, mine_id, part(2), base_url=place.base_url)
    small = CONTENT[part(2).offset :]
    mixtures = (
        [ticket.url[:-1] + ("A" if ticket.url[-1] != "A" else "Q")]
        if place.name == "filesystem"  # there, nothing of it can be told apart
        else [
            ticket.url.replace("partNumber=2", "partNumber=1"),
            ticket.url.replace(mine.key, other.key).replace(mine_id, other_id),
        ]
    )
    for url in mixtures:
        assert url != ticket.url
        place.refuses("signature", await place.send(ticket, small, url=url))


async def test_an_upload_that_was_given_up_is_gone(place: Place) -> None:
    upload = place.upload(CONTENT)
    upload_id = await place.store.begin_parts(upload)
    await bring(place, upload, upload_id, 1)
    (found,) = [each async for each in place.store.walk_unfinished()]
    assert (found.key, found.upload_id) == (upload.key, upload_id)
    assert found.started_at.tzinfo is not None
    for _ in range(2):
        await place.store.abort_parts(upload.key, upload_id)
    assert await place.holds_nothing()
    with pytest.raises(UploadIncomplete):
        await place.store.list_parts(upload.key, upload_id)
    with pytest.raises(UploadIncomplete):
        await finish(place, upload, upload_id)
    assert not await bring(place, upload, upload_id, 2)
    assert await place.holds_nothing()


# Arithmetic


@pytest.mark.parametrize(
    ("size", "part_size", "count"),
    [
        (0, MIN_PART_BYTES, 0),
        (1, 1, 1),
        (MIN_PART_BYTES, MIN_PART_BYTES, 1),
        (MIN_PART_BYTES + 1, MIN_PART_BYTES, 2),
        (MIN_PART_BYTES * 10_000, MIN_PART_BYTES, 10_000),
    ],
)
def test_parts_cover_the_file(size: int, part_size: int, count: int) -> None:
    assert part_count(size, part_size=part_size) == count
    parts = [part_of(size, number + 1, part_size=part_size) for number in range(count)]
    assert sum(each.size for each in parts) == size
    for before, after in pairwise(parts):
        assert before.offset + before.size == after.offset
    for number in (0, count + 1):
        with pytest.raises(ValueError, match="no part"):
            part_of(size, number, part_size=part_size)


@pytest.mark.parametrize(
    ("size", "part_size"), [(100, 50), (MIN_PART_BYTES * 10_000 + 1, MIN_PART_BYTES)]
)
def test_parts_that_no_store_takes_are_refused(size: int, part_size: int) -> None:
    with pytest.raises(ValueError, match="can't be sent"):
        part_count(size, part_size=part_size)
