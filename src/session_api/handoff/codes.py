"""Codes that a person can read off one screen and type into another.

Ten symbols in two groups: nine that nobody can guess, 45 bits, and one that checks them.
Crockford's base 32 has no I, L, O and U; who types the first three means 1, 1 and 0. The check
finds every single mistyped symbol and every two that changed places: with it, the ten as a
polynomial over GF(32) are zero at a primitive element, at which each place weighs differently.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from session_api.ports import Secrets

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SYMBOLS: Final = 10
GROUP: Final = 5
_MEANT: Final = str.maketrans("ILO", "110")
_VALUES: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}
_MODULUS: Final = 0b100101
"""x⁵ + x² + 1, which is primitive."""


class HandoffCodes:
    """Makes codes, and what is kept of them. `keys` are the ring's, the first one in use."""

    def __init__(self, keys: Sequence[bytes], secrets: Secrets) -> None:
        self._keys = keys
        self._secrets = secrets

    def new(self) -> str:
        """A code as people see it."""
        return shown(code_of(hashlib.sha256(self._secrets().encode()).digest()))

    def hashes(self, owner_id: UUID, code: str) -> list[bytes]:
        """What is kept of a code, by each key of the ring; the first is for a new one.

        Keyed, since there are few enough codes to try them all.
        """
        message = owner_id.bytes + code.encode()
        return [hmac.digest(key, message, "sha256") for key in self._keys]


def code_of(random: bytes) -> str:
    """The code that the first 45 bits stand for."""
    number = int.from_bytes(random[:6]) >> 3
    symbols = [(number >> 5 * place) & 31 for place in reversed(range(SYMBOLS - 1))]
    symbols.append(_times_element(_value(symbols)))
    return "".join(ALPHABET[symbol] for symbol in symbols)


def shown(code: str) -> str:
    """With a hyphen between its groups."""
    return f"{code[:GROUP]}-{code[GROUP:]}"


def read(text: str) -> str | None:
    """The code that somebody typed, however they did; None for what can't be one."""
    plain = unicodedata.normalize("NFKC", text).upper().translate(_MEANT)
    code = "".join(char for char in plain if char in _VALUES)
    others = {char for char in plain if char not in _VALUES}
    if len(code) != SYMBOLS or any(not _divides(char) for char in others):
        return None
    return code if _value([_VALUES[symbol] for symbol in code]) == 0 else None


def _divides(char: str) -> bool:
    """Whether people put it between groups: a space, a hyphen or a dash."""
    return unicodedata.category(char) in ("Zs", "Pd")


def _value(symbols: Sequence[int]) -> int:
    """Of the polynomial, by Horner's rule."""
    value = 0
    for symbol in symbols:
        value = _times_element(value) ^ symbol
    return value


def _times_element(value: int) -> int:
    doubled = value << 1
    return doubled ^ _MODULUS if doubled & 0b100000 else doubled
