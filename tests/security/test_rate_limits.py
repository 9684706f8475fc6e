"""Limits by class, user and address: what is let through, and what callers are told."""

import asyncio
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_api.security.rate_limits import Limit, Limits, LocalCounters, address_key

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_limits_are_read_by_class_and_by_whom() -> None:
    limits = Limits.parse("read=600/minute, address.write=5/second,auth_failure=9/hour")
    assert limits.of_user == {"read": Limit("read", 600, 60)}
    assert limits.of_address == {
        "write": Limit("address-write", 5, 1),
        "auth_failure": Limit("address-auth_failure", 9, 3600),
    }
    assert Limits.parse("off") == Limits({}, {})


@pytest.mark.parametrize(
    "text",
    ["", "read", "read=5", "read=5/fortnight", "read=0/minute", "read=-1/minute", "reads=5/minute",
     "read=5/minute,read=6/minute", "read=5/minute;write=5/minute", "user.read=5/minute",
     "read=9999999999/minute", "off,read=5/minute"],
)  # fmt: skip
def test_odd_limits_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"limits|twice"):
        Limits.parse(text)


@given(
    quota=st.integers(1, 20),
    gaps=st.lists(st.floats(0, 40, allow_nan=False), min_size=1, max_size=120),
)
def test_no_window_lets_through_much_more_than_the_quota(quota: int, gaps: list[float]) -> None:
    limit, counters = Limit("read", quota, 10), LocalCounters()
    now, passed = START, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        standing = asyncio.run(counters.count(limit, "ann", now))
        assert 0 <= standing.remaining < quota
        if standing.allowed:
            passed.append(now)
        else:
            # Whoever waits as long as they are told to is let through.
            later = now + timedelta(seconds=standing.seconds)
            assert asyncio.run(deepcopy(counters).count(limit, "ann", later)).allowed
    fixed = [int((at - START).total_seconds() // 10) for at in passed]
    assert all(fixed.count(window) <= quota for window in set(fixed))
    for first in passed:
        # Two counts stand for all moments, so a burst at the very edges weighs less than it was.
        within = [at for at in passed if first <= at < first + timedelta(seconds=10)]
        assert len(within) < 2 * quota or quota == 1


async def test_users_and_limits_do_not_count_together() -> None:
    counters = LocalCounters()
    one, other = Limit("read", 1, 60), Limit("write", 1, 60)
    assert (await counters.count(one, "ann", START)).allowed
    assert not (await counters.count(one, "ann", START)).allowed
    assert (await counters.count(one, "bob", START)).allowed
    assert (await counters.count(other, "ann", START)).allowed


async def test_many_who_come_once_take_no_more_memory_and_no_place_of_who_comes_often() -> None:
    counters, limit = LocalCounters(kept=3), Limit("read", 2, 60)
    for number in range(100):
        await counters.count(limit, f"once {number}", START)
    assert len(counters._windows["read"].counts) == 3
    assert [(await counters.count(limit, "often", START)).allowed for _ in range(3)] == [
        *(True, True),
        False,
    ]


async def test_what_is_refused_does_not_count() -> None:
    counters, limit = LocalCounters(), Limit("read", 2, 60)
    for _ in range(50):
        await counters.count(limit, "ann", START)
    standing = await counters.count(limit, "ann", START)
    assert not standing.allowed
    later = START + timedelta(seconds=standing.seconds)
    assert (await counters.count(limit, "ann", later)).allowed


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_address_stands_for_a_customer(host: str | None, key: str) -> None:
    assert address_key(host) == key
