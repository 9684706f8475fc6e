"""What is hashed: one text for each event, and never the same for two."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_api.audit.chain import FORMAT, encode_link, hash_link
from session_api.audit.chain.encoding import FIELDS
from session_api.audit.chain.heads import Head, HeadKeys

LOG = "0190f1f0-2d10-7b21-8c3d-5e6f708192a3"
# Surrogates too: PostgreSQL has none, but nothing may make two texts the same.
TEXTS = st.none() | st.text(st.characters(), max_size=20) | st.sampled_from(["null", "", '","'])
CONTENTS = st.tuples(*[TEXTS] * len(FIELDS))
LINKS = st.tuples(
    st.sampled_from([LOG, LOG.replace("1", "2")]),
    st.integers(1, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    CONTENTS,
)


@given(link=LINKS)
def test_a_link_is_the_json_that_anybody_would_write(link: Any) -> None:
    log_id, position, previous, content = link
    array = [FORMAT, log_id, position, previous.hex(), *content]
    text = encode_link(*link).decode("utf-8", "surrogatepass")
    assert json.loads(text) == array
    assert text == json.dumps(array, ensure_ascii=False, separators=(",", ":"))


@given(one=LINKS, other=LINKS)
def test_two_links_are_never_written_the_same(one: Any, other: Any) -> None:
    assert (encode_link(*one) == encode_link(*other)) is (one == other)


@given(content=CONTENTS, place=st.integers(0, len(FIELDS) - 2))
def test_a_field_never_runs_into_the_next(content: Any, place: int) -> None:
    moved = list(content)
    moved[place : place + 2] = reversed(moved[place : place + 2])
    same = list(content) == moved
    assert (hash_link(LOG, 1, bytes(32), moved) == hash_link(LOG, 1, bytes(32), content)) is same


@pytest.mark.parametrize("field", ["log_id", "tenant_id", "position", "hash", "at"])
def test_a_head_is_signed_in_all_its_parts(field: str) -> None:
    keys = HeadKeys([bytes(32), b"1" * 32])
    head = Head(LOG, "town", 7, "ab" * 32, "2026-11-21T12:00:00.000000Z")
    assert keys.open(keys.sign(head)) == head
    document = json.loads(keys.sign(head))
    document[field] = 8 if field == "position" else document[field] + "0"
    assert keys.open(json.dumps(document).encode()) is None


def test_a_head_of_an_older_key_is_still_ours_and_of_no_other() -> None:
    old, other = HeadKeys([b"1" * 32]), HeadKeys([b"2" * 32])
    signed = old.sign(Head(LOG, "town", 7, "ab" * 32, "2026-11-21T12:00:00.000000Z"))
    assert HeadKeys([bytes(32), b"1" * 32]).open(signed) is not None
    assert other.open(signed) is None
