"""Sealing what processes tell each other: whoever else may use the same database or Redis can
neither read it, nor make it up, nor say it again.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cachetools import LRUCache
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from session_api.security.encoding import decode_base64url, encode_base64url
from session_api.sync.fanout.port import PAYLOAD_BYTES

_ORIGIN_BYTES: Final = 16
_NUMBER_BYTES: Final = 8
_TAG_BYTES: Final = 16
_HEAD_BYTES: Final = _ORIGIN_BYTES + _NUMBER_BYTES

TEXT_BYTES: Final = PAYLOAD_BYTES * 3 // 4 - _HEAD_BYTES - _TAG_BYTES
"""The longest text that, sealed, is no longer than PAYLOAD_BYTES."""

_SPEAKERS: Final = 1_000
"""Processes whose last number is remembered."""


class _Speaker:
    """Another process: its cipher, and the number of what was last heard of it."""

    __slots__ = ("cipher", "newest")

    def __init__(self, cipher: AESGCM) -> None:
        self.cipher = cipher
        self.newest = 0


class Sealing:
    """AES-256-GCM under a key for each process, which all of them derive from its id. Nonces are
    numbers that count up, so none is ever used twice with one key, and what is said again is known.

    `keys` is `KeyRing.derive("fan-out")`: the first seals, all open.
    """

    def __init__(self, keys: Sequence[bytes], origin: UUID) -> None:
        """`origin` is this process's own id, which no other one ever had."""
        if not keys:
            raise ValueError("sealing needs at least one key")
        self._keys = tuple(keys)
        self._origin = origin.bytes
        self._cipher = _cipher(keys[0], self._origin)
        self._number = 0
        self._speakers: LRUCache[bytes, _Speaker] = LRUCache(_SPEAKERS)

    def seal(self, text: str) -> str:
        """In ASCII, a third longer."""
        self._number += 1
        number = self._number.to_bytes(_NUMBER_BYTES, "big")
        sealed = self._cipher.encrypt(_nonce(number), text.encode(), None)
        return encode_base64url(self._origin + number + sealed)

    def open(self, sealed: str) -> str | None:
        """The text that another process sealed. None for what was heard before, what this process
        said itself, and what nobody with our keys did.
        """
        try:
            raw = decode_base64url(sealed)
        except ValueError:
            return None
        origin, number = raw[:_ORIGIN_BYTES], raw[_ORIGIN_BYTES:_HEAD_BYTES]
        if origin == self._origin or len(raw) < _HEAD_BYTES + _TAG_BYTES:
            return None
        known = self._speakers.get(origin)
        speakers = [known] if known else [_Speaker(_cipher(key, origin)) for key in self._keys]
        for speaker in speakers:
            try:
                text = speaker.cipher.decrypt(_nonce(number), raw[_HEAD_BYTES:], None)
            except InvalidTag:
                continue
            if (place := int.from_bytes(number, "big")) <= speaker.newest:
                return None
            speaker.newest = place
            # Only now: made-up ids push nobody's number out.
            self._speakers[origin] = speaker
            return text.decode()
        return None


def _nonce(number: bytes) -> bytes:
    return bytes(4) + number


def _cipher(key: bytes, origin: bytes) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"session-api/fan-out/" + origin)
    return AESGCM(derived.derive(key))
