"""Tokens that the service makes itself, each for one purpose: guest, share, hand-over.

Each purpose has a key of its own, derived from the key ring, a `typ` and an `aud` (RFC 8725 § 3.9,
§ 3.11 and § 3.12). So a token of one purpose is nothing to another, and never an access token:
those have other keys and other types, and what takes a purpose's token takes nothing else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from jose import jws, jwt

from session_api.ports import Clock, Ids
from session_api.problems import TokenInvalid
from session_api.security.claims import check_times, is_fit_name, read_object
from session_api.security.gate import check_size, parse_header
from session_api.security.keyring import KeyRing
from session_api.security.verification import HS256, hmac_key

MINTED_BY: Final = "session-api"
_PURPOSE = re.compile(r"[a-z]+(-[a-z]+)*")
_OURS: Final = frozenset({"iss", "aud", "sub", "iat", "nbf", "exp", "jti"})
_LEEWAY: Final = timedelta(seconds=5)
"""For `iat`, between replicas whose clocks differ."""


@dataclass(frozen=True, slots=True)
class Minted:
    """What a token of ours says. `claims` are those it was minted with beyond the rest."""

    token_id: str
    subject: str
    issued_at: datetime
    expires_at: datetime
    claims: Mapping[str, Any]


class PurposeTokens:
    """Mints and verifies the tokens of one purpose. Anybody can read what a token says."""

    def __init__(self, ring: KeyRing, purpose: str, clock: Clock, ids: Ids) -> None:
        """`purpose` is a word of ours such as `share`, for ever: it is in every token's key.

        The ring's current key signs, every key of the ring verifies.
        """
        if not _PURPOSE.fullmatch(purpose):
            raise ValueError("a purpose is written in small letters, such as hand-over")
        self._keys = [hmac_key(key) for key in ring.derive(f"tokens/{purpose}")]
        self.type: Final = f"{purpose}+jwt"
        self.audience: Final = f"{MINTED_BY}/{purpose}"
        self._clock = clock
        self._ids = ids

    def mint(
        self, *, subject: str, expires_in: timedelta, claims: Mapping[str, Any] | None = None
    ) -> str:
        """A token about `subject`, with an id of its own by which it can be revoked.

        `claims` are JSON; ValueError where they use a name of RFC 7519 § 4.1, for a subject that no
        verifier takes, and for a time that is over at once.
        """
        claims = claims or {}
        now = int(self._clock().timestamp())
        expires_at = int(now + expires_in.total_seconds())
        if not _OURS.isdisjoint(claims) or not is_fit_name(subject) or expires_at <= now:
            raise ValueError("these are no claims of a token that could ever be taken")
        standard: dict[str, Any] = {
            "iss": MINTED_BY,
            "aud": self.audience,
            "sub": subject,
            "iat": now,
            "exp": expires_at,
            "jti": str(self._ids()),
        }
        return jwt.encode(
            {**claims, **standard}, self._keys[0], algorithm=HS256, headers={"typ": self.type}
        )

    def verify(self, token: str, *, also_expired: bool = False) -> Minted:
        """What a token says that was minted for this purpose and, unless `also_expired`, not over.

        Raises TokenExpired and, for every other text whatever it is, TokenInvalid.
        """
        check_size(token)
        header = parse_header(token, {self.type})
        if header.alg != HS256:
            raise TokenInvalid("The token is signed by an algorithm that is not accepted here.")
        claims = read_object(self._payload(token))
        # Ours, so all of it is there; an older release may have written it otherwise.
        if claims.get("iss") != MINTED_BY or claims.get("aud") != self.audience:
            raise TokenInvalid("The token is not meant for this.")
        subject, token_id, issued_at = (claims.get(name) for name in ("sub", "jti", "iat"))
        if not is_fit_name(subject) or not is_fit_name(token_id) or not isinstance(issued_at, int):
            raise TokenInvalid("The token lacks a claim.")
        now = self._clock()
        expires_at = check_times(claims, leeway=_LEEWAY, now=now, also_expired=also_expired)
        return Minted(
            token_id=token_id,
            subject=subject,
            issued_at=datetime.fromtimestamp(issued_at, now.tzinfo),
            expires_at=expires_at,
            claims={name: value for name, value in claims.items() if name not in _OURS},
        )

    def _payload(self, token: str) -> bytes:
        for key in self._keys:
            try:
                return jws.verify(token, key, algorithms=[HS256])
            except Exception:  # noqa: S112 - as in `tokens`: whatever it is means no
                continue
        raise TokenInvalid("The token's signature does not match.")
