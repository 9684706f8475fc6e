"""How what processes tell each other is packed, and that nobody else's words are believed."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis.strategies import (
    DrawFn,
    composite,
    dictionaries,
    floats,
    integers,
    lists,
    one_of,
    recursive,
    text,
    tuples,
    uuids,
)

from session_api.json_text import encode_json
from session_api.sync.fanout import GONE
from session_api.sync.fanout.outbox import ASIDES_WAITING, MANY, Outbox
from session_api.sync.fanout.payloads import Payload, pack, unpack
from session_api.sync.fanout.sealing import TEXT_BYTES

KEYS = tuples(uuids(), uuids())
WORDS = text(max_size=20)
VALUES = recursive(
    one_of(WORDS, integers(), floats(allow_nan=False, allow_infinity=False)),
    lambda inner: one_of(lists(inner, max_size=3), dictionaries(WORDS, inner, max_size=3)),
    max_leaves=5,
)


@composite
def payloads(draw: DrawFn) -> Payload:
    return Payload(
        draw(integers(0, 1)) == 1,
        draw(dictionaries(KEYS, integers(GONE, 2**63 - 1), max_size=150)),
        draw(lists(tuples(KEYS, dictionaries(WORDS, VALUES, max_size=3)), max_size=5)),
    )


@given(payloads())
def test_what_is_packed_arrives_whole_and_in_pieces_that_fit(told: Payload) -> None:
    texts = list(pack(told))
    assert all(len(text.encode()) <= TEXT_BYTES for text in texts)
    heard = [unpack(text) for text in texts]
    moved: dict[tuple[UUID, UUID], int] = {}
    asides: list[Any] = []
    for part in heard:
        assert part is not None
        moved |= part.moved
        asides += part.asides
    assert (moved, asides) == (told.moved, list(told.asides))
    assert any(part is not None and part.all_moved for part in heard) is told.all_moved


KEY = ["0" * 32, "f" * 32]


@pytest.mark.parametrize(
    "written",
    [
        None,
        7,
        "all",
        {},
        {"all": []},
        [["moved", *KEY]],
        [["moved", *KEY, "7"]],
        [["moved", *KEY, -1]],
        [["moved", *KEY, 2**63]],
        [["moved", *KEY, True]],
        [["moved", "nobody", "nothing", 7]],
        [["moved", 1, 2, 7]],
        [["said", *KEY, "no object"]],
        [["more", *KEY, 7]],
        [7],
        [[]],
    ],
)
def test_what_we_did_not_write_tells_nothing(written: Any) -> None:
    assert unpack(encode_json(written)) is None


@pytest.mark.parametrize("text", ["", "{", "[" * 5800, "nonsense", "\0"])
def test_what_is_no_payload_tells_nothing(text: str) -> None:
    assert unpack(text) is None


# What waits


def test_a_burst_on_few_sessions_is_one_payload_with_the_newest_versions() -> None:
    outbox = Outbox()
    keys = [(uuid4(), uuid4()) for _ in range(20)]
    for version in range(1, 501):
        for key in keys:
            outbox.put_moved({key: version})
    (text,) = outbox.take()
    told = unpack(text)
    assert told is not None
    assert told.moved == dict.fromkeys(keys, 500)
    assert outbox.take() == []
    assert not outbox.waiting.is_set()


def test_ten_thousand_sessions_at_once_are_not_named() -> None:
    outbox = Outbox()
    for _ in range(10_000):
        outbox.put_moved({(uuid4(), uuid4()): 2})
    (text,) = outbox.take()
    told = unpack(text)
    assert told is not None
    assert (told.all_moved, told.moved) == (True, {})
    # Up to so many they are, in a few payloads.
    for _ in range(MANY):
        outbox.put_moved({(uuid4(), uuid4()): 2})
    assert len(outbox.take()) <= 6


def test_that_a_session_is_gone_is_not_overtaken() -> None:
    outbox = Outbox()
    key = (uuid4(), uuid4())
    for version in (7, GONE, 1):
        outbox.put_moved({key: version})
    (text,) = outbox.take()
    told = unpack(text)
    assert told is not None
    assert told.moved == {key: GONE}


def test_of_too_many_asides_the_oldest_are_dropped() -> None:
    outbox = Outbox()
    key = (uuid4(), uuid4())
    for number in range(ASIDES_WAITING + 10):
        outbox.put_aside(key, {"number": number})
    heard = [unpack(text) for text in outbox.take()]
    numbers = [message["number"] for part in heard if part for _, message in part.asides]
    assert numbers == list(range(10, ASIDES_WAITING + 10))


def test_a_closed_one_keeps_nothing() -> None:
    outbox = Outbox(closed=True)
    outbox.put_moved({(uuid4(), uuid4()): 2})
    outbox.put_aside((uuid4(), uuid4()), {})
    assert not outbox.waiting.is_set()
    assert outbox.take() == []
