"""Keys: made of ids and a tenant of any name, one for each upload, safe wherever they stand."""

import re
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session_api.assets.storage import ObjectKey, object_key, session_prefix, tenant_segment
from session_api.assets.storage.keys import require_key, require_prefix

anyone = st.text(st.characters(), max_size=80)  # lone surrogates, too: a token's claim is any text
ids = st.uuids()


@settings(deadline=None)
@given(tenant=anyone)
def test_a_tenant_is_one_safe_segment(tenant: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]{1,65}", tenant_segment(tenant))


@settings(deadline=None)
@given(one=anyone, other=anyone)
def test_tenants_never_share_a_segment(one: str, other: str) -> None:
    assert (tenant_segment(one) == tenant_segment(other)) is (one == other)


@pytest.mark.parametrize(
    ("tenant", "segment"),
    [
        ("default", "default"),
        ("acme-2", "acme-2"),
        ("", "_"),
        (".", "_2e"),
        ("..", "_2e_2e"),
        ("a/b", "a_2fb"),
        ("a_2fb", "a_5f2fb"),
        ("ACME", "_41_43_4d_45"),
        ("\0", "_00"),
        ("é", "_c3_a9"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_plain_tenant_can_be_read(tenant: str, segment: str) -> None:
    assert tenant_segment(tenant) == segment


def test_long_tenants_differ_where_their_names_end() -> None:
    names = ["x" * 65, "x" * 66, "/" * 22, "/" * 23, "x" * 10_000]
    segments = {tenant_segment(name) for name in names}
    assert len(segments) == len(names)
    assert all(len(segment) == 65 for segment in segments)


@settings(deadline=None)
@given(tenant=anyone, owner=ids, session=ids, asset=ids, attempt=ids)
def test_a_key_tells_what_it_was_made_of(
    tenant: str, owner: UUID, session: UUID, asset: UUID, attempt: UUID
) -> None:
    key = object_key(tenant, owner, session, asset, attempt=attempt)
    assert require_key(key) == key
    assert len(key) <= 213
    assert key.startswith(require_prefix(session_prefix(tenant, owner, session)))
    assert ObjectKey.parse(key) == (tenant_segment(tenant), owner, session, asset, attempt)


def test_another_attempt_is_another_key() -> None:
    owner, session, asset = uuid4(), uuid4(), uuid4()
    keys = {object_key("t", owner, session, asset, attempt=uuid4()) for _ in range(3)}
    assert len(keys) == 3


KEY = object_key("t", UUID(int=1), UUID(int=2), UUID(int=3), attempt=UUID(int=4))


@pytest.mark.parametrize(
    "key",
    [
        "",
        KEY + "\n",
        KEY + "/",
        "/" + KEY,
        KEY.upper(),
        KEY.replace("t/", "../", 1),
        KEY.replace("t/", "t//", 1),
        KEY.replace("0", "٠"),
        KEY[:-1],
    ],
)
def test_what_is_no_key(key: str) -> None:
    assert ObjectKey.parse(key) is None
    with pytest.raises(ValueError, match="not a key"):
        require_key(key)


@pytest.mark.parametrize("prefix", ["t", "t/x", "/", "../", "t/../", KEY, "t//"])
def test_what_is_no_prefix(prefix: str) -> None:
    with pytest.raises(ValueError, match="not a prefix"):
        require_prefix(prefix)
