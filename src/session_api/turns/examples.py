"""Requests that work when tried at /docs, and what they are answered with."""

from typing import Any

from fastapi.openapi.models import Example

TAKE: dict[str, Example] = {
    "run": {
        "summary": "An agent's run begins",
        "value": {"holder": "planner, run 17", "ttl_seconds": 30},
    },
    "nothing": {"summary": "For half a minute", "value": {}},
}

RENEW: dict[str, Example] = {
    "longer": {"summary": "Another half minute", "value": {"ttl_seconds": 30}},
}

TURN: dict[str, Any] = {
    "number": 1,
    "holder": "planner, run 17",
    "user_id": "ann",
    "expires_at": "2026-11-21T12:00:30.000000Z",
}

ANSWERS: dict[str, dict[int, Any]] = {
    "take_turn": {201: TURN, 200: TURN},
    "renew_turn": {200: TURN | {"expires_at": "2026-11-21T12:00:45.000000Z"}},
    "get_turn": {200: TURN},
}
"""By operation and status."""
