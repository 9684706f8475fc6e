"""Requests that work when tried at /docs."""

from fastapi.openapi.models import Example

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
