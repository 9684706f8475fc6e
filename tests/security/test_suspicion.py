"""What is noticed about a token from one request to the next, and what is not."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_api.security.fingerprints import Agent
from session_api.security.suspicion import SEVERITIES, Trail

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIREFOX = Agent("Firefox", "Linux", mobile=False)
CURL = Agent("curl", "Unknown", mobile=False)
HOME, OFFICE, TRAIN = "198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"
HOME6 = "2001:db8:7::/48"

Step = tuple[float, Agent, str | None]


def _causes(*steps: Step) -> list[list[str]]:
    """What is noticed at each step: the second, the program, the network."""
    trail = Trail()
    return [
        [
            noticed.cause
            for noticed in trail.follow(agent, block, None, NOW + timedelta(seconds=second))
        ]
        for second, agent, block in steps
    ]


@pytest.mark.parametrize(
    ("steps", "last"),
    [
        ([(0, FIREFOX, HOME), (9, FIREFOX, HOME)], []),
        ([(0, FIREFOX, HOME), (9, FIREFOX, OFFICE)], ["address_changed"]),
        ([(0, FIREFOX, HOME), (9, CURL, HOME)], ["program_changed"]),
        ([(0, FIREFOX, HOME), (9, CURL, OFFICE)], ["program_changed", "address_changed"]),
        # Back where somebody was a moment ago, and still is.
        ([(0, FIREFOX, HOME), (9, FIREFOX, OFFICE), (20, FIREFOX, HOME)], ["two_places"]),
        ([(0, FIREFOX, HOME), (9, CURL, HOME), (20, FIREFOX, HOME)], ["two_places"]),
        # Back in the evening.
        ([(0, FIREFOX, HOME), (9, FIREFOX, OFFICE), (9000, FIREFOX, HOME)], ["address_changed"]),
        # One browser over both versions of IP, as RFC 8305 has it.
        ([(0, FIREFOX, HOME), (1, FIREFOX, HOME6), (2, FIREFOX, HOME), (3, FIREFOX, HOME6)], []),
        # A socket has no address; nothing is concluded from that.
        ([(0, FIREFOX, HOME), (1, FIREFOX, None), (2, FIREFOX, HOME)], []),
        # Four networks further in a minute, and in four minutes.
        ([(n * 10, FIREFOX, f"10.0.{n}.0/24") for n in range(5)], ["impossible_pace"]),
        ([(n * 60, FIREFOX, f"10.0.{n}.0/24") for n in range(5)], ["address_changed"]),
    ],
)
def test_a_step_is_noticed_for_what_it_is(steps: list[Step], last: list[str]) -> None:
    assert _causes(*steps)[-1] == last


def test_two_names_of_devices_on_one_token_are_noticed() -> None:
    trail = Trail()
    one, two = UUID(int=1), UUID(int=2)
    assert trail.follow(FIREFOX, HOME, one, NOW) == []
    assert trail.follow(FIREFOX, HOME, None, NOW) == []
    (noticed,) = trail.follow(FIREFOX, HOME, two, NOW)
    assert (noticed.cause, noticed.severity) == ("device_changed", "warning")


def test_each_cause_is_told_once_in_a_window() -> None:
    trail, window = Trail(), timedelta(minutes=10)
    told = []
    for minute in range(25):
        now = NOW + timedelta(minutes=minute)
        noticed = trail.follow(FIREFOX, f"10.0.{minute}.0/24", None, now)
        told += [(minute, each.cause) for each in trail.untold(noticed, now, window)]
    assert told == [(1, "address_changed"), (11, "address_changed"), (21, "address_changed")]


@given(
    st.lists(
        st.tuples(
            st.floats(0, 100),
            st.builds(Agent, st.sampled_from("abcdefghij"), st.just("Linux"), st.booleans()),
            st.none() | st.builds("10.{}.0.0/24".format, st.integers(0, 20)),
        ),
        max_size=60,
    )
)
def test_a_trail_stays_small_and_notices_only_changes(steps: list[Step]) -> None:
    trail = Trail()
    now, before = NOW, None
    for seconds, agent, block in steps:
        now += timedelta(seconds=seconds)
        noticed = trail.follow(agent, block, None, now)
        if before == (agent, block) or before is None:
            assert noticed == []
        assert {each.cause for each in noticed} <= SEVERITIES.keys()
        before = (agent, block)
    assert len(trail._left) <= 8
