"""Tokens of guests: people without an account, whom the service knows by what it minted itself.

A guest's token is an access token like any other, but for who vouches for it: the service, by a key
of its own, under an issuer that no other token may name. So nobody's secret or identity provider
can speak for a guest, and no guest for anybody else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, TypeGuard

from session_api.ports import Clock, Ids
from session_api.problems import TokenInvalid
from session_api.security.claims import MAX_TIMESTAMP, is_fit_name
from session_api.security.keyring import KeyRing
from session_api.security.minting import PurposeTokens
from session_api.security.principal import (
    ALL_SCOPES,
    GUEST_ISSUER,
    Principal,
    TokenMarks,
    owner_id_of,
)

PURPOSE: Final = "guest"
SUBJECT: Final = "guest:"
"""What the subjects of guests begin with; a UUID follows, which grants nothing."""


@dataclass(frozen=True, slots=True)
class MintedGuest:
    """A fresh token and whom it speaks for."""

    token: str
    principal: Principal


class GuestTokens:
    """Mints and reads the tokens of guests."""

    def __init__(
        self, ring: KeyRing, clock: Clock, ids: Ids, *, lifetime: timedelta, renewable: timedelta
    ) -> None:
        """A token counts for `lifetime`, and can be renewed until `renewable` after it was made, or
        as long as it counts.
        """
        self._tokens = PurposeTokens(ring, PURPOSE, clock, ids)
        self._clock = clock
        self._ids = ids
        self._lifetime = lifetime
        self._renewable = max(renewable, lifetime)

    @property
    def type(self) -> str:
        """Their `typ`."""
        return self._tokens.type

    def new(self, tenant: str) -> MintedGuest:
        """A guest whom nobody knows yet."""
        return self._mint(f"{SUBJECT}{self._ids()}", tenant)

    def renewed(self, guest: Principal) -> MintedGuest:
        """A fresh token of the same guest. Whether they may have one the caller has made sure."""
        return self._mint(guest.subject, guest.tenant_id)

    def read(self, token: str) -> Principal:
        """The guest of a token that counts. Raises TokenExpired and, for others, TokenInvalid."""
        return self._read(token, also_expired=False)

    def read_renewable(self, token: str) -> Principal:
        """As `read`, but an expired token will do until its `renewable_until`."""
        return self._read(token, also_expired=True)

    def _mint(self, subject: str, tenant: str) -> MintedGuest:
        renewable_until = int((self._clock() + self._renewable).timestamp())
        token = self._tokens.mint(
            subject=subject,
            expires_in=self._lifetime,
            claims={"tenant": tenant, "renewable_until": renewable_until},
        )
        return MintedGuest(token, self.read(token))

    def _read(self, token: str, *, also_expired: bool) -> Principal:
        minted = self._tokens.verify(token, also_expired=also_expired)
        tenant, until = (minted.claims.get(name) for name in ("tenant", "renewable_until"))
        # Ours, as all it says; but an older release may have written it otherwise.
        if not is_fit_name(tenant) or not _is_time(until):
            raise TokenInvalid("The token lacks a claim.")
        return Principal(
            owner_id=owner_id_of(GUEST_ISSUER, tenant, minted.subject),
            tenant_id=tenant,
            issuer=GUEST_ISSUER,
            subject=minted.subject,
            scopes=ALL_SCOPES,
            roles=frozenset(),
            expires_at=minted.expires_at,
            token=TokenMarks(
                fingerprint=sha256(token.encode("ascii")).digest(),
                jti=minted.token_id,
                issued_at=minted.issued_at,
            ),
            renewable_until=datetime.fromtimestamp(until, minted.expires_at.tzinfo),
        )


def _is_time(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_TIMESTAMP
