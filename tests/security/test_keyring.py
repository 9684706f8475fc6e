"""Encryption at rest: what is written comes back for the same place, and for no other."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session_api.security import (
    CiphertextInvalid,
    KeyMissing,
    KeyRing,
    Unreadable,
    generate_key_entry,
)
from session_api.security.keyring import kid_of

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
OWNER, RECORD, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
PURPOSE = "user_sessions.session_metadata"
RING = KeyRing([("new", NEW), ("old", OLD)])
PLAINTEXT = b'{"draft":"a letter to the king"}'


def seal(ring: KeyRing = RING, plaintext: bytes = PLAINTEXT) -> bytes:
    return ring.encrypt(plaintext, purpose=PURPOSE, owner_id=OWNER, record_id=RECORD)


def unseal(blob: bytes, ring: KeyRing = RING) -> bytes:
    return ring.decrypt(blob, purpose=PURPOSE, owner_id=OWNER, record_id=RECORD)


# By chance, the end of one would be a whole one of a key that nobody has.
BLOB = seal(KeyRing([("new", NEW), ("old", OLD)], random_bytes=bytes))


@settings(deadline=None)
@given(st.binary(), st.text(st.characters(codec="utf-8")), st.uuids(), st.uuids())
def test_what_goes_in_comes_out(plaintext: bytes, purpose: str, owner: UUID, record: UUID) -> None:
    blob = RING.encrypt(plaintext, purpose=purpose, owner_id=owner, record_id=record)
    assert RING.decrypt(blob, purpose=purpose, owner_id=owner, record_id=record) == plaintext


def test_the_format_is_fixed() -> None:
    ring = KeyRing([("k1", OLD)], random_bytes=bytes)
    blob = seal(ring, b"hello")
    assert blob[:16] == b"\x01\x02k1" + bytes(12)
    assert len(blob) == 16 + 5 + 16
    assert blob[16:].hex() == "66d9d9b2dac9ec8f75d872107bb9e9b43aed0062c6"
    assert unseal(blob, ring) == b"hello"


def test_every_encryption_is_another() -> None:
    assert len({seal() for _ in range(100)}) == 100


def test_moved_elsewhere_it_does_not_decrypt() -> None:
    for purpose, owner, record in [
        ("chat_messages.content", OWNER, RECORD),
        ("", OWNER, RECORD),
        (PURPOSE, OTHER, RECORD),
        (PURPOSE, OWNER, OTHER),
        (PURPOSE, RECORD, OWNER),
    ]:
        with pytest.raises(CiphertextInvalid):
            RING.decrypt(BLOB, purpose=purpose, owner_id=owner, record_id=record)


@pytest.mark.parametrize("length", range(len(BLOB)))
def test_any_truncation(length: int) -> None:
    with pytest.raises(CiphertextInvalid):
        unseal(BLOB[:length])
    with pytest.raises(CiphertextInvalid):
        unseal(BLOB[length + 1 :])


def test_any_flipped_bit() -> None:
    for at in range(len(BLOB)):
        for bit in range(8):
            broken = bytearray(BLOB)
            broken[at] ^= 1 << bit
            # Inside the key id another id may come out, and then that key is what is missing.
            expected = KeyMissing if 1 <= at < 5 else CiphertextInvalid
            with pytest.raises(Unreadable) as refusal:
                unseal(bytes(broken))
            assert isinstance(refusal.value, (expected, CiphertextInvalid))


def test_a_key_id_swapped_for_another_of_the_ring() -> None:
    with pytest.raises(CiphertextInvalid):
        unseal(BLOB.replace(b"\x03new", b"\x03old"))


@settings(deadline=None)
@given(st.binary() | st.binary().map(lambda tail: b"\x01\x03new" + tail))
def test_foreign_bytes(blob: bytes) -> None:
    with pytest.raises(Unreadable):
        unseal(blob)


def test_another_version_is_foreign_and_not_a_missing_key() -> None:
    with pytest.raises(CiphertextInvalid):
        unseal(b"\x02" + seal(KeyRing([("other", OLD)]))[1:])


def test_bytes_after_the_end() -> None:
    with pytest.raises(CiphertextInvalid):
        unseal(BLOB + b"\0")


def test_a_missing_key_is_told_apart() -> None:
    with pytest.raises(KeyMissing) as refusal:
        unseal(BLOB, KeyRing([("old", OLD)]))
    assert refusal.value.kid == "new"
    assert refusal.value.code == "key_missing"
    assert CiphertextInvalid.code == "ciphertext_invalid"


def test_a_key_that_changed_under_its_id() -> None:
    with pytest.raises(CiphertextInvalid):
        unseal(BLOB, KeyRing([("new", OLD)]))


def test_rotation() -> None:
    before, after = KeyRing([("old", OLD)]), RING
    blob = seal(before)
    assert not before.needs_rotation(blob)
    assert after.needs_rotation(blob)
    renewed = seal(after, unseal(blob, after))
    assert not after.needs_rotation(renewed)
    assert renewed.startswith(after.current_head)
    assert unseal(renewed, KeyRing([("new", NEW)])) == PLAINTEXT


def test_a_key_id_that_begins_like_the_current_one_still_needs_rotation() -> None:
    longer = KeyRing([("new2", OLD)])
    assert RING.needs_rotation(seal(longer))
    assert longer.needs_rotation(BLOB)
    assert RING.needs_rotation(b"")
    assert RING.needs_rotation(b"anything")


@pytest.mark.parametrize(
    "encode",
    [
        b64encode,
        urlsafe_b64encode,
        lambda key: b64encode(key).rstrip(b"="),
        lambda key: urlsafe_b64encode(key).rstrip(b"="),
    ],
)
def test_parsing_takes_both_alphabets(encode: Callable[[bytes], bytes]) -> None:
    key = b"\xfb\xff" * 16  # + and / in one alphabet, - and _ in the other
    ring = KeyRing.parse(f" a:{encode(key).decode()} , b.2_c-d:{b64encode(OLD).decode()}")
    assert repr(ring) == "KeyRing(kids=['a', 'b.2_c-d'])"
    assert unseal(seal(KeyRing([("a", key)])), ring) == PLAINTEXT


_KEY = b64encode(OLD).decode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("  ", "empty"),
        (_KEY, "key 1: write it as kid:base64"),
        (f"a:{_KEY},", "key 2: write it as"),
        (f"a:{_KEY},{_KEY}", "key 2: write it as"),
        (f":{_KEY}", "key 1: the key id must be"),
        (f"{_KEY}:a", "key 1: "),
        (f"{'k' * 33}:{_KEY}", "key 1: the key id must be"),
        (f"a b:{_KEY}", "key 1: the key id must be"),
        (f"ä:{_KEY}", "key 1: the key id must be"),
        ("a:", "key 1: the key has 0 bytes"),
        ("a:QUJD", "key 1: the key has 3 bytes, not 32"),
        (f"a:{b64encode(bytes(33)).decode()}", "key 1: the key has 33 bytes"),
        (f"a:{_KEY[:-2]}", "key 1: "),
        ("a:****", "key 1: the key is not base64"),
        (f"a:{_KEY[:20]} {_KEY[20:]}", "key 1: the key is not base64"),
        (f"a:{_KEY[:20]}é", "key 1: the key is not base64"),
        (f"a:b:{_KEY}", "key 1: the key is not base64"),
        (f"a:{_KEY},a:{b64encode(NEW).decode()}", "key 2: same id as encryption key 1"),
        (f"a:{_KEY},b:{_KEY}", "key 2: same key as encryption key 1"),
    ],
)
def test_a_malformed_ring_is_refused_without_quoting_it(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as refusal:
        KeyRing.parse(text)
    assert _KEY[:8] not in str(refusal.value)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_a_blob_tells_its_key_to_whoever_has_none() -> None:
    assert RING.kids == ("new", "old")
    assert kid_of(BLOB) == "new"
    assert kid_of(seal(KeyRing([("another", OLD)]))) == "another"
    with pytest.raises(CiphertextInvalid):
        kid_of(BLOB[:10])


def test_nothing_of_a_key_shows() -> None:
    assert repr(RING) == str(RING) == "KeyRing(kids=['new', 'old'])"


def test_a_generated_entry_parses() -> None:
    ring = KeyRing.parse(f"{generate_key_entry('2026-11')},{generate_key_entry('2025-11')}")
    assert repr(ring) == "KeyRing(kids=['2026-11', '2025-11'])"
    with pytest.raises(ValueError, match="key id"):
        generate_key_entry("a,b")


def test_derived_keys() -> None:
    cursors, other = RING.derive("cursors"), RING.derive("other")
    assert [len(key) for key in cursors] == [32, 32]
    assert len({*cursors, *other, OLD, NEW}) == 6
    assert cursors == RING.derive("cursors")
    assert KeyRing([("renamed", NEW)]).derive("cursors") == cursors[:1]


# Handed over while the key is missing


def _handed_over(ring: KeyRing, blob: bytes, **changes: Any) -> bytes:
    place: Any = {"purpose": PURPOSE, "owner_id": OWNER, "heir": OTHER, "record_id": RECORD}
    place |= changes
    return ring.hand_over(blob, **place)


def _without_and_with(first: str) -> tuple[KeyRing, KeyRing, bytes]:
    """A ring that lacks a key, the same with it behind, and what that key sealed."""
    gone, kept = generate_key_entry("gone"), generate_key_entry(first)
    blob = KeyRing.parse(gone).encrypt(b"text", purpose=PURPOSE, owner_id=OWNER, record_id=RECORD)
    return KeyRing.parse(kept), KeyRing.parse(f"{kept},{gone}"), blob


def test_what_was_handed_over_without_its_key_can_be_read_with_it() -> None:
    without, ring, blob = _without_and_with("kept")
    handed = _handed_over(without, blob)
    place: Any = {"purpose": PURPOSE, "owner_id": OTHER, "record_id": RECORD}
    with pytest.raises(KeyMissing):
        without.decrypt(handed, **place)
    assert ring.decrypt(handed, **place) == b"text"
    assert kid_of(handed) == "gone"


@pytest.mark.parametrize(
    "change", [{"owner_id": OWNER}, {"record_id": OTHER}, {"purpose": "users.other"}], ids=str
)
def test_it_can_be_read_where_it_was_handed_to_and_nowhere_else(change: dict[str, Any]) -> None:
    without, ring, blob = _without_and_with("kept")
    place: Any = {"purpose": PURPOSE, "owner_id": OTHER, "record_id": RECORD} | change
    with pytest.raises(CiphertextInvalid):
        ring.decrypt(_handed_over(without, blob), **place)


def test_who_can_only_write_to_the_database_hands_nothing_over() -> None:
    _, ring, blob = _without_and_with("kept")
    place: Any = {"purpose": PURPOSE, "owner_id": OTHER, "record_id": RECORD}
    strangers = KeyRing.parse(generate_key_entry("kept"))
    whole = _handed_over(ring, blob)
    for forged in (
        _handed_over(strangers, blob),
        blob + b"from" + OWNER.bytes + bytes(32),
        blob + b"from" + OTHER.bytes + whole[-32:],
        whole[:-1] + bytes([whole[-1] ^ 1]),
        blob[:-1] + whole[len(blob) :],
    ):
        with pytest.raises(CiphertextInvalid):
            ring.decrypt(forged, **place)
