"""Tickets of the filesystem store: back whole, for their purpose and in time, or not at all."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session_api.assets.storage.tickets import (
    GetGrant,
    Grant,
    PartGrant,
    PutGrant,
    TicketCodec,
)
from session_api.problems import TicketInvalid
from session_api.security.encoding import decode_base64url, encode_base64url
from tests.storage.places import new_key
from tests.support.people import MovableClock

KEY, OLD_KEY = b"k" * 32, b"o" * 32
CODEC = TicketCodec([KEY, OLD_KEY], MovableClock())
SOON = datetime.now(UTC) + timedelta(days=1)  # later than the last test

text = st.text(st.characters(codec="utf-8"), max_size=60)
sizes = st.integers(0, 2**63 - 1)
times = st.datetimes(SOON.replace(tzinfo=None), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
keys = st.builds(new_key)
grants = st.one_of(
    st.builds(PutGrant, keys, sizes, text, st.none() | text, times),
    st.builds(PartGrant, keys, text, sizes, sizes, sizes, times),
    st.builds(GetGrant, keys, text, text, times),
)
PUT = PutGrant(new_key(), 11, "text/plain", "0" * 64, SOON)
TICKET = CODEC.encode(PUT)


def assert_refused(ticket: str, codec: TicketCodec = CODEC) -> None:
    with pytest.raises(TicketInvalid):
        codec.decode(ticket)


@settings(deadline=None)
@given(grant=grants)
def test_what_goes_in_comes_out(grant: Grant) -> None:
    assert CODEC.decode(CODEC.encode(grant)) == grant


@settings(deadline=None)
@given(grant=grants)
def test_it_needs_no_escaping(grant: Grant) -> None:
    ticket = CODEC.encode(grant)
    assert ticket.replace("-", "").replace("_", "").isalnum()
    assert ticket.isascii()


def test_any_changed_character() -> None:
    for at, old in enumerate(TICKET):
        assert_refused(TICKET[:at] + ("A" if old != "A" else "B") + TICKET[at + 1 :])


def test_any_truncation_or_addition() -> None:
    for length in range(len(TICKET)):
        assert_refused(TICKET[:length])
    for addition in ("=", "A", " ", "\n", "é", "\0"):
        assert_refused(TICKET + addition)


@settings(deadline=None)
@given(st.text() | st.binary().map(encode_base64url))
def test_any_text(ticket: str) -> None:
    assert_refused(ticket)


def test_an_oversized_ticket() -> None:
    assert_refused("A" * 10_000_000)
    with pytest.raises(ValueError, match="too long"):
        CODEC.encode(GetGrant(new_key(), "x" * 4000, "text/plain", SOON))


def test_a_purpose_is_signed_along() -> None:
    raw = decode_base64url(TICKET)
    assert b'"purpose":"put"' in raw
    assert_refused(encode_base64url(raw.replace(b'"put"', b'"get"')))
    assert isinstance(CODEC.decode(TICKET), PutGrant)


def test_a_ticket_ends_with_its_time() -> None:
    clock = MovableClock()
    codec = TicketCodec([KEY], clock)
    assert codec.decode(TICKET) == PUT
    left = (PUT.expires_at - clock()).total_seconds()
    assert left - 60 < codec.seconds_left(PUT) <= left + 1
    clock.move(days=1)
    with pytest.raises(TicketInvalid, match="expired"):
        codec.decode(TICKET)
    assert codec.seconds_left(PUT) == 0


def test_an_old_key_still_verifies_and_a_foreign_one_never_did() -> None:
    clock = MovableClock()
    assert CODEC.decode(TicketCodec([OLD_KEY], clock).encode(PUT)) == PUT
    assert_refused(TICKET, TicketCodec([b"f" * 32], clock))
    with pytest.raises(ValueError, match="at least one key"):
        TicketCodec([], clock)


def test_a_signed_ticket_for_no_key_of_ours_is_refused() -> None:
    assert_refused(CODEC.encode(PutGrant("../etc/passwd", 1, "text/plain", None, SOON)))
