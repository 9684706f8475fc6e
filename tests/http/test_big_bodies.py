"""Bodies of many values: refused before they cost anything, and pointed at where they are wrong."""

import time

import pytest

from session_api.http.body import MAX_VALUES, PoisonError, parse_json

SIZE = 8 * 2**20
MANY = {
    "numbers": b"1",
    "arrays": b"[" * 90 + b"]" * 90,
    "objects": b'{"a":' * 90 + b"1" + b"}" * 90,
    "texts": b'""',
    "texts that look like more": b'",[{\\\\"',
}


def _array(value: bytes, times: int) -> bytes:
    return b"[" + b",".join([value] * times) + b"]"


@pytest.mark.parametrize("value", MANY.values(), ids=MANY)
def test_the_most_that_a_body_can_hold_is_refused_at_once(value: bytes) -> None:
    body = _array(value, SIZE // (len(value) + 1))
    started = time.process_time()
    with pytest.raises(PoisonError, match=f"holds more than {MAX_VALUES} values"):
        parse_json(body)
    # Hundredths of a second here; it was 3 to 25 seconds.
    assert time.process_time() - started < 1


@pytest.mark.parametrize("value", [b"1", b'""', b'"a,[{\\\\"', b"[]", b"{ }", b'"\\",,"'])
def test_as_many_values_as_may_be_are_read(value: bytes) -> None:
    assert len(parse_json(_array(value, MAX_VALUES - 1))) == MAX_VALUES - 1
    with pytest.raises(PoisonError, match="holds more than"):
        parse_json(_array(value, MAX_VALUES))


def test_separators_in_a_text_are_no_values() -> None:
    text = b',[{\\"\\\\' * 100_000
    assert len(parse_json(b'["' + text + b'", 1]')) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a": null, "b": ' + b"[" * 99 + b"null" + b"]" * 99 + b"}", "/b" + "/0" * 99),
        (b'["a", {"b/c": ["a", "\\u0000"]}]', "/1/b~1c/1"),
        (b'[1, {"a": {"\\u0000": 1}}]', "/1/a"),
        (b"[1, [2, 1e400], 1e400]", "/2"),
    ],
)
def test_a_value_that_must_not_come_in_is_pointed_at(body: bytes, pointer: str) -> None:
    with pytest.raises(PoisonError) as refused:
        parse_json(body)
    assert refused.value.pointer == pointer
