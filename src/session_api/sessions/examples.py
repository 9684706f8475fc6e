"""Requests that work when tried at /docs."""

from fastapi.openapi.models import Example

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
