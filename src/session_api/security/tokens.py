"""Verifying bearer tokens, and making them for development."""

from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Self

from cachetools import LRUCache
from jose import jws, jwt

from session_api.ports import Clock
from session_api.problems import TokenExpired, TokenInvalid
from session_api.security.claims import is_fit_name, principal_from
from session_api.security.gate import check_size, parse_header
from session_api.security.principal import Principal
from session_api.security.verification import HS256, KeySource, SharedSecret, hmac_key

CACHE_SIZE: Final = 10_000  # at most about 10 MB with everyday tokens


class TokenVerifier:
    """Tells who a bearer token speaks for.

    Verified tokens are remembered by the SHA-256 of the whole token, so nothing short of the same
    bytes can meet another person's principal; `exp` is held against the clock each time all the
    same. Refusals are not remembered: they would let strangers push people's tokens out.
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
    ) -> None:
        """`leeway` is for `nbf` and `iat` only. `cache_size` counts tokens."""
        self._keys = keys
        self._audience = audience
        self._leeway = leeway
        self._clock = clock
        self._verified: LRUCache[bytes, Principal] = LRUCache(maxsize=cache_size)

    @classmethod
    def from_secret(
        cls,
        secret: str,
        issuer: str | None,
        audience: str | None,
        leeway: timedelta,
        clock: Clock,
    ) -> Self:
        """One HS256 secret for all tokens. ValueError for a secret that is not fit for that."""
        keys = SharedSecret(secret, issuer=issuer)
        return cls(keys, audience=audience, leeway=leeway, clock=clock)

    def verify(self, token: str) -> Principal:
        """The principal of a valid token, which counts until just before its `exp`.

        Raises TokenExpired for a token whose time alone has passed, TokenInvalid for every other
        text whatever it is. Neither repeats anything of the token.
        """
        check_size(token)
        fingerprint = sha256(token.encode("ascii")).digest()
        now = self._clock()
        principal = self._verified.get(fingerprint)
        if principal is None:
            principal = self._verify_anew(token, now)
            self._verified[fingerprint] = principal
        elif now >= principal.expires_at:
            del self._verified[fingerprint]
            raise TokenExpired
        return principal

    def _verify_anew(self, token: str, now: datetime) -> Principal:
        header = parse_header(token)
        key = self._keys.key_for(header)
        # The signature comes first: nobody learns from a refusal what an unsigned payload lacks.
        # jws and not jwt.decode: its `require_exp` brings its own reading of the wall clock, and
        # `claims` checks all that its options would and more.
        try:
            payload = jws.verify(token, key.key, algorithms=[key.algorithm])
        # python-jose lets RecursionError and others through, and whatever it is means no.
        except Exception:
            raise TokenInvalid("The token's signature does not match.") from None
        return principal_from(
            payload, issuer=key.issuer, audience=self._audience, leeway=self._leeway, now=now
        )


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
) -> str:
    """A token for trying things out, in whole seconds from `now`.

    `scopes` None leaves the claim out, which grants both; an empty collection grants none.
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
    return jwt.encode(claims, hmac_key(secret), algorithm=HS256)
