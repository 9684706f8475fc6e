"""What a request is answered with, as /docs shows it."""

from typing import Any

_COMPLETED: dict[str, Any] = {
    "id": "0190f1f0-2d10-7b21-8c3d-5e6f708192a3",
    "at": "2026-11-21T18:00:00.000000Z",
    "event": "session.completed",
    "severity": "info",
    "actor": "ann",
    "session_id": "0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21",
    "request_id": "0190f1ea-8a11-7c3d-8e2f-5b6c7d8e9f00",
    "address": "192.0.2.17",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "data": {"from": "active", "to": "completed", "cause": "request"},
}

ANSWERS: dict[str, dict[int, Any]] = {
    "list_audit_events": {200: {"items": [_COMPLETED], "next_cursor": None}},
    "list_tenant_audit_events": {
        200: {
            "items": [
                _COMPLETED | {"owner_id": "7c9e6679-7425-5de3-944b-e07fc1f90ae7", "user_id": "ann"}
            ],
            "next_cursor": None,
        }
    },
}
"""By operation and status."""
