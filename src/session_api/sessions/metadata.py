"""Sealing and opening what must not be readable at rest, and fitting it into the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args
from uuid import UUID

from session_api.json_text import decode_json, encode_json
from session_api.security.caller import Role
from session_api.security.keyring import KeyMissing, KeyRing, Unreadable
from session_api.sessions.reads import StoredSession

SealedColumn = Literal["metadata", "fingerprint"]
SEALED_COLUMNS: Final[tuple[SealedColumn, ...]] = get_args(SealedColumn)
"""All that the key ring ever encrypts: columns of `user_sessions`, their names without
`_ciphertext`. What is not named here is not rotated."""


@dataclass(frozen=True, slots=True)
class SessionAnswer:
    """A session as JSON with its version. `damage` holds the code for each part that can't be
    read.
    """

    id: UUID
    version: int
    body: str
    damage: Mapping[str, str] = field(default_factory=dict)


class MetadataVault:
    """Metadata, and the fingerprint of what a session was created from, encrypted for one row.

    A value moved to another row, another column or another owner does not open. The fingerprint
    is sealed as well because it would let a reader of the database try out guesses.
    """

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def seal(self, owner_id: UUID, session_id: UUID, metadata: dict[str, Any]) -> bytes:
        return self._seal(owner_id, session_id, "metadata", encode_json(metadata).encode())

    def open(self, owner_id: UUID, session_id: UUID, ciphertext: bytes) -> dict[str, Any]:
        """Raises Unreadable."""
        opened = decode_json(self._open_text(owner_id, session_id, ciphertext))
        assert isinstance(opened, dict)  # noqa: S101 - what was sealed was an object
        return opened

    def holds(
        self, owner_id: UUID, session_id: UUID, ciphertext: bytes, metadata: dict[str, Any]
    ) -> bool:
        """Whether this very metadata is sealed there; what can't be read is something else.

        By its text: to Python, `1`, `1.0` and `true` are equal, and so are two orders of keys.
        """
        try:
            return self._open_text(owner_id, session_id, ciphertext) == encode_json(metadata)
        except Unreadable:
            return False

    def seal_fingerprint(self, owner_id: UUID, session_id: UUID, value: bytes) -> bytes:
        return self._seal(owner_id, session_id, "fingerprint", value)

    def open_fingerprint(self, owner_id: UUID, session_id: UUID, ciphertext: bytes) -> bytes:
        """Raises Unreadable."""
        return self.unseal(owner_id, session_id, "fingerprint", ciphertext)

    def unseal(
        self, owner_id: UUID, session_id: UUID, column: SealedColumn, ciphertext: bytes
    ) -> bytes:
        """What is sealed there, whatever it is. Raises Unreadable."""
        return self._keys.decrypt(
            ciphertext, purpose=_purpose(column), owner_id=owner_id, record_id=session_id
        )

    def renew(
        self, owner_id: UUID, session_id: UUID, column: SealedColumn, ciphertext: bytes
    ) -> bytes:
        """The same, byte for byte, under the ring's first key. Raises Unreadable."""
        opened = self.unseal(owner_id, session_id, column, ciphertext)
        return self._seal(owner_id, session_id, column, opened)

    def handed_over(
        self, owner_id: UUID, heir: UUID, session_id: UUID, column: SealedColumn, ciphertext: bytes
    ) -> bytes:
        """The same, byte for byte, sealed for another owner's row.

        What can't be read stays as it is; where only its key is missing, it can be read there as
        soon as that is back.
        """
        try:
            opened = self.unseal(owner_id, session_id, column, ciphertext)
        except KeyMissing:
            return self._keys.hand_over(
                ciphertext,
                purpose=_purpose(column),
                owner_id=owner_id,
                heir=heir,
                record_id=session_id,
            )
        except Unreadable:
            return ciphertext
        return self._seal(heir, session_id, column, opened)

    def summary(self, owner_id: UUID, stored: StoredSession, *, role: Role) -> str:
        """A session of a list as JSON, for somebody of this role: without its metadata, but telling
        whether it can be read.
        """
        damage: dict[str, str] = {}
        try:
            self._open_text(owner_id, stored.id, stored.metadata_ciphertext)
        except Unreadable as error:
            damage["session_metadata"] = error.code
        return f'{stored.body[:-1]},"damaged":{_damaged(damage)},"access":"{role}"}}'

    def answer(
        self, owner_id: UUID, stored: StoredSession, *, role: Role = "owner"
    ) -> SessionAnswer:
        """The whole session as JSON, for somebody of this role, which is its last member. What
        can't be read comes as null and is named in `damaged`: a person never loses a workspace to
        one bad part.
        """
        damage: dict[str, str] = {}
        try:
            metadata = self._open_text(owner_id, stored.id, stored.metadata_ciphertext)
        except Unreadable as error:
            metadata = "null"
            damage["session_metadata"] = error.code
        for asset_id in stored.lost_assets or ():
            damage[f"assets/{asset_id}"] = "object_missing"
        # PostgreSQL's object ends with its brace; what it can't know goes in before it.
        body = (
            f'{stored.body[:-1]},"session_metadata":{metadata},'
            f'"damaged":{_damaged(damage)},"access":"{role}"}}'
        )
        return SessionAnswer(stored.id, stored.version, body, damage)

    def _open_text(self, owner_id: UUID, session_id: UUID, ciphertext: bytes) -> str:
        return self.unseal(owner_id, session_id, "metadata", ciphertext).decode()

    def _seal(self, owner_id: UUID, session_id: UUID, column: SealedColumn, value: bytes) -> bytes:
        return self._keys.encrypt(
            value, purpose=_purpose(column), owner_id=owner_id, record_id=session_id
        )


def _purpose(column: SealedColumn) -> str:
    return f"user_sessions.{column}"


def _damaged(damage: Mapping[str, str]) -> str:
    if not damage:
        return "[]"
    return encode_json([{"part": part, "code": code} for part, code in damage.items()])
