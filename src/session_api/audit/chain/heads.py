"""Signed heads: what a chain had come to, said outside the database.

A chain alone does not show that its tail was cut off, nor that all of it was made anew. A head
does: it names a position and its hash, and only who has the key ring can sign one. Anyone can check
one with the public key in it, once they know that the key is ours (Ed25519, RFC 8032).
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from session_api.json_text import encode_json
from session_api.security.encoding import decode_json

HEAD_FORMAT: Final = "session-api/audit-head/v1"
PREFIX: Final = "audit/"
ALL_KEPT: Final = timedelta(days=1)
"""Younger heads are all kept; of older ones the last of each day."""

_READ_AT_ONCE: Final = 16
_STAMP: Final = "%Y%m%dt%H%M%Sz"


class HeadStore(Protocol):
    """Where heads are written: what the audit trail needs of a store beside the database."""

    async def keep(self, name: str, content: bytes) -> bool:
        """Writes, never over what is there; False where the name is taken."""

    async def read(self, name: str) -> bytes | None:
        """What was written."""

    def names(self, prefix: str) -> AsyncIterator[str]:
        """All names that begin so."""

    async def drop(self, names: Collection[str]) -> None:
        """Forgets."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a chain had come to. Texts are hex or RFC 3339."""

    log_id: str
    tenant_id: str
    position: int
    hash: str
    at: str

    @property
    def signed(self) -> bytes:
        """The bytes that a signature is over: a JSON array by RFC 8785."""
        return encode_json(
            [HEAD_FORMAT, self.log_id, self.tenant_id, self.position, self.hash, self.at]
        ).encode("utf-8", "surrogatepass")


class HeadKeys:
    """Signs with the first key, believes all. `keys` is `KeyRing.derive("audit-heads")`."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._private = [Ed25519PrivateKey.from_private_bytes(key) for key in keys]
        self.public = [key.public_key().public_bytes_raw().hex() for key in self._private]
        """The public keys in hex, the first being that which signs."""
        self.current = _id_of(self.public[0])
        """The id of the key that signs."""

    def sign(self, head: Head) -> bytes:
        """A head as it is written: JSON with its public key and signature."""
        signature = self._private[0].sign(head.signed).hex()
        return encode_json(
            {"format": HEAD_FORMAT, **asdict(head)}
            | {"public_key": self.public[0], "signature": signature}
        ).encode()

    def open(self, content: bytes) -> Head | None:
        """A head that one of our keys signed; None for everything else."""
        try:
            found: dict[str, Any] = decode_json(content)
            head = Head(
                *(found[name] for name in ("log_id", "tenant_id", "position", "hash", "at"))
            )
            public = found["public_key"]
            if public not in self.public or type(head.position) is not int:
                return None
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
            key.verify(bytes.fromhex(found["signature"]), head.signed)
            bytes.fromhex(head.hash)
        except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
            return None
        return head


def _id_of(public: str) -> str:
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def name_of(head: Head, at: datetime, key_id: str) -> str:
    """A head's name: those of a log sort by position, then by time."""
    stamp = at.astimezone(UTC).strftime(_STAMP)
    return f"{PREFIX}{head.log_id}/{head.position:019d}-{stamp}-{key_id}"


def log_of(name: str) -> str:
    """The id of the log that a head's name is of."""
    return name.removeprefix(PREFIX).partition("/")[0]


@dataclass(frozen=True, slots=True)
class Heads:
    """What is left of a log's heads: those that one of our keys signed, by position, and the names
    of those that are not to be believed, though they claim to be newer than all of them.

    Older ones that can't be believed were signed by a key that is no longer in the ring.
    """

    signed: tuple[Head, ...]
    refused: tuple[str, ...]


async def heads_of(store: HeadStore, keys: HeadKeys, names: Collection[str]) -> Heads:
    """Reads all the heads of one log. Raises StorageUnavailable."""
    ordered = sorted(names)
    signed: list[Head] = []
    refused: list[str] = []
    for start in range(0, len(ordered), _READ_AT_ONCE):
        some = ordered[start : start + _READ_AT_ONCE]
        for name, content in zip(some, await asyncio.gather(*map(store.read, some)), strict=True):
            head = None if content is None else keys.open(content)
            if head is not None and name.startswith(f"{PREFIX}{head.log_id}/{head.position:019d}-"):
                signed.append(head)
                refused.clear()
            elif content is not None:  # not pruned since it was listed
                refused.append(name)
    return Heads(tuple(signed), tuple(refused))


def superfluous(names: Collection[str], now: datetime) -> list[str]:
    """The heads of one log that need be kept no longer. Its newest one always is."""
    last_of_day: dict[str, str] = {}
    for name in sorted(names):
        last_of_day[_stamp_of(name)[:8]] = name
    kept = {max(names), *last_of_day.values()} if names else set()
    oldest = (now - ALL_KEPT).astimezone(UTC).strftime(_STAMP)
    return sorted(name for name in names if name not in kept and _stamp_of(name) < oldest)


def _stamp_of(name: str) -> str:
    return name.rpartition("/")[2].split("-")[1] if name.count("-") >= 2 else ""
