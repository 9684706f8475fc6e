"""The keys that verify tokens, and how one is chosen for a token.

A key is pinned to one algorithm and to the issuer it vouches for when it is configured or fetched;
nothing in a token can change either. Here is the shared secret; `oidc` has the public keys.
"""

import binascii
from base64 import b64decode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from cryptography.x509 import load_der_x509_certificate
from jose import jwk
from jose.backends.base import Key
from jose.utils import is_ssh_key

from session_api.problems import TokenInvalid
from session_api.security.encoding import decode_json
from session_api.security.gate import TokenHeader
from session_api.settings import MINIMUM_SECRET_BYTES

HS256: Final = "HS256"


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A key, the one algorithm it is for, and the issuer it vouches for.

    `issuer` None: whoever holds the key may name any issuer, which only a shared secret of our own
    may say. `key` is python-jose's object and never text, because python-jose guesses what text
    is, and a guess is how a public key becomes an HMAC secret (CVE-2024-33663).

    Of an identity provider's key, `audience` is what its tokens must be meant for, and
    `good_until` when it stops to count unless it is fetched again.
    """

    algorithm: str
    key: Key
    issuer: str | None
    audience: str | None = None
    good_until: datetime | None = None


class KeyAwaited(Exception):
    """Whether there is such a key is known only after `wait`, which may take some seconds and
    raises IdentityUnavailable.
    """

    def __init__(self, wait: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.wait = wait


class KeySource(Protocol):
    """Chooses the key for a token."""

    @property
    def keys_withdrawn(self) -> int:
        """Another number whenever a key stopped to count, so that nobody goes by it any longer."""
        ...

    def key_for(self, header: TokenHeader) -> VerificationKey:
        """The key configured for such a header.

        The key's algorithm is exactly `header.alg`, compared with case. `header` is unverified:
        `kid` may only be looked up among known keys, never turned into a path, URL or statement.
        Raises TokenInvalid where there is no such key, and KeyAwaited.
        """
        ...


class SharedSecret:
    """One HS256 secret for all tokens. `kid` is of no use to it and ignored."""

    keys_withdrawn: Final = 0

    def __init__(self, secret: str | bytes, *, issuer: str | None) -> None:
        """ValueError as `hmac_key`."""
        self._key = VerificationKey(algorithm=HS256, key=hmac_key(secret), issuer=issuer)

    def key_for(self, header: TokenHeader) -> VerificationKey:
        if header.alg != HS256:
            raise TokenInvalid("The token is signed by an algorithm that is not accepted here.")
        return self._key


def hmac_key(secret: str | bytes) -> Key:
    """An HS256 key of at least 32 bytes (RFC 7518 § 3.2).

    Raises ValueError, without the secret in it, for a shorter one, for text that is not UTF-8, and
    for what looks like an asymmetric key in PEM, OpenSSH, JWK or DER form, also in base64: whoever
    puts a public key here makes everybody who has it an issuer.
    """
    try:
        raw = secret.encode() if isinstance(secret, str) else secret
    except UnicodeEncodeError:
        raise ValueError("the token secret is not valid UTF-8") from None
    if len(raw) < MINIMUM_SECRET_BYTES:
        raise ValueError(
            f"the token secret has {len(raw)} bytes and needs at least {MINIMUM_SECRET_BYTES}"
        )
    if _looks_like_a_key_file(raw):
        raise ValueError(
            "the token secret looks like an asymmetric key (PEM, OpenSSH, JWK or DER); "
            "give a random secret that nobody else has"
        )
    return jwk.construct(raw, HS256)


def _looks_like_a_key_file(raw: bytes) -> bool:
    forms = [raw]
    standard = raw.translate(bytes.maketrans(b"-_", b"+/"), delete=b"= \t\r\n")
    with suppress(binascii.Error):
        forms.append(b64decode(standard + b"=" * (-len(standard) % 4), validate=True))
    return any(
        b"-----BEGIN" in form or is_ssh_key(form) or _is_json_object(form) or _is_der(form)
        for form in forms
    )


def _is_json_object(raw: bytes) -> bool:
    try:
        return isinstance(decode_json(raw), dict)
    except ValueError:
        return False


def _is_der(raw: bytes) -> bool:
    if not raw.startswith(b"\x30"):  # every such key is a SEQUENCE
        return False
    return (
        _parses(lambda: load_der_public_key(raw))
        or _parses(lambda: load_der_x509_certificate(raw))
        or _parses(lambda: load_der_private_key(raw, password=None))
    )


def _parses(load: Callable[[], object]) -> bool:
    try:
        load()
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it has a password
        return False
    return True
