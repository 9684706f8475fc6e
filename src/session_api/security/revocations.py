"""Which tokens no longer count, though they have not expired: in memory, asked at each request.

Nothing here knows a database: `session_api.devices` fills it, at the start and ever after. For one
event loop.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Literal
from uuid import UUID

from session_api.problems import (
    DatabaseUnavailable,
    Problem,
    TokenExpired,
    TokenInvalid,
)
from session_api.security.principal import Principal
from session_api.sign_in_problems import ReauthenticationRequired, TokenRevoked

Kind = Literal["token", "jti", "device", "everywhere", "suspect_token", "suspect_sign_in"]
KINDS: Final[tuple[Kind, ...]] = (
    "token",
    "jti",
    "device",
    "everywhere",
    "suspect_token",
    "suspect_sign_in",
)
CUTS: Final = frozenset({"device", "everywhere"})
"""They end what was issued up to their moment; the others name a token, or a sign-in."""

_SUSPECT: Final = frozenset({"suspect_token", "suspect_sign_in"})
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_TIDY_AT_LEAST: Final = 1000


@dataclass(frozen=True, slots=True)
class Revocation:
    """What no longer counts, of one person.

    `value` is the SHA-256 of a token, of a `jti` or of the moment of a sign-in, the id of a device,
    or nothing. After `expires_at` no token lives that it could be about.
    """

    owner_id: UUID
    kind: Kind
    value: bytes
    made_at: datetime
    expires_at: datetime


def value_of_jti(jti: str) -> bytes:
    """What stands for a `jti`, which may be any text."""
    return sha256(b"jti\0" + jti.encode("utf-8", "surrogatepass")).digest()


def value_of_sign_in(authenticated_at: datetime) -> bytes:
    """What stands for a sign-in: the person's, at this second."""
    return sha256(b"auth_time\0" + str(int(authenticated_at.timestamp())).encode()).digest()


class RevocationList:
    """All revocations that may still meet a token.

    Holds `limit` of them at most. What is beyond that becomes one moment: the oldest leave, and
    every token, whoever's, that was issued before the youngest of those left counts no longer.
    That refuses more than it must and never less; the oldest meet tokens that are about to expire.

    A token counts for `longest` after its `iat`, whatever its `exp`, so that a revocation that is
    forgotten after so long can't give any back.
    """

    def __init__(self, *, limit: int, longest: timedelta) -> None:
        self._limit = limit
        self._longest = longest
        self._owners: dict[UUID, dict[tuple[Kind, bytes], Revocation]] = {}
        self._count = 0
        self._tidy_at = min(_TIDY_AT_LEAST, limit)
        self._floor: datetime | None = None
        self._good_until: float | None = None
        self._time: Callable[[], float] = float  # nought, until there is a loop to ask

    def __len__(self) -> int:
        return self._count

    def expiry(self, now: datetime) -> datetime:
        """When a revocation of now, of tokens whose `exp` nobody knows, may be forgotten."""
        return now + self._longest

    # Filling it

    def add(self, revocation: Revocation, now: datetime) -> None:
        """Takes effect with the next check. Adding it again is safe, in any order."""
        if revocation.expires_at <= now:
            return
        of_owner = self._owners.setdefault(revocation.owner_id, {})
        key = (revocation.kind, revocation.value)
        known = of_owner.get(key)
        if known is None:
            self._count += 1
        elif revocation.made_at < known.made_at:
            revocation = known
        of_owner[key] = revocation
        if self._count > self._tidy_at:
            self._tidy(now)

    def _tidy(self, now: datetime) -> None:
        """Once in every doubling, or at the limit: what it costs is shared by many."""
        self._keep(each for each in self._all() if each.expires_at > now)
        if self._count > self._limit:
            by_age = sorted(self._all(), key=lambda each: each.made_at)
            # More than must, so that the next one does not have to sort again.
            leaving = by_age[: self._count - self._limit + self._limit // 10]
            self._keep(by_age[len(leaving) :])
            self._floor = max(leaving[-1].made_at, self._floor or _LONG_AGO)
        self._tidy_at = min(max(2 * self._count, _TIDY_AT_LEAST), self._limit)

    def _all(self) -> list[Revocation]:
        return [each for of_owner in self._owners.values() for each in of_owner.values()]

    def _keep(self, kept: Iterable[Revocation]) -> None:
        owners: dict[UUID, dict[tuple[Kind, bytes], Revocation]] = {}
        count = 0
        for each in kept:
            owners.setdefault(each.owner_id, {})[each.kind, each.value] = each
            count += 1
        self._owners, self._count = owners, count

    # Whether it is up to date

    def expect_news(self) -> None:
        """From now on nothing passes until `good_for` has said how long this list can be trusted.

        Not called where nobody fills it, as in commands, which let nobody in.
        """
        self._good_until = -1.0

    def good_for(self, seconds: float) -> None:
        """What was read a moment ago is in; it may be trusted for so long."""
        self._time = asyncio.get_running_loop().time
        self._good_until = self._time() + seconds

    @property
    def stale(self) -> bool:
        """Whether others may have revoked what is not known here."""
        until = self._good_until
        return until is not None and self._time() > until

    # Asking it

    def check(self, principal: Principal, devices: Iterable[UUID], now: datetime) -> None:
        """Lets a verified token pass that was seen with these devices.

        Raises TokenRevoked, ReauthenticationRequired, TokenExpired for one older than tokens get
        here, TokenInvalid for one that lives longer than that and does not say since when, and
        DatabaseUnavailable while the list is stale.
        """
        if self.stale:
            raise DatabaseUnavailable("Whether this token was revoked can't be told just now.")
        self._check_age(principal, now)
        # Who does not say when a token was issued issued it before everything.
        issued_at = principal.token.issued_at or _LONG_AGO
        if self._floor is not None and issued_at <= self._floor:
            raise TokenRevoked
        of_owner = self._owners.get(principal.owner_id)
        if of_owner is None:
            return
        refusals: list[type[Problem]] = []
        for key in _keys(principal, devices):
            found = of_owner.get(key)
            if found is None or (key[0] in CUTS and issued_at > found.made_at):
                continue
            if found.expires_at > now:
                refusals.append(ReauthenticationRequired if key[0] in _SUSPECT else TokenRevoked)
        if refusals:
            raise TokenRevoked if TokenRevoked in refusals else refusals[0]

    def _check_age(self, principal: Principal, now: datetime) -> None:
        issued_at = principal.token.issued_at
        if issued_at is None:
            if principal.expires_at - now > self._longest:
                raise TokenInvalid("The token has no iat, and lives longer than tokens may here.")
        elif now - issued_at >= self._longest:
            raise TokenExpired


def _keys(principal: Principal, devices: Iterable[UUID]) -> Iterator[tuple[Kind, bytes]]:
    token = principal.token
    yield "everywhere", b""
    yield "token", token.fingerprint
    yield "suspect_token", token.fingerprint
    if token.jti is not None:
        yield "jti", value_of_jti(token.jti)
    if token.authenticated_at is not None:
        yield "suspect_sign_in", value_of_sign_in(token.authenticated_at)
    for device in devices:
        yield "device", device.bytes


def suspicion_of(principal: Principal, now: datetime, *, expires_at: datetime) -> Revocation:
    """Asks for a new sign-in: of every token of this one, where tokens tell when it was."""
    token = principal.token
    if token.authenticated_at is None:
        return Revocation(
            principal.owner_id, "suspect_token", token.fingerprint, now, principal.token_ends_at
        )
    value = value_of_sign_in(token.authenticated_at)
    return Revocation(principal.owner_id, "suspect_sign_in", value, now, expires_at)
