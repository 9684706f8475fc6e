"""Cursors of keyset pages: opaque to clients, and signed, so that only our own come back.

Forged page tokens became SQL injection elsewhere (Ory Kratos GO-2026-4801). Here a forged one does
not decode, and what decodes is still only values that a repository binds as parameters.
"""

import hmac
import json
from collections.abc import Sequence
from typing import Final

from session_api.problems import ValidationFailed
from session_api.security.encoding import decode_base64url, decode_json, encode_base64url

MAX_CURSOR_CHARACTERS: Final = 1024
_MAC_BYTES: Final = 16  # 128 bits: RFC 2104 § 5 asks for at least half of the hash's 256

CursorValue = str | int


class CursorCodec:
    """Makes and reads cursors. `keys` is `KeyRing.derive("cursors")`: the first signs, all verify.

    `kind` says which list a cursor belongs to: its name, its filters and its owner. A cursor of
    another list, another filter or another person is refused like a forged one. It is signed along,
    not sent, so it may be long and private. Not secret: the values, which clients can decode.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("cursors need at least one key")
        self._keys = tuple(keys)

    def encode(self, kind: str, values: Sequence[CursorValue]) -> str:
        """A cursor holding `values` in their order, in characters that need no URL escaping.

        ValueError where it would be longer than 1,024 characters, TypeError for other types:
        mistakes of the caller, since a page's keys are short.
        """
        if not _are_cursor_values(values):
            raise TypeError("a cursor holds str and int only")
        payload = json.dumps(list(values), separators=(",", ":")).encode("ascii")
        cursor = encode_base64url(_mac(self._keys[0], kind, payload) + payload)
        if len(cursor) > MAX_CURSOR_CHARACTERS:
            raise ValueError(f"a cursor of {len(cursor)} characters is too long")
        return cursor

    def decode(self, kind: str, cursor: str) -> list[CursorValue]:
        """The values that `encode` was given for the same `kind`.

        Their number and types are for the caller to check: they may stem from an older release.
        Raises ValidationFailed at `/cursor` for every other text.
        """
        if len(cursor) > MAX_CURSOR_CHARACTERS:
            raise _refusal()
        try:
            signed = decode_base64url(cursor)
        except ValueError:
            raise _refusal() from None
        mac, payload = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        if not any(hmac.compare_digest(mac, _mac(key, kind, payload)) for key in self._keys):
            raise _refusal()
        try:
            values = decode_json(payload)
        except ValueError:  # ours, but with a lone surrogate inside
            raise _refusal() from None
        if not isinstance(values, list) or not _are_cursor_values(values):
            raise _refusal()
        return values


def _are_cursor_values(values: Sequence[object]) -> bool:
    # By exact type: True is an int to isinstance, and would come back as a boolean.
    return all(type(value) in (str, int) for value in values)


def _mac(key: bytes, kind: str, payload: bytes) -> bytes:
    # The length in front keeps a byte from moving between kind and payload. surrogatepass: a kind
    # holds filters as a person typed them.
    name = kind.encode("utf-8", "surrogatepass")
    message = len(name).to_bytes(4, "big") + name + payload
    return hmac.digest(key, message, "sha256")[:_MAC_BYTES]


def _refusal() -> ValidationFailed:
    return ValidationFailed.at(
        "/cursor", "This is not a cursor of this list. Start again from the first page."
    )
