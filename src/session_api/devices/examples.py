"""Requests that work when tried at /docs, and what they are answered with."""

from typing import Any

from fastapi.openapi.models import Example

REVOKE: dict[str, Example] = {
    "another": {
        "summary": "Another token of yours",
        "value": {"jti": "6f1d2a0e-94a7-4a55-9d2b-0e6c5b1f7a10"},
    },
    "this": {"summary": "The token of this request", "value": {}},
}

SIGN_OUT_USER: dict[str, Example] = {
    "somebody": {"summary": "Somebody of your tenant", "value": {"user_id": "mallory"}},
}

_HERE: dict[str, Any] = {
    "id": "4b0f6a52-3c1e-4d2f-8a77-9e10c2d3b4a5",
    "agent": "Firefox",
    "platform": "Linux",
    "mobile": False,
    "address": "203.0.113.0/24",
    "first_seen_at": "2026-11-20T09:12:44.120000Z",
    "last_seen_at": "2026-11-21T18:00:00.000000Z",
    "current": True,
}

ANSWERS: dict[str, dict[int, Any]] = {"list_devices": {200: {"items": [_HERE]}}}
"""By operation and status."""
