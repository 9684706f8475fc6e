"""JSON between the wire, the database and Python, without losing or admitting anything odd."""

import hashlib
import json
from datetime import datetime
from typing import Any

# Made once: with options of its own, `json.dumps` makes an encoder at every call.
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_CANONICAL = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False
)


def encode_json(value: Any) -> str:
    """Compact JSON text. Raises ValueError for NaN and infinities, which JSON does not have."""
    return _COMPACT.encode(value)


def decode_json(text: str | bytes) -> Any:
    """What JSON text that we stored ourselves stands for. Raises ValueError."""
    return json.loads(text)


def rfc3339(at: datetime) -> str:
    """A time in UTC as answers carry it, in microseconds. `database.sql` has the same in SQL."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def fingerprint(value: Any) -> bytes:
    """SHA-256 over the canonical form of a create request, to tell a repeat from another one.

    Keys are sorted, so that a client may build the same request in another order.
    """
    return hashlib.sha256(_CANONICAL.encode(value).encode()).digest()


def depth_of(value: Any) -> int:
    """How deep arrays and objects are nested: 0 for a scalar, 1 for `[]` or `{"a": 1}`."""
    depth = 0
    level = [value]
    while containers := [node for node in level if isinstance(node, dict | list)]:
        depth += 1
        level = [
            child
            for node in containers
            for child in (node.values() if isinstance(node, dict) else node)
        ]
    return depth


def merge_patch(target: Any, patch: Any) -> Any:
    """What `target` becomes under a JSON merge patch (RFC 7396 § 2); neither is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged
