"""Encryption at rest: AES-256-GCM under a ring of keys that can be rotated.

A blob is `version (1 byte, 0x01) · length of the key id (1 byte) · key id (ASCII) · nonce (12) ·
ciphertext · tag (16)`. Its associated data is that head, the purpose, the owner and the record, so
a blob moved to another column, person or row does not decrypt. One that was handed over to another
person while its key was missing has a trailer: `from · former owner (16) · HMAC-SHA256 (32)`.

Limits: with random 96-bit nonces one key may encrypt at most 2^32 messages (NIST SP 800-38D § 8.3),
after which a repeated nonce, which would give away the authentication key, is no longer negligible.
At a steady 100 writes a second that is 16 months: rotate yearly, sooner when busier.
"""

import binascii
import hmac
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
MAX_KID_CHARACTERS: Final = 32
_VERSION: Final = 1
_FROM: Final = b"from"
_MAC_BYTES: Final = 32
_TRAILER_BYTES: Final = len(_FROM) + 16 + _MAC_BYTES
_KID = re.compile(rf"[A-Za-z0-9._-]{{1,{MAX_KID_CHARACTERS}}}", re.ASCII)

RandomBytes = Callable[[int], bytes]


class Unreadable(Exception):
    """A stored value can't be decrypted. `code` is stable and goes into `damaged`."""

    code: ClassVar[str]


class KeyMissing(Unreadable):
    """The ring lacks the key that wrote the value; giving it back makes the value readable."""

    code = "key_missing"

    def __init__(self, kid: str) -> None:
        super().__init__(f"no encryption key with the id {kid}")
        self.kid = kid


class CiphertextInvalid(Unreadable):
    """The value was altered, cut off, moved from elsewhere, or never was one of ours."""

    code = "ciphertext_invalid"

    def __init__(self) -> None:
        super().__init__("the ciphertext fails its check")


class KeyRing:
    """The first key encrypts, every key decrypts. Its repr shows key ids and nothing else."""

    def __init__(
        self, keys: Sequence[tuple[str, bytes]], *, random_bytes: RandomBytes = os.urandom
    ) -> None:
        """`keys` are (key id, 32 bytes), the current one first.

        Raises ValueError, which never quotes an entry, where one is malformed or given twice.
        """
        if not keys:
            raise ValueError("the key ring is empty; give at least one key as kid:base64")
        seen: dict[str | bytes, int] = {}
        for number, (kid, key) in enumerate(keys, start=1):
            _check_kid(kid, f"encryption key {number}")
            if len(key) != KEY_BYTES:
                raise ValueError(
                    f"encryption key {number}: the key has {len(key)} bytes, not {KEY_BYTES}"
                )
            # The same key under two ids is a slip that would make a rotation change nothing.
            for name, value in (("id", kid), ("key", key)):
                if value in seen:
                    raise ValueError(
                        f"encryption key {number}: same {name} as encryption key {seen[value]}"
                    )
                seen[value] = number
        self._keys = dict(keys)
        self._ciphers = {kid: AESGCM(key) for kid, key in keys}
        self._current = self._ciphers[keys[0][0]]
        self.kids: Final = tuple(self._keys)
        """The ids of the keys, the current one's first."""
        self._random_bytes = random_bytes
        self._hand_over_keys = self.derive("values handed over")
        self.current_head: Final = _head(keys[0][0])
        """How every blob of the current key begins, and no other: for finding the rest in SQL."""
        self._least_bytes = len(self.current_head) + NONCE_BYTES + TAG_BYTES

    @classmethod
    def parse(cls, text: str, *, random_bytes: RandomBytes = os.urandom) -> Self:
        """A ring from `kid:base64,kid2:base64`, standard or URL-safe base64.

        Spaces around entries and missing padding are fine. Raises ValueError, which names an entry
        by its position and quotes nothing: a slip may have put the key where the id belongs.
        """
        entries = text.split(",") if text.strip() else []
        keys = [_parse_entry(entry, number) for number, entry in enumerate(entries, start=1)]
        return cls(keys, random_bytes=random_bytes)

    def __repr__(self) -> str:
        return f"KeyRing(kids={list(self._keys)})"

    def encrypt(self, plaintext: bytes, *, purpose: str, owner_id: UUID, record_id: UUID) -> bytes:
        """A blob under the current key, a new one at every call.

        `purpose` names the column, as `table.column`. The same purpose, owner and record are
        needed to read it.
        """
        nonce = self._random_bytes(NONCE_BYTES)
        head = self.current_head
        bound = _associated_data(head, purpose, owner_id, record_id)
        return head + nonce + self._current.encrypt(nonce, plaintext, bound)

    def decrypt(self, blob: bytes, *, purpose: str, owner_id: UUID, record_id: UUID) -> bytes:
        """The plaintext, exactly as it was encrypted for this purpose, owner and record.

        Raises KeyMissing where a well-formed blob names a key that is not in the ring, and
        CiphertextInvalid for everything else; never another exception, whatever the bytes.
        """
        if blob.startswith(self.current_head) and len(blob) >= self._least_bytes:
            # Nearly every one, and nothing of its head is left to be read.
            cipher, body_at = self._current, len(self.current_head)
        else:
            kid, body_at = _split(blob)
            found = self._ciphers.get(kid)
            if found is None:
                raise KeyMissing(kid)
            cipher = found
        nonce, sealed = blob[body_at : body_at + NONCE_BYTES], blob[body_at + NONCE_BYTES :]
        bound = _associated_data(blob[:body_at], purpose, owner_id, record_id)
        try:
            return cipher.decrypt(nonce, sealed, bound)
        except InvalidTag:
            former = self._former_owner(blob, purpose, owner_id, record_id)
            if former is None:
                raise CiphertextInvalid from None
            whole = blob[:-_TRAILER_BYTES]
            return self.decrypt(whole, purpose=purpose, owner_id=former, record_id=record_id)

    def hand_over(
        self, blob: bytes, *, purpose: str, owner_id: UUID, heir: UUID, record_id: UUID
    ) -> bytes:
        """A blob that can't be read now, for the heir's row: it can be there, once its key is back.

        The caller has made sure that the heir may have it. Nobody else can make such a blob.
        """
        bound = _associated_data(blob + owner_id.bytes, purpose, heir, record_id)
        return blob + _FROM + owner_id.bytes + _mac(self._hand_over_keys[0], bound)

    def _former_owner(
        self, blob: bytes, purpose: str, owner_id: UUID, record_id: UUID
    ) -> UUID | None:
        """Who had the value before it was handed over to this owner; None where it never was."""
        whole, trailer = blob[:-_TRAILER_BYTES], blob[-_TRAILER_BYTES:]
        former, mac = trailer[len(_FROM) : -_MAC_BYTES], trailer[-_MAC_BYTES:]
        if not whole or not trailer.startswith(_FROM):
            return None
        bound = _associated_data(whole + former, purpose, owner_id, record_id)
        if not any(hmac.compare_digest(_mac(key, bound), mac) for key in self._hand_over_keys):
            return None
        return UUID(bytes=former)

    def needs_rotation(self, blob: bytes) -> bool:
        """Whether something other than the current key, in the current format, wrote it.

        True for foreign bytes as well; decrypting them then says what is wrong.
        """
        return not blob.startswith(self.current_head)

    def derive(self, purpose: str) -> list[bytes]:
        """A 32-byte sub-key of each key, the current one's first (HKDF-SHA256, RFC 5869).

        For what is no ciphertext, such as signing cursors: one purpose's keys tell nothing about
        another's, nor about the ring's.
        """
        info = b"session-api/sub-key/v1/" + purpose.encode()
        return [
            HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)
            for key in self._keys.values()
        ]


def generate_key_entry(kid: str, *, random_bytes: RandomBytes = os.urandom) -> str:
    """A new key as `kid:base64`, for the front of the ring. ValueError for an unfit `kid`."""
    _check_kid(kid, "encryption key")
    return f"{kid}:{b64encode(random_bytes(KEY_BYTES)).decode('ascii')}"


def kid_of(blob: bytes) -> str:
    """The id of the key that a blob says it was written under; nothing else of it is checked.

    Raises CiphertextInvalid where it is no whole blob.
    """
    return _split(blob)[0]


def _parse_entry(entry: str, number: int) -> tuple[str, bytes]:
    kid, colon, encoded = (part.strip() for part in entry.partition(":"))
    if not colon:
        raise ValueError(f"encryption key {number}: write it as kid:base64")
    standard = encoded.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return kid, b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        raise ValueError(f"encryption key {number}: the key is not base64") from None


def _check_kid(kid: str, where: str) -> None:
    if not _KID.fullmatch(kid):
        raise ValueError(f"{where}: the key id must be 1 to 32 of A-Z a-z 0-9 . _ -")


def _head(kid: str) -> bytes:
    return bytes((_VERSION, len(kid))) + kid.encode("ascii")


def _split(blob: bytes) -> tuple[str, int]:
    """The key id and where the nonce begins; CiphertextInvalid where it is no whole blob."""
    if len(blob) < 2 or blob[0] != _VERSION:
        raise CiphertextInvalid
    body_at = 2 + blob[1]
    if len(blob) < body_at + NONCE_BYTES + TAG_BYTES:
        raise CiphertextInvalid
    kid = blob[2:body_at].decode("latin-1")  # takes any byte; the pattern then decides
    if not _KID.fullmatch(kid):
        raise CiphertextInvalid
    return kid, body_at


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _associated_data(head: bytes, purpose: str, owner_id: UUID, record_id: UUID) -> bytes:
    # Every part has a fixed length or states it, so no two sets of parts read the same.
    name = purpose.encode()
    return head + len(name).to_bytes(2, "big") + name + owner_id.bytes + record_id.bytes
