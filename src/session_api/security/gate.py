"""The gate in front of python-jose: a token's shape, before any cryptography.

python-jose takes much that RFC 8725 and good sense refuse: it ignores an unknown `crit`, lets the
last of two equal members win, and on 1,000 nested arrays in an unsigned header raises
RecursionError where one expects its own error. So it only ever sees tokens that passed here.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from session_api.problems import TokenInvalid
from session_api.security.encoding import decode_base64url, decode_json

MAX_TOKEN_BYTES: Final = 8192  # what a request header may hold by common server limits
MAX_HEADER_VALUE: Final = 255

# Everything else either asks for a feature we don't have (crit, b64, zip, enc) or offers a key of
# the sender's choice (jwk, jku, x5u, x5c).
_MEMBERS: Final = frozenset({"alg", "typ", "kid"})
# Thumbprints of a certificate, which some providers send beside the kid. Never looked at.
_THUMBPRINTS: Final = frozenset({"x5t", "x5t#S256"})

# Compared without case: media types (RFC 7515 § 4.1.9). RFC 9068 § 4 knows both access-token
# spellings. A token of another purpose has another `typ` and stops here (RFC 8725 § 3.11).
AT_JWT: Final = frozenset({"at+jwt", "application/at+jwt"})
ACCESS_TOKEN: Final = AT_JWT | {"jwt", None}
"""A token without a type may be one as well."""


@dataclass(frozen=True, slots=True)
class TokenHeader:
    """What a token says about how it is signed. Unverified: it may select a key, never be one.

    `issuer` is the payload's `iss`, just as unverified; None where none can be read.
    """

    alg: str
    kid: str | None
    typ: str | None
    issuer: str | None = None


def check_size(token: str) -> None:
    """TokenInvalid for what is too large, or not ASCII, and so not even worth hashing."""
    if len(token) > MAX_TOKEN_BYTES or not token.isascii():
        raise TokenInvalid(f"The token is not ASCII text of at most {MAX_TOKEN_BYTES} bytes.")


def parse_header(token: str, types: Collection[str | None] = ACCESS_TOKEN) -> TokenHeader:
    """The header of a compact JWS whose three parts are well formed.

    Takes a token that passed `check_size`. `types`, in lower case, are those that are let through,
    None for a token without any. Promises nothing about the signature or the payload's content.
    Raises TokenInvalid, and only that, for every other text.
    """
    parts = token.split(".")
    # Three parts exclude JWE (five), and the alphabet the JSON form and detached payloads.
    if len(parts) != 3 or not all(parts):
        raise TokenInvalid("The token does not have the three parts of a signed JWT.")
    try:
        header_json, payload, _ = (decode_base64url(part) for part in parts)
    except ValueError:
        raise TokenInvalid("A part of the token is not unpadded base64url.") from None
    header = _read_header(header_json)
    if (None if header.typ is None else header.typ.lower()) not in types:
        raise TokenInvalid("The token is of another type than is taken here.")
    return replace(header, issuer=_claimed_issuer(payload))


def _claimed_issuer(payload: bytes) -> str | None:
    try:
        claims = decode_json(payload)
    except ValueError:
        return None  # whatever it is: a signature over it will be looked at first
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else None


def _read_header(header_json: bytes) -> TokenHeader:
    try:
        header = decode_json(header_json)
    except ValueError:
        raise TokenInvalid("The token's header is not valid JSON.") from None
    if not isinstance(header, dict):
        raise TokenInvalid("The token's header is not a JSON object.")
    if not header.keys() - _THUMBPRINTS <= _MEMBERS:
        raise TokenInvalid("The token's header has members other than alg, typ and kid.")
    if not all(isinstance(value, str) for value in header.values()):
        raise TokenInvalid("The token's header has a value that is not a string.")
    if not all(0 < len(value) <= MAX_HEADER_VALUE for value in header.values()):
        raise TokenInvalid("The token's header has an empty or very long value.")
    alg, kid, typ = header.get("alg"), header.get("kid"), header.get("typ")
    if alg is None:
        raise TokenInvalid("The token's header names no algorithm.")
    return TokenHeader(alg=alg, kid=kid, typ=typ)
