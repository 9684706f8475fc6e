"""Verifying bearer tokens, and making them for development."""

from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from cachetools import LRUCache
from jose import jws, jwt

from session_api.ports import Clock
from session_api.problems import TokenExpired, TokenInvalid
from session_api.security.claims import is_fit_name, principal_from
from session_api.security.gate import ACCESS_TOKEN, check_size, parse_header
from session_api.security.guests import GuestTokens
from session_api.security.principal import Principal
from session_api.security.verification import (
    HS256,
    KeyAwaited,
    KeySource,
    hmac_key,
)

CACHE_SIZE: Final = 10_000  # at most about 10 MB with everyday tokens


class TokenVerifier:
    """Tells who a bearer token speaks for.

    Verified tokens are remembered by the SHA-256 of the whole token, so nothing short of the same
    bytes can meet another person's principal; `exp` is held against the clock each time all the
    same, and all are verified anew when a key was withdrawn. Refusals are not remembered: they
    would let strangers push people's tokens out.
    For one event loop: calls must not overlap in threads.
    """

    def __init__(
        self,
        keys: KeySource,
        *,
        audience: str | None,
        leeway: timedelta,
        clock: Clock,
        cache_size: int = CACHE_SIZE,
        guests: GuestTokens | None = None,
    ) -> None:
        """`leeway` is for `nbf` and `iat` only. `cache_size` counts tokens. With `guests`, their
        tokens are taken as well, which their `typ` tells from all others.
        """
        self._keys = keys
        self._guests = guests
        self._audience = audience
        self._leeway = leeway
        self._clock = clock
        # With each, the time until which its key vouches for it.
        self._verified: LRUCache[bytes, tuple[Principal, datetime]] = LRUCache(maxsize=cache_size)
        self._withdrawn = keys.keys_withdrawn

    def verify(self, token: str) -> Principal:
        """The principal of a valid token, which counts until just before its `exp`.

        Raises TokenExpired for a token whose time alone has passed, KeyAwaited for one whose key
        must be fetched first, TokenInvalid for every other text whatever it is. None repeats
        anything of the token.
        """
        check_size(token)
        fingerprint = sha256(token.encode("ascii")).digest()
        now = self._clock()
        if self._withdrawn != self._keys.keys_withdrawn:
            self._withdrawn = self._keys.keys_withdrawn
            self._verified.clear()
        try:
            principal, good_until = self._verified[fingerprint]  # `get` would look twice
        except KeyError:
            pass
        else:
            if now < good_until:
                return principal
            del self._verified[fingerprint]
            if now >= principal.expires_at:
                raise TokenExpired
        principal, good_until = self._verified[fingerprint] = self._verify_anew(
            token, fingerprint, now
        )
        return principal

    async def verify_after_fetch(self, token: str, awaited: KeyAwaited) -> Principal:
        """As `verify`, for a token that waits for its key. Raises IdentityUnavailable as well."""
        await awaited.wait()
        try:
            return self.verify(token)
        except KeyAwaited:
            raise TokenInvalid("The token is signed by a key that its issuer has not.") from None

    def _verify_anew(
        self, token: str, fingerprint: bytes, now: datetime
    ) -> tuple[Principal, datetime]:
        if self._guests is None:
            header = parse_header(token)
        else:
            header = parse_header(token, ACCESS_TOKEN | {self._guests.type})
            if (header.typ or "").lower() == self._guests.type:
                guest = self._guests.read(token)
                return guest, guest.expires_at
        key = self._keys.key_for(header)
        # The signature comes first: nobody learns from a refusal what an unsigned payload lacks.
        # jws and not jwt.decode: its `require_exp` brings its own reading of the wall clock, and
        # `claims` checks all that its options would and more.
        try:
            payload = jws.verify(token, key.key, algorithms=[key.algorithm])
        # python-jose lets RecursionError and others through, and whatever it is means no.
        except Exception:
            raise TokenInvalid("The token's signature does not match.") from None
        principal = principal_from(
            payload,
            issuer=key.issuer,
            audience=key.audience or self._audience,
            leeway=self._leeway,
            now=now,
            of_provider=key.audience is not None,
            fingerprint=fingerprint,
        )
        return principal, min(principal.expires_at, key.good_until or principal.expires_at)


def mint_development_token(
    secret: str,
    *,
    subject: str,
    tenant: str,
    roles: Collection[str],
    scopes: Collection[str] | None,
    expires_in: timedelta,
    issuer: str | None,
    audience: str | None,
    now: datetime,
    jti: str | None = None,
) -> str:
    """A token for trying things out, in whole seconds from `now`.

    Without a `jti`, two that are made for the same person in the same second are the same token,
    and revoked together. `scopes` None leaves the claim out, which grants both; an
    empty collection grants none.
    ValueError for an unfit secret, and for a subject or tenant that no verifier would take.
    """
    if not is_fit_name(subject) or not is_fit_name(tenant):
        raise ValueError(
            "user and tenant must be 1 to 255 characters long, without control characters"
        )
    claims: dict[str, Any] = {
        "sub": subject,
        "tenant": tenant,
        "iat": int(now.timestamp()),
        "exp": int((now + expires_in).timestamp()),
    }
    if roles:
        claims["roles"] = sorted(roles)
    if scopes is not None:
        claims["scope"] = " ".join(sorted(scopes))
    if issuer is not None:
        claims["iss"] = issuer
    if audience is not None:
        claims["aud"] = audience
    if jti is not None:
        claims["jti"] = jti
    return jwt.encode(claims, hmac_key(secret), algorithm=HS256)
