"""How often somebody may ask: limits by class of route, for each user and each address.

A sliding window, counted in two fixed ones: what came in the window before counts by the share of
it that still overlaps. That is off by a little where requests bunch, needs two numbers for each
key, and never lets twice the quota through as fixed windows do at their edge. What is refused does
not count, so that somebody who keeps asking is not kept out for ever.
"""

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, NamedTuple, Protocol

RouteClass = Literal["read", "write", "upload"]
CLASSES: Final = ("read", "write", "upload", "auth_failure", "guest")
OF_ADDRESSES: Final = frozenset({"auth_failure", "guest"})
"""Those who fail to sign in, and who become a guest, are nobody yet."""

OFF: Final = "off"

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_RULE = re.compile(
    r"(?P<address>address\.)?(?P<name>[a-z_]+)=(?P<quota>[0-9]{1,9})/(?P<unit>[a-z]+)"
)
KEPT: Final = 50_000
"""Keys that a process counts for one limit in one window, some 10 MB; with more, those that came
first in it begin anew.
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds. `name` is what clients are told."""

    name: str
    quota: int
    seconds: int
    policy: bytes = field(init=False)
    """For `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers)."""
    template: bytes = field(init=False)
    """For `RateLimit`: with how many requests are left, and for how many seconds."""

    def __post_init__(self) -> None:
        policy = f'"{self.name}";q={self.quota};w={self.seconds}'
        object.__setattr__(self, "policy", policy.encode())
        object.__setattr__(self, "template", f'"{self.name}";r=%d;t=%d'.encode())


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a service, by class: of one user, and of one address."""

    of_user: Mapping[str, Limit]
    of_address: Mapping[str, Limit]

    @classmethod
    def parse(cls, text: str) -> "Limits":
        """`read=600/minute,address.write=3000/minute,…`, or `off`. Raises ValueError.

        What `OF_ADDRESSES` names is always of an address.
        """
        of_user: dict[str, Limit] = {}
        of_address: dict[str, Limit] = {}
        for rule in [] if text.strip() == OFF else text.split(","):
            found = _RULE.fullmatch(rule.strip())
            if found is None or found["name"] not in CLASSES or found["unit"] not in _SECONDS:
                raise ValueError(
                    f"write limits as class=number/unit, of {', '.join(CLASSES)} and "
                    f"{', '.join(_SECONDS)}, with address. in front for those of an address; or off"
                )
            by_address = bool(found["address"]) or found["name"] in OF_ADDRESSES
            limits = of_address if by_address else of_user
            name = f"address-{found['name']}" if by_address else found["name"]
            if found["name"] in limits or int(found["quota"]) == 0:
                raise ValueError(f"{rule.strip()} is there twice, or lets nothing through")
            limits[found["name"]] = Limit(name, int(found["quota"]), _SECONDS[found["unit"]])
        return cls(of_user, of_address)


class Standing(NamedTuple):
    """How somebody stands with one limit. `seconds` until there is room, or the window moves on."""

    limit: Limit
    allowed: bool
    remaining: int
    seconds: int

    @property
    def header(self) -> bytes:
        """For `RateLimit`."""
        return self.limit.template % (self.remaining, self.seconds)


class Counters(Protocol):
    """Where requests are counted."""

    async def count(self, limit: Limit, key: str, now: datetime) -> Standing:
        """Counts a request if it is let through, and tells how things stand after it."""

    @property
    def alone(self) -> bool:
        """Whether they should be counted with other replicas, and at present are not."""

    async def close(self) -> None:
        """Lets go of connections."""


class _Window:
    """What was counted of one limit, by key, in one window and in the one before it."""

    __slots__ = ("before", "counts", "number")

    def __init__(self, number: int, last: "_Window | None") -> None:
        self.number = number
        self.counts: OrderedDict[str, int] = OrderedDict()
        follows = last is not None and last.number == number - 1
        self.before = last.counts if last is not None and follows else OrderedDict()


class LocalCounters:
    """Counts in this process."""

    def __init__(self, *, kept: int = KEPT) -> None:
        self._kept = kept
        self._windows: dict[str, _Window] = {}

    async def count(self, limit: Limit, key: str, now: datetime) -> Standing:
        number, elapsed = window_at(now, limit)
        window = self._windows.get(limit.name)
        if window is None or window.number != number:
            window = self._windows[limit.name] = _Window(number, window)
        counts = window.counts
        count = counts.get(key, 0)
        standing = standing_of(limit, count, window.before.get(key, 0), elapsed)
        if standing.allowed:
            counts[key] = count + 1
            if len(counts) > self._kept:
                counts.popitem(last=False)
        return standing

    @property
    def alone(self) -> bool:
        return False

    async def close(self) -> None:
        pass


def window_at(now: datetime, limit: Limit) -> tuple[int, float]:
    """The number of the window, and how many seconds of it are over."""
    window, elapsed = divmod(now.timestamp(), limit.seconds)
    return int(window), elapsed


def standing_of(limit: Limit, count: int, before: int, elapsed: float) -> Standing:
    """How a request stands that meets `count` others in its window and `before` in the last one."""
    overlap = before * (1 - elapsed / limit.seconds)
    used = count + overlap
    allowed = used + 1 <= limit.quota
    left = limit.seconds - elapsed
    if allowed:
        return Standing(limit, True, int(limit.quota - used - 1), int(left) + 1)
    if count + 1 <= limit.quota:
        # Room comes as the last window slides out.
        wait = limit.seconds * (1 - (limit.quota - count - 1) / before) - elapsed
    else:
        wait = left + limit.seconds * (1 - (limit.quota - 1) / count)
    return Standing(limit, False, 0, max(1, int(wait) + 1))


def address_key(host: str | None) -> str:
    """Whom an address stands for: one IPv4 address, or the /64 that an IPv6 customer has."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
