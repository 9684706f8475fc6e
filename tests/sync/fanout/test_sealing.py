"""Nobody but the processes of a service reads, makes up, changes or repeats what they say."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, text

from session_api.security.encoding import decode_base64url, encode_base64url
from session_api.sync.fanout import PAYLOAD_BYTES
from session_api.sync.fanout.sealing import TEXT_BYTES, Sealing

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def pair(*, keys: tuple[bytes, ...] = (KEY,)) -> tuple[Sealing, Sealing]:
    return Sealing([KEY], uuid4()), Sealing(keys, uuid4())


@given(text())
def test_what_one_seals_another_opens_once(said: str) -> None:
    one, other = pair()
    sealed = one.seal(said)
    assert sealed.isascii()
    assert other.open(sealed) == said
    assert other.open(sealed) is None, "it was heard before"
    assert one.open(sealed) is None, "who said it knows it"


def test_the_longest_text_fits() -> None:
    one, other = pair()
    for said in ("x" * TEXT_BYTES, "é" * (TEXT_BYTES // 2)):
        sealed = one.seal(said)
        assert len(sealed) <= PAYLOAD_BYTES
        assert other.open(sealed) == said
    assert len(one.seal("x" * (TEXT_BYTES + 3))) > PAYLOAD_BYTES


def test_nobody_reads_it_and_no_two_are_alike() -> None:
    one, _ = pair()
    sealed = [decode_base64url(one.seal("who is typing")) for _ in range(2)]
    assert not [each for each in sealed if b"typing" in each]
    # Neither nonce nor ciphertext comes again, also not with another process.
    assert len({each[16:] for each in sealed}) == 2
    assert sealed[0][24:] != decode_base64url(pair()[0].seal("who is typing"))[24:]


@given(at=integers(0, 10_000), bits=integers(1, 255))
def test_a_changed_bit_opens_nothing(at: int, bits: int) -> None:
    one, other = pair()
    raw = bytearray(decode_base64url(one.seal('[["all"]]')))
    raw[at % len(raw)] ^= bits
    assert other.open(encode_base64url(bytes(raw))) is None


@pytest.mark.parametrize("sealed", ["", "x", "é", "{}", "A" * 40, "A" * 7_900])
def test_what_nobody_sealed_opens_nothing(sealed: str) -> None:
    assert pair()[1].open(sealed) is None


@given(binary(max_size=100))
def test_no_bytes_raise(raw: bytes) -> None:
    assert pair()[1].open(encode_base64url(raw)) is None


def test_what_comes_late_is_dropped_and_what_was_lost_in_between_is_not_missed() -> None:
    one, other = pair()
    sealed = [one.seal(str(number)) for number in range(5)]
    heard = [other.open(sealed[place]) for place in (0, 3, 1, 3, 4)]
    assert heard == ["0", "3", None, None, "4"]


def test_a_key_that_is_new_or_old_to_the_other_opens() -> None:
    one, during = pair(keys=(OTHER_KEY, KEY))
    assert during.open(one.seal("rotated there first")) == "rotated there first"
    rotated = Sealing([OTHER_KEY, KEY], uuid4())
    assert during.open(rotated.seal("and here")) == "and here"
    assert one.open(rotated.seal("not known yet")) is None
    assert pair(keys=(OTHER_KEY,))[1].open(one.seal("another installation")) is None


def test_made_up_processes_push_nobody_out() -> None:
    one, other = pair()
    first = one.seal("first")
    assert other.open(first) == "first"
    for number in range(1_500):
        assert other.open(encode_base64url(UUID(int=number).bytes + bytes(40))) is None
    assert other.open(first) is None
