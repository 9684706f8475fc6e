"""Strict readings of base64url and JSON, for bytes that a stranger wrote.

"Strict" means one spelling per value: what decodes, encodes back to exactly the same text. So a
token or cursor can't be altered in a way that still passes (the two spare bits at the end of a
signature, padding, line breaks, a member given twice).
"""

import base64
from typing import Any

import jiter


def encode_base64url(raw: bytes) -> str:
    """RFC 7515 § 2: the URL-safe alphabet, no padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """The reverse of `encode_base64url`; ValueError for every text it would not have written."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # Python's decoder skips foreign characters and spare bits; the way back shows them all.
    if encode_base64url(raw) != text:
        raise ValueError("not canonical base64url")
    return raw


def decode_json(raw: bytes) -> Any:
    """UTF-8 JSON in which no object names a member twice; ValueError for anything else.

    Lone surrogates, NaN, more than 200 levels and numbers of over 4,300 digits are refused. A
    float beyond the range, such as 1e400, is not: it arrives as infinity, and whoever reads a
    number has to check its range.
    """
    # No cache: jiter's is one for the process, and what strangers send shall not stay in it.
    return jiter.from_json(raw, catch_duplicate_keys=True, allow_inf_nan=False, cache_mode="none")
