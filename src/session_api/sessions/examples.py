"""Requests that work when tried at /docs, and what they are answered with."""

from typing import Any

from fastapi.openapi.models import Example

from session_api.chat.examples import MESSAGES
from session_api.missions.examples import MISSION

RECOVER: dict[str, Example] = {
    "nothing": {"summary": "Nothing is remembered", "value": {}},
    "remembered": {
        "summary": "The id that the browser kept",
        "value": {"session_id": "0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21", "name": "Trip to Lisbon"},
    },
}

CREATE: dict[str, Example] = {
    "named": {
        "summary": "A named session with the state of the screen",
        "value": {
            "name": "Trip to Lisbon",
            "session_metadata": {"panel": "map", "draft": "Which day is the museum free?"},
        },
    },
    "empty": {"summary": "Nothing but a session", "value": {}},
}

REPLACE: dict[str, Example] = {
    "autosave": {
        "summary": "Save the state of the screen",
        "value": {"session_metadata": {"panel": "chat", "scroll": 480}},
    },
    "rename": {"summary": "Only the name", "value": {"name": "Lisbon in May"}},
}

MERGE: dict[str, Example] = {
    "autosave": {
        "summary": "Set one key, remove another",
        "value": {"session_metadata": {"panel": "chat", "draft": None}},
    },
}

_NEW: dict[str, Any] = {
    "id": "0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21",
    "user_id": "ann",
    "name": "Trip to Lisbon",
    "status": "active",
    "chat_id": "0190f1ea-7c2f-7832-81a2-4d5e6f708192",
    "mission_id": None,
    "turn": None,
    "version": 1,
    "created_at": "2026-11-21T12:00:00.000000Z",
    "updated_at": "2026-11-21T12:00:00.000000Z",
    "last_activity_at": "2026-11-21T12:00:00.000000Z",
    "completed_at": None,
    "abandoned_at": None,
    "archived_at": None,
    "session_metadata": {"panel": "map", "draft": "Which day is the museum free?"},
    "damaged": [],
    "access": "owner",
}

# As it is after a while.
_PRESENT = _NEW | {
    "mission_id": MISSION["id"],
    "version": 7,
    "updated_at": "2026-11-21T12:00:20.000000Z",
    "last_activity_at": "2026-11-21T12:00:20.000000Z",
    "session_metadata": {"panel": "chat", "scroll": 480},
}

_EMPTY_CHAT: dict[str, Any] = {
    "id": _NEW["chat_id"],
    "message_count": 0,
    "messages": [],
    "has_more": False,
    "next_before": None,
}

WORKSPACE = _PRESENT | {
    "chat": _EMPTY_CHAT | {"message_count": len(MESSAGES), "messages": MESSAGES},
    "mission": MISSION,
    "assets": [],
}

_SUMMARY = {key: value for key, value in _PRESENT.items() if key != "session_metadata"} | {
    "message_count": len(MESSAGES),
    "asset_count": 0,
}

SHARED_SESSION = _SUMMARY | {
    "user_id": "zoe",
    "access": "editor",
    "share_id": "0190f1ea-9b10-7d22-8f31-6a7b8c9d0e1f",
    "shared_at": "2026-11-21T17:00:00.000000Z",
    "expires_at": "2026-12-21T17:00:00.000000Z",
}
"""As whoever it is shared with sees it."""

_LATER = "2026-11-21T18:00:00.000000Z"
_MOVED = _PRESENT | {"version": 8, "updated_at": _LATER, "last_activity_at": _LATER}

ANSWERS: dict[str, dict[int, Any]] = {
    "recover_session": {
        200: {"outcome": "restored", "reset": None, "session": WORKSPACE},
        201: {
            "outcome": "created",
            "reset": {"reason": "not_found"},
            "session": _NEW
            | {"session_metadata": {}, "chat": _EMPTY_CHAT, "mission": None, "assets": []},
        },
    },
    "create_session": {201: _NEW, 200: _PRESENT},
    "list_sessions": {200: {"items": [_SUMMARY], "next_cursor": None}},
    "get_active_session": {200: WORKSPACE},
    "get_session": {200: WORKSPACE},
    "update_session": {200: _PRESENT},
    "merge_session": {200: _PRESENT | {"session_metadata": {"panel": "chat"}}},
    "link_mission": {200: _PRESENT | {"mission": MISSION}},
    "complete_session": {200: _MOVED | {"status": "completed", "completed_at": _LATER}},
    "archive_session": {200: _MOVED | {"status": "archived", "archived_at": _LATER}},
    "resume_session": {200: _MOVED},
}
"""By operation and status."""
