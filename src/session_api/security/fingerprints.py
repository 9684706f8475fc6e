"""A coarse picture of where a request comes from: enough to notice a change, too little to follow
anybody.

The network block of the address, the family of the program and its platform. Never a version, a
screen or a font; what a program sends beyond that is dropped here.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

UNKNOWN: Final = "Unknown"
_READ_CHARACTERS: Final = 512
_KEPT: Final = 4096
"""Pictures that are not worked out anew, a megabyte or two."""

# In this order: nearly every browser claims to be several others as well.
_FAMILIES: Final = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/|\bOpera\b")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS|Chromium|HeadlessChrome)/")),
    ("Safari", re.compile(r"\bSafari/")),
)
_PLATFORMS: Final = (
    ("Android", re.compile(r"\bAndroid\b")),
    ("iOS", re.compile(r"\b(?:iPhone|iPad|iPod)\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("Chrome OS", re.compile(r"\bCrOS\b|\bChrom(?:e|ium) ?OS\b")),
    ("macOS", re.compile(r"\bMac ?OS\b|\bMacintosh\b", re.IGNORECASE)),
    ("Linux", re.compile(r"\bLinux\b")),
)
# A program that is no browser names itself first, as python-httpx/0.28.1.
_PRODUCT: Final = re.compile(r"([A-Za-z][A-Za-z0-9._-]{0,31})(?:/|\s|$)")


@dataclass(frozen=True, slots=True)
class Agent:
    """The program that sends, as far as it says so."""

    family: str
    platform: str
    mobile: bool

    @property
    def summary(self) -> str:
        """For people: `Firefox on Linux`."""
        on = "" if self.platform == UNKNOWN else f" on {self.platform}"
        return f"{self.family}{on}{' (mobile)' if self.mobile else ''}"


class Fingerprints:
    """Works out pictures, and remembers the latest."""

    def __init__(self) -> None:
        # Plain, and emptied when full: every request asks, and an LRU costs each some microseconds.
        self._agents: dict[tuple[bytes, bytes, bytes], Agent] = {}
        self._blocks: dict[str, str | None] = {}

    def agent(self, user_agent: bytes, platform: bytes, mobile: bytes) -> Agent:
        """Of `User-Agent`, `Sec-CH-UA-Platform` and `Sec-CH-UA-Mobile`, empty where not sent."""
        found = self._agents.get((user_agent, platform, mobile))
        if found is None:
            key = (user_agent[:_READ_CHARACTERS], platform[:64], mobile[:8])
            if len(self._agents) >= _KEPT:
                self._agents.clear()
            found = self._agents[key] = agent_of(*(part.decode("latin-1") for part in key))
        return found

    def block(self, host: str | None) -> str | None:
        """The network that an address belongs to: /24 of IPv4, /48 of IPv6. None for no address."""
        if host is None:
            return None
        found = self._blocks.get(host)
        if found is None:
            if len(self._blocks) >= _KEPT:
                self._blocks.clear()
            found = self._blocks[host] = block_of(host)
        return found


def agent_of(user_agent: str, platform: str, mobile: str) -> Agent:
    """What the three headers say. Whoever sends them can say what they like."""
    family = next((name for name, sign in _FAMILIES if sign.search(user_agent)), None)
    if family is None:
        product = _PRODUCT.match(user_agent)
        family = product[1] if product else UNKNOWN
    # The hint comes first: since 2023 browsers freeze what they say of platforms in User-Agent.
    said = next((name for name, sign in _PLATFORMS if sign.search(platform)), None)
    said = said or next((name for name, sign in _PLATFORMS if sign.search(user_agent)), UNKNOWN)
    is_mobile = mobile == "?1" or (mobile != "?0" and "Mobile" in user_agent)
    return Agent(family, said, is_mobile)


def block_of(host: str) -> str | None:
    """`203.0.113.0/24` or `2001:db8:7::/48`; None for what is no address, as that of a socket."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((int(address), 48), strict=False))
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((int(address), 24), strict=False))
