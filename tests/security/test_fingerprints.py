"""What is kept of where a request comes from: coarse, bounded, the same for the same program."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_api.security.fingerprints import Agent, Fingerprints, agent_of, block_of

LIKE = "AppleWebKit/537.36 (KHTML, like Gecko)"
AGENTS = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE} Chrome/141.0.0.0 Safari/537.36": (
        "Chrome on Windows"
    ),
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE} Chrome/141.0 Safari/537.36 Edg/141.0": (
        "Edge on Windows"
    ),
    f"Mozilla/5.0 (X11; Linux x86_64) {LIKE} Chrome/141.0 Safari/537.36 OPR/120.0": (
        "Opera on Linux"
    ),
    f"Mozilla/5.0 (Linux; Android 10; K) {LIKE} Chrome/141.0 Mobile Safari/537.36": (
        "Chrome on Android (mobile)"
    ),
    f"Mozilla/5.0 (Linux; Android 14; S) {LIKE} SamsungBrowser/27 Chrome/125 Mobile Safari/537": (
        "Samsung Internet on Android (mobile)"
    ),
    f"Mozilla/5.0 (X11; CrOS x86_64 14541) {LIKE} Chrome/141.0 Safari/537.36": (
        "Chrome on Chrome OS"
    ),
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {LIKE} Version/18.1 Safari/605.1.15": (
        "Safari on macOS"
    ),
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {LIKE} Version/18 Mobile Safari/604": (
        "Safari on iOS (mobile)"
    ),
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {LIKE} CriOS/141 Mobile Safari/604": (
        "Chrome on iOS (mobile)"
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
    "python-httpx/0.28.1": "python-httpx",
    "curl/8.5.0": "curl",
    "okhttp": "okhttp",
    "": "Unknown",
    "<script>alert(1)</script>": "Unknown",
}


@pytest.mark.parametrize(("header", "summary"), AGENTS.items())
def test_a_program_is_known_by_its_family_and_platform(header: str, summary: str) -> None:
    assert agent_of(header, "", "").summary == summary


def test_hints_come_before_what_user_agent_says() -> None:
    frozen = f"Mozilla/5.0 (Linux; Android 10; K) {LIKE} Chrome/141.0 Mobile Safari/537.36"
    assert agent_of(frozen, '"macOS"', "?0") == Agent("Chrome", "macOS", mobile=False)
    assert agent_of("", '"Chrome OS"', "?1") == Agent("Unknown", "Chrome OS", mobile=True)
    assert agent_of("", '"Nonsense"', "maybe") == Agent("Unknown", "Unknown", mobile=False)


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:7:1234::1", "2001:db8:7::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("::1", "::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", None),
        ("", None),
        ("203.0.113.77, 10.0.0.1", None),
    ],
)
def test_an_address_is_known_by_its_network(address: str, block: str | None) -> None:
    assert block_of(address) == block


@given(st.ip_addresses())
def test_every_address_is_in_its_block(address: ipaddress.IPv4Address) -> None:
    block = ipaddress.ip_network(str(block_of(str(address))))
    plain = getattr(address, "ipv4_mapped", None) or address
    assert plain in block
    assert block.prefixlen == (24 if plain.version == 4 else 48)


@given(st.binary(max_size=2000), st.binary(max_size=200), st.binary(max_size=50))
def test_any_bytes_make_a_short_agent_the_same_each_time(
    user_agent: bytes, platform: bytes, mobile: bytes
) -> None:
    known = Fingerprints()
    agent = known.agent(user_agent, platform, mobile)
    assert len(agent.summary) < 80
    assert agent.summary.isprintable()
    assert known.agent(user_agent, platform, mobile) == agent
    assert known.block(user_agent.decode("latin-1")) == block_of(user_agent.decode("latin-1"))
