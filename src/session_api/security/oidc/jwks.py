"""Reading an issuer's key set (RFC 7517): which keys in it verify what.

A key that is not fit is passed over, as RFC 7517 § 5 asks, for an issuer may publish kinds that we
don't know beside those that we use. Each key is for one algorithm (RFC 8725 § 3.1): the one it
names, or the usual one of its kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurve,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwk
from jose.backends.base import Key

from session_api.security.encoding import decode_base64url, decode_json
from session_api.security.gate import MAX_HEADER_VALUE


class KeysUnavailable(Exception):
    """An issuer's keys could not be had. The message is for the log, and of our own words."""


MAX_KEYS: Final = 100
"""Members of one set. The largest providers publish about ten."""

MIN_RSA_BITS: Final = 2048  # RFC 7518 § 3.3
MAX_RSA_BITS: Final = 8192  # verifying costs its square
MAX_RSA_EXPONENT: Final = 2**32  # and grows with the exponent's bits
_RSA_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256")
# RFC 7518 § 3.4 ties each to one curve; python-jose does not.
_CURVES: Final[Mapping[str, tuple[str, Callable[[], EllipticCurve], int]]] = {
    "P-256": ("ES256", SECP256R1, 32),
    "P-384": ("ES384", SECP384R1, 48),
}
PUBLIC_KEY_ALGORITHMS: Final = frozenset(_RSA_ALGORITHMS) | {
    algorithm for algorithm, _, _ in _CURVES.values()
}

# What only the issuer may know. A set that has it was published by mistake, and everybody signs.
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key for python-jose. Two are equal that are the same key, however they were written."""

    key: Key = field(compare=False)
    public: bytes = field(repr=False)


KeySet = Mapping[tuple[str | None, str], PublishedKey]
"""Keys by their `kid`, if they have one, and their algorithm."""


class _Unfit(Exception):
    """A member of the set that verifies nothing here."""


class PssKey(Key):
    """PS256 for python-jose, which has none: its verification, with the parameters fixed."""

    def __init__(self, key: RSAPublicKey) -> None:
        super().__init__(key, "PS256")
        self._key = key

    def verify(self, msg: bytes, sig: bytes) -> bool:
        # RFC 7518 § 3.5: the salt is as long as the hash.
        scheme = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=SHA256.digest_size)
        try:
            self._key.verify(sig, msg, scheme, SHA256())
        except InvalidSignature:
            return False
        return True


def read_key_set(document: bytes) -> KeySet:
    """The keys of a set that verify signatures here; none of them may be left.

    Two that can't be told apart are both left out. Raises ValueError where it is no key set.
    """
    found = decode_json(document)
    members = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(members, list) or len(members) > MAX_KEYS:
        raise ValueError(f"it is not a key set of at most {MAX_KEYS} keys")
    keys: dict[tuple[str | None, str], PublishedKey] = {}
    twice = set()
    for member in members:
        try:
            name, key = _read_key(member)
        except (_Unfit, ValueError, UnsupportedAlgorithm):
            continue
        if name in keys:
            twice.add(name)
        keys[name] = key
    return {name: key for name, key in keys.items() if name not in twice}


def _read_key(member: object) -> tuple[tuple[str | None, str], PublishedKey]:
    """A key with its name. Raises _Unfit, and ValueError for numbers that are no key."""
    if not isinstance(member, dict) or not _PRIVATE.isdisjoint(member):
        raise _Unfit
    kid = member.get("kid")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= MAX_HEADER_VALUE):
        raise _Unfit
    operations = member.get("key_ops", ["verify"])
    if member.get("use", "sig") != "sig" or not isinstance(operations, list):
        raise _Unfit
    if "verify" not in operations:
        raise _Unfit
    public: RSAPublicKey | EllipticCurvePublicKey
    if member.get("kty") == "RSA":
        algorithm, public = _rsa_key(member)
    elif member.get("kty") == "EC":
        algorithm, public = _ec_key(member)
    else:
        raise _Unfit
    # The object itself, so that python-jose has nothing to guess; its stubs know text only.
    if algorithm == "PS256" and isinstance(public, RSAPublicKey):
        key: Key = PssKey(public)
    else:
        key = jwk.construct(public, algorithm)  # type: ignore[arg-type]
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return (kid, algorithm), PublishedKey(key, der)


def _rsa_key(member: Mapping[str, Any]) -> tuple[str, RSAPublicKey]:
    algorithm = member.get("alg", "RS256")
    if algorithm not in _RSA_ALGORITHMS:
        raise _Unfit
    modulus, exponent = _number(member, "n"), _number(member, "e")
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS or exponent > MAX_RSA_EXPONENT:
        raise _Unfit
    return algorithm, RSAPublicNumbers(exponent, modulus).public_key()


def _ec_key(member: Mapping[str, Any]) -> tuple[str, EllipticCurvePublicKey]:
    name = member.get("crv")
    if not isinstance(name, str) or name not in _CURVES:
        raise _Unfit
    algorithm, curve, size = _CURVES[name]
    if member.get("alg", algorithm) != algorithm:
        raise _Unfit
    x, y = _octets(member, "x"), _octets(member, "y")
    if len(x) != size or len(y) != size:  # RFC 7518 § 6.2.1.2
        raise _Unfit
    numbers = EllipticCurvePublicNumbers(
        int.from_bytes(x, "big"), int.from_bytes(y, "big"), curve()
    )
    return algorithm, numbers.public_key()  # ValueError for a point that is not on the curve


def _number(member: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(_octets(member, name), "big")


def _octets(member: Mapping[str, Any], name: str) -> bytes:
    value = member.get(name)
    if not isinstance(value, str):
        raise _Unfit
    return decode_base64url(value)
