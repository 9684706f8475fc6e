"""Records beside the objects: written once, found by name, and never taken for an object."""

import asyncio
import secrets

import pytest

from tests.storage.places import Place

NAME = "audit/0190f1f0-2d10-7b21-8c3d-5e6f708192a3/0000000000000000001-20261121t120000z-ab"


async def _names(place: Place, prefix: str = "audit/") -> set[str]:
    return {name async for name in place.store.records.names(prefix)}


async def test_a_record_is_kept_and_read_and_never_written_over(place: Place) -> None:
    records = place.store.records
    assert await records.read(NAME) is None
    assert await _names(place) == set()
    assert await records.keep(NAME, b"first")
    assert not await records.keep(NAME, b"second")
    assert await records.read(NAME) == b"first"
    assert await _names(place) == {NAME}
    assert await _names(place, NAME.rpartition("/")[0] + "/") == {NAME}
    assert await _names(place, "other/") == set()
    await records.drop([NAME])
    await records.drop([NAME])
    assert await records.read(NAME) is None


async def test_a_record_is_no_object_and_no_upload(place: Place) -> None:
    await place.store.records.keep(NAME, b"a head")
    assert [found async for found in place.store.walk()] == []
    assert [found async for found in place.store.walk_unfinished()] == []


async def test_of_many_that_write_at_once_each_record_is_whole(place: Place) -> None:
    names = [f"audit/log/{number:03d}" for number in range(20)]
    contents = [secrets.token_bytes(2000) for _ in names]
    records = place.store.records
    await asyncio.gather(*map(records.keep, names, contents))
    assert await _names(place) == set(names)
    assert [await records.read(name) for name in names] == contents


async def test_no_more_is_read_than_a_record_may_have(place: Place) -> None:
    await place.store.records.keep(NAME, bytes(200_000))
    assert len(await place.store.records.read(NAME) or b"") == 64 * 1024


@pytest.mark.parametrize(
    "name",
    [
        *("", "audit", "audit/", "/audit/x", "audit//x", "audit/../x", "audit/.", "Audit/x"),
        *("audit/x\0", "audit/x y", "audit/a/b/c/d/e", f"audit/{'x' * 65}", "audit\\x/y"),
    ],
)
async def test_a_name_that_is_none_is_refused(place: Place, name: str) -> None:
    for work in (
        place.store.records.read(name),
        place.store.records.keep(name, b"x"),
        place.store.records.drop([name]),
    ):
        with pytest.raises(ValueError, match="not a name"):
            await work
