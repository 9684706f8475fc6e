"""Tickets of the filesystem store: signed, expiring, each good for one purpose on one object.

Signed like cursors are, and not secret: whoever holds one can read the key, size and name in it.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from session_api.assets.storage.keys import require_key
from session_api.ports import Clock
from session_api.problems import TicketInvalid
from session_api.security.encoding import decode_base64url, encode_base64url

MAX_TICKET_CHARACTERS: Final = 4096
_MAC_BYTES: Final = 16  # as for cursors


@dataclass(frozen=True, slots=True)
class PutGrant:
    """May bring exactly this object."""

    key: str
    size: int
    content_type: str
    sha256: str | None
    expires_at: datetime
    purpose: Literal["put"] = "put"


@dataclass(frozen=True, slots=True)
class PartGrant:
    """May bring exactly this part of an upload."""

    key: str
    upload_id: str
    number: int
    offset: int
    size: int
    expires_at: datetime
    purpose: Literal["part"] = "part"


@dataclass(frozen=True, slots=True)
class GetGrant:
    """May read this object, under this name and type."""

    key: str
    name: str
    content_type: str
    expires_at: datetime
    purpose: Literal["get"] = "get"


Grant = PutGrant | PartGrant | GetGrant
_GRANT: TypeAdapter[Grant] = TypeAdapter(Annotated[Grant, Field(discriminator="purpose")])


class TicketCodec:
    """Makes and reads tickets. `keys` is `KeyRing.derive("object-tickets")`: the first signs, all
    verify.
    """

    def __init__(self, keys: Sequence[bytes], clock: Clock) -> None:
        if not keys:
            raise ValueError("tickets need at least one key")
        self._keys = tuple(keys)
        self._clock = clock

    def encode(self, grant: Grant) -> str:
        """A ticket, in characters that need no URL escaping."""
        payload = _GRANT.dump_json(grant)
        ticket = encode_base64url(_mac(self._keys[0], payload) + payload)
        if len(ticket) > MAX_TICKET_CHARACTERS:
            raise ValueError(f"a ticket of {len(ticket)} characters is too long")
        return ticket

    def decode(self, ticket: str) -> Grant:
        """What the ticket grants; whether that is what it is used for, the caller must look at.

        Raises TicketInvalid for every other text, and for a ticket whose time is over.
        """
        if len(ticket) > MAX_TICKET_CHARACTERS:
            raise TicketInvalid
        try:
            signed = decode_base64url(ticket)
        except ValueError:
            raise TicketInvalid from None
        mac, payload = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        if not any(hmac.compare_digest(mac, _mac(key, payload)) for key in self._keys):
            raise TicketInvalid
        try:
            grant = _GRANT.validate_json(payload, strict=True)
            require_key(grant.key)
        except (ValidationError, ValueError):  # of another release
            raise TicketInvalid from None
        if grant.expires_at <= self._clock():
            raise TicketInvalid("This link has expired.")
        return grant

    def seconds_left(self, grant: Grant) -> int:
        """How long the grant lasts from now."""
        return max(0, int((grant.expires_at - self._clock()).total_seconds()))


def _mac(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")[:_MAC_BYTES]
