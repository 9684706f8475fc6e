"""What exactly is hashed: one text for each event at its place, and no two the same."""

import hashlib
import json.encoder
from collections.abc import Callable, Sequence
from typing import Final

FORMAT: Final = "session-api/audit/v1"
FIELDS: Final = (
    "tenant_id",
    "owner_id",
    "id",
    "at",
    "event",
    "severity",
    "actor",
    "session_id",
    "request_id",
    "address",
    "user_agent",
    "data",
)
"""Of an event, in the order in which they are hashed."""
NOTHING_BEFORE: Final = bytes(32)
"""What stands for the hash of the event before the first."""

Content = tuple[str | None, ...]
"""An event's fields in the order of `FIELDS`, each as text; `data` as the JSON text it was stored
as, times as RFC 3339 in UTC with six decimals, ids in lower case.
"""

# Writes a string as RFC 8785 (JCS) does. A whole array at once would take three times as long:
# json makes an encoder for each.
_string: Final[Callable[[str], str]] = json.encoder.encode_basestring


def encode_link(
    log_id: str, position: int, previous: bytes, content: Sequence[str | None]
) -> bytes:
    """The bytes that are hashed for the event at a position of a log.

    A JSON array by RFC 8785, so that fields can't run into each other; it has the log's own
    identity in it, so that it fits into no other, and the hash of the event before.
    """
    values = ["null" if value is None else _string(value) for value in content]
    link = f'["{FORMAT}",{_string(log_id)},{position},"{previous.hex()}",{",".join(values)}]'
    return link.encode("utf-8", "surrogatepass")


def hash_link(log_id: str, position: int, previous: bytes, content: Sequence[str | None]) -> bytes:
    """SHA-256 of it."""
    return hashlib.sha256(encode_link(log_id, position, previous, content)).digest()
