"""Requests that work when tried at /docs, and what they are answered with."""

from typing import Any, Final

from fastapi.openapi.models import Example

GUEST_TOKEN: Final = "the token of the guest"  # noqa: S105 - words
"""Stands for one: there is none that could be shown."""

MERGE: dict[str, Example] = {
    "after signing in": {
        "summary": "Take along what you made as a guest",
        "value": {"guest_token": GUEST_TOKEN},
    },
}

ANSWERS: dict[str, dict[int, Any]] = {
    "begin_guest": {
        201: {
            "token": GUEST_TOKEN,
            "token_type": "Bearer",
            "user_id": "guest:0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21",
            "expires_at": "2026-11-21T19:00:00.000000Z",
            "renewable_until": "2026-12-21T18:00:00.000000Z",
        }
    },
    "merge_guest": {
        200: {
            "sessions": ["0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21"],
            "missions": ["0190f1eb-02aa-7c31-8d0e-6b2f9a4c7e55"],
            "assets": 2,
        }
    },
}
"""By operation and status."""
