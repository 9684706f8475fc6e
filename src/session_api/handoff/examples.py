"""Requests that work when tried at /docs, and what they are answered with."""

from typing import Any, Final

from fastapi.openapi.models import Example

from session_api.sessions.examples import WORKSPACE

CODE: Final = "9HMQ6-RKFD0"

EXCHANGE: dict[str, Example] = {
    "typed": {"summary": "What the other screen shows", "value": {"code": CODE}},
}

ANSWERS: dict[str, dict[int, Any]] = {
    "create_handoff": {
        201: {
            "code": CODE,
            "qr": f"https://app.example/open#handoff={CODE}",
            "expires_at": "2026-11-21T12:02:00.000000Z",
        }
    },
    "exchange_handoff": {200: WORKSPACE},
}
"""By operation and status."""
