"""Requests that work when tried at /docs, and what they are answered with."""

from typing import Any

from fastapi.openapi.models import Example

from session_api.sessions.examples import SHARED_SESSION

LINK_TOKEN = "mNf3u8Y2kq1c0sVtX7oZ5aBhLdRjWgEpQ4iUyKx9TnM"  # noqa: S105 - nobody's

SHARE: dict[str, Example] = {
    "person": {
        "summary": "A colleague, who may write",
        "value": {"user_id": "zoe", "role": "editor"},
    },
    "link": {
        "summary": "A link for one person, who may look",
        "value": {"link": {"max_uses": 1}, "role": "viewer"},
    },
}

CHANGE: dict[str, Example] = {
    "viewer": {"summary": "From now on only to look", "value": {"role": "viewer"}},
    "for good": {"summary": "No longer until some day", "value": {"expires_at": None}},
}

JOIN: dict[str, Example] = {
    "token": {"summary": "What stood behind the # of the link", "value": {"token": LINK_TOKEN}},
}

_PERSON: dict[str, Any] = {
    "id": "0190f1ea-9b10-7d22-8f31-6a7b8c9d0e1f",
    "session_id": "0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21",
    "user_id": "zoe",
    "link": None,
    "link_id": None,
    "role": "editor",
    "expires_at": "2026-12-21T17:00:00.000000Z",
    "created_at": "2026-11-21T17:00:00.000000Z",
}
_LINK = _PERSON | {
    "id": "0190f1ea-9b11-7a33-9c42-7b8c9d0e1f20",
    "user_id": None,
    "link": {"max_uses": 1, "uses": 0},
    "role": "viewer",
    "expires_at": None,
}

ANSWERS: dict[str, dict[int, Any]] = {
    "list_shares": {200: {"items": [_PERSON, _LINK]}},
    "create_share": {
        201: _LINK | {"token": LINK_TOKEN, "note": None},
        200: _PERSON | {"token": None, "note": None},
    },
    "update_share": {200: _PERSON | {"role": "viewer"}},
    "list_shared_sessions": {200: {"items": [SHARED_SESSION], "next_cursor": None}},
    "join_session": {200: SHARED_SESSION},
}
"""By operation and status."""
