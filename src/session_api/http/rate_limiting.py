"""Holding requests to the limits of their user and their address."""

from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import Scope

from session_api.ports import Clock
from session_api.problems import RateLimited
from session_api.security.caller import Caller
from session_api.security.rate_limits import (
    Counters,
    Limit,
    Limits,
    RouteClass,
    Standing,
    address_key,
)

STATE: Final = "rate_limits"


class RateLimiter:
    """Asked by every guarded route, once it knows who calls."""

    def __init__(self, limits: Limits, counters: Counters, clock: Clock) -> None:
        self._limits = limits
        self._counters = counters
        self._clock = clock

    async def admit(self, request: HTTPConnection, caller: Caller, route_class: RouteClass) -> None:
        """Counts a request, and notes how its caller stands for the answer's headers.

        Raises RateLimited.
        """
        limits, scope = self._limits, request.scope
        if (limit := limits.of_user.get(route_class)) is not None:
            await self._count(scope, limit, caller.owner_id.hex)
        if (limit := limits.of_address.get(route_class)) is not None:
            await self._count(scope, limit, _address(scope))

    async def count_failure(self, request: HTTPConnection) -> None:
        """Counts a token that was refused. Raises RateLimited in its place where it is too many."""
        if (limit := self._limits.of_address.get("auth_failure")) is not None:
            await self._count(request.scope, limit, _address(request.scope))

    async def admit_guest(self, request: HTTPConnection) -> None:
        """Counts somebody who becomes a guest. Raises RateLimited."""
        if (limit := self._limits.of_address.get("guest")) is not None:
            await self._count(request.scope, limit, _address(request.scope))

    async def _count(self, scope: Scope, limit: Limit, key: str) -> None:
        standing = await self._counters.count(limit, key, self._clock())
        scope["state"].setdefault(STATE, []).append(standing)
        if not standing.allowed:
            raise RateLimited(
                f"{limit.quota} such requests in {limit.seconds} seconds are let through.",
                retry_after=standing.seconds,
            )


def headers_of(standings: list[Standing]) -> list[tuple[bytes, bytes]]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers)."""
    if len(standings) == 1:  # as most have
        policies, stands = standings[0].limit.policy, standings[0].header
    else:
        policies = b", ".join([standing.limit.policy for standing in standings])
        stands = b", ".join([standing.header for standing in standings])
    return [(b"ratelimit-policy", policies), (b"ratelimit", stands)]


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return address_key(client[0] if client else None)
