"""A cursor comes back whole to the list it was made for, or not at all (trap 18)."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session_api.problems import ValidationFailed
from session_api.security import CursorCodec, KeyRing
from session_api.security.encoding import encode_base64url

KEY, OLD_KEY = b"k" * 32, b"o" * 32
CODEC = CursorCodec([KEY, OLD_KEY])
KIND = 'sessions:["active"]:owner-1'
VALUES = ("2026-11-21T12:00:00.123456Z", "0192d3c4-0000-7000-8000-000000000000", 42)
CURSOR = CODEC.encode(KIND, VALUES)


def assert_refused(cursor: str, kind: str = KIND, codec: CursorCodec = CODEC) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        codec.decode(kind, cursor)
    (fault,) = refusal.value.members["errors"]
    assert fault["pointer"] == "/cursor"


@settings(deadline=None)
@given(
    st.text(st.characters()),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=20) | st.integers(), max_size=5),
)
def test_what_goes_in_comes_out(kind: str, values: list[str | int]) -> None:
    assert CODEC.decode(kind, CODEC.encode(kind, values)) == values


def test_it_needs_no_escaping() -> None:
    assert CURSOR.replace("-", "").replace("_", "").isalnum()
    assert CURSOR.isascii()


@pytest.mark.parametrize(
    "kind",
    ["", "sessions", 'sessions:["active"]:owner-2', 'sessions:["archived"]:owner-1', KIND + "["],
)
def test_another_list_filter_or_person(kind: str) -> None:
    assert_refused(CURSOR, kind)


def test_any_changed_character() -> None:
    for at, old in enumerate(CURSOR):
        assert_refused(CURSOR[:at] + ("A" if old != "A" else "B") + CURSOR[at + 1 :])


def test_any_truncation_or_addition() -> None:
    for length in range(len(CURSOR)):
        assert_refused(CURSOR[:length])
    for addition in ("=", "A", " ", "\n", "é", "\0"):
        assert_refused(CURSOR + addition)


def test_unsigned_values() -> None:
    payload = json.dumps(["' OR 1=1 --"]).encode()
    for mac in (b"", bytes(16), b"A" * 16):
        assert_refused(encode_base64url(mac + payload))
    assert_refused(payload.decode())


@settings(deadline=None)
@given(st.text() | st.binary().map(encode_base64url))
def test_any_text(cursor: str) -> None:
    assert_refused(cursor)


def test_an_oversized_cursor() -> None:
    assert_refused("A" * 1025)
    assert_refused("A" * 10_000_000)
    with pytest.raises(ValueError, match="too long"):
        CODEC.encode(KIND, ["x" * 800])
    assert CODEC.decode(KIND, CODEC.encode(KIND, ["x" * 700])) == ["x" * 700]


def test_other_types_are_a_mistake_of_the_caller() -> None:
    for value in (True, None, 1.5, b"x", ["x"]):
        with pytest.raises(TypeError):
            CODEC.encode(KIND, [value])  # type: ignore[list-item]


def test_a_surrogate_is_refused_on_the_way_back() -> None:
    assert_refused(CODEC.encode(KIND, ["\ud800"]))


def test_a_cursor_outlives_a_rotation_and_not_the_key() -> None:
    old = CursorCodec([OLD_KEY]).encode(KIND, VALUES)
    assert CODEC.decode(KIND, old) == list(VALUES)
    assert_refused(old, codec=CursorCodec([KEY]))
    assert CursorCodec([KEY]).decode(KIND, CURSOR) == list(VALUES)


def test_the_rings_sub_keys_serve() -> None:
    ring = KeyRing([("new", b"n" * 32), ("old", b"o" * 32)])
    before = CursorCodec(KeyRing([("old", b"o" * 32)]).derive("cursors"))
    after = CursorCodec(ring.derive("cursors"))
    assert after.decode(KIND, before.encode(KIND, VALUES)) == list(VALUES)


def test_no_keys_no_codec() -> None:
    with pytest.raises(ValueError, match="key"):
        CursorCodec([])
