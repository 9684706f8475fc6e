"""Requests that work when tried at /docs."""

from fastapi.openapi.models import Example

CREATE: dict[str, Example] = {
    "planned": {
        "summary": "A mission with its first hop",
        "value": {
            "name": "Plan three days in Lisbon",
            "description": "Museums, food and one day at the sea.",
            "hops": [
                {
                    "name": "Find opening hours",
                    "tool_steps": [{"name": "web_search", "input": {"q": "museum opening hours"}}],
                }
            ],
        },
    },
    "bare": {"summary": "Only a name", "value": {"name": "Plan three days in Lisbon"}},
}

CHANGE: dict[str, Example] = {
    "start": {"summary": "It has begun", "value": {"status": "active"}},
    "finish": {"summary": "It is done", "value": {"status": "completed"}},
}

ADD_HOP: dict[str, Example] = {
    "hop": {"summary": "The next leg", "value": {"name": "Book a table", "status": "active"}},
}

ADD_STEP: dict[str, Example] = {
    "call": {
        "summary": "A tool is being called",
        "value": {"name": "reserve", "status": "active", "input": {"people": 2, "at": "19:30"}},
    },
}

CHANGE_STEP: dict[str, Example] = {
    "done": {
        "summary": "The tool has answered",
        "value": {"status": "completed", "output": {"confirmation": "A17"}},
    },
    "failed": {
        "summary": "The tool has failed",
        "value": {"status": "failed", "error": "No table was free."},
    },
}
