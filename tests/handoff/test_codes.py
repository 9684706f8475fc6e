"""Codes of hand-overs: whatever a person makes of one while typing it, and what they mistype."""

from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_api.handoff.codes import ALPHABET, SYMBOLS, HandoffCodes, code_of, read, shown

CODES = st.binary(min_size=6, max_size=32).map(code_of)
PLACES = st.integers(0, SYMBOLS - 1)
ANN, BOB = UUID(int=1), UUID(int=2)


@given(CODES)
def test_a_code_is_read_as_it_is_shown(code: str) -> None:
    assert len(code) == SYMBOLS
    assert set(code) <= set(ALPHABET)
    assert read(code) == read(shown(code)) == code


@given(CODES, st.data())
def test_it_is_read_however_it_is_typed(code: str, data: st.DataObject) -> None:
    looks = {"0": "0oO", "1": "1iIlL"}
    typed = ""
    for symbol in code:
        typed += data.draw(st.sampled_from(looks.get(symbol, symbol + symbol.lower())))
        typed += data.draw(st.sampled_from(["", "", " ", "-", "\N{EN DASH}", "\N{NO-BREAK SPACE}"]))
    assert read(typed) == code
    wide = "".join(chr(ord(symbol) + 0xFEE0) for symbol in code)  # as Japanese keyboards have them
    assert read(wide) == code


@given(CODES, PLACES, st.sampled_from(ALPHABET))
def test_one_symbol_that_was_mistyped_is_found(code: str, place: int, symbol: str) -> None:
    typed = code[:place] + symbol + code[place + 1 :]
    assert read(typed) == (code if typed == code else None)


@given(CODES)
def test_two_symbols_that_changed_places_are_found(code: str) -> None:
    for one, other in combinations(range(SYMBOLS), 2):
        symbols = list(code)
        symbols[one], symbols[other] = symbols[other], symbols[one]
        typed = "".join(symbols)
        assert read(typed) == (code if typed == code else None)


@given(st.text(max_size=64))
def test_no_text_at_all_breaks_it(text: str) -> None:
    assert read(text) is None or read(shown(str(read(text)))) == read(text)


@pytest.mark.parametrize("text", ["", "-", "9HMQ6", "9HMQ6-RKFD0-0", "9HMQ6/RKFD0", "9HMQ6-RKFDU"])
def test_what_is_no_code_is_none(text: str) -> None:
    assert read(text) is None


def test_every_bit_of_45_counts() -> None:
    first = code_of(bytes(6))
    others = {code_of((1 << bit).to_bytes(6)) for bit in range(3, 48)}
    assert len(others | {first}) == 46
    assert {code_of((1 << bit).to_bytes(6)) for bit in range(3)} == {first}


def test_what_is_kept_depends_on_the_key_the_owner_and_the_code() -> None:
    keys = [b"1" * 32, b"2" * 32]
    codes = HandoffCodes(keys, lambda: "a secret")
    code = read(codes.new())
    assert code is not None
    other = code_of(b"another")
    kept = [
        *codes.hashes(ANN, code),
        *codes.hashes(BOB, code),
        *codes.hashes(ANN, other),
    ]
    assert len(set(kept)) == 6
    # What was made under the ring's former key is found under it.
    assert codes.hashes(ANN, code)[0] in HandoffCodes(keys[::-1], lambda: "").hashes(ANN, code)
