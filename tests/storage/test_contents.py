"""What is there: asking, walking, deleting; for whoever tidies up."""

from datetime import timedelta
from uuid import uuid4

import pytest

from session_api.assets.storage import object_key, session_prefix
from tests.storage.places import OWNER, SESSION, Place, chunked, new_key


async def test_what_is_not_there_is_none(place: Place) -> None:
    assert await place.store.stat(new_key()) is None
    assert await place.store.sha256(new_key()) is None
    assert await place.holds_nothing()


async def test_the_store_says_that_it_is_well(place: Place) -> None:
    await place.store.check()
    assert await place.holds_nothing()


async def test_walking_finds_all_objects_and_their_sizes(place: Place) -> None:
    keys = {await place.has(b"x" * size): size for size in (0, 1, 20)}
    found = [each async for each in place.store.walk()]
    assert {each.key: each.size for each in found} == keys
    for each in found:
        assert abs(each.modified_at - place.clock()) < timedelta(minutes=1)


async def test_walking_stays_below_its_prefix(place: Place) -> None:
    other = uuid4()
    for tenant, owner, session in (
        ("a", OWNER, SESSION),
        ("a", OWNER, other),
        ("a", other, SESSION),
        ("ab", OWNER, SESSION),
    ):
        key = object_key(tenant, owner, session, uuid4(), attempt=uuid4())
        await place.store.write(key, chunked(b"x"), content_type="text/plain", limit=1)

    async def below(prefix: str) -> int:
        return len([each async for each in place.store.walk(prefix)])

    assert await below("") == 4
    assert await below("a/") == 3
    assert await below(f"a/{OWNER}/") == 2
    assert await below(session_prefix("a", OWNER, SESSION)) == 1
    assert await below(session_prefix("b", OWNER, SESSION)) == 0


async def test_walking_goes_on_over_many_pages(filesystem: Place) -> None:
    # Pages of S3 hold a thousand, which takes too long to fill here; the paginator is botocore's.
    keys = {await filesystem.has(b"") for _ in range(300)}
    assert {each.key async for each in filesystem.store.walk()} == keys


async def test_deleting_is_repeatable_and_leaves_the_others(place: Place) -> None:
    gone, kept = await place.has(b"gone"), await place.has(b"kept")
    await place.store.delete([])
    for _ in range(2):
        await place.store.delete([gone, new_key()])
    assert await place.store.stat(gone) is None
    assert [each.key async for each in place.store.walk()] == [kept]


@pytest.mark.parametrize("key", ["", "../etc/passwd", "a/b/c/d", "/", "default/" * 4])
async def test_what_is_no_key_never_gets_near_the_store(place: Place, key: str) -> None:
    upload = place.upload()
    with pytest.raises(ValueError, match="not a key"):
        await place.store.stat(key)
    with pytest.raises(ValueError, match="not a key"):
        await place.store.delete([upload.key, key])
    with pytest.raises(ValueError, match="not a key"):
        await place.store.write(key, chunked(b""), content_type="text/plain", limit=1)
    with pytest.raises(ValueError, match="not a key"):
        await place.link(key)
    with pytest.raises(ValueError, match="not a prefix"):
        assert [each async for each in place.store.walk(key or "a")] == []
