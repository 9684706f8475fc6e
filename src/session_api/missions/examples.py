"""Requests that work when tried at /docs, and what they are answered with."""

from typing import Any

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

_STEP: dict[str, Any] = {
    "id": "0190f1ea-8f04-7c65-b4d5-708192a3b4c5",
    "seq": 1,
    "name": "web_search",
    "status": "completed",
    "input": {"q": "museum opening hours"},
    "output": {"hits": 3},
    "error": None,
    "started_at": "2026-11-21T12:00:02.000000Z",
    "finished_at": "2026-11-21T12:00:03.100000Z",
}

_HOP: dict[str, Any] = {
    "id": "0190f1ea-8f03-7a54-a3c4-6f708192a3b4",
    "seq": 1,
    "name": "Find opening hours",
    "description": None,
    "status": "active",
    "data": {},
    "tool_steps": [_STEP],
}

MISSION: dict[str, Any] = {
    "id": "0190f1ea-8f02-7943-92b3-5e6f708192a3",
    "session_id": "0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21",
    "name": "Plan three days in Lisbon",
    "description": "Museums, food and one day at the sea.",
    "status": "active",
    "data": {},
    "created_at": "2026-11-21T12:00:01.500000Z",
    "updated_at": "2026-11-21T12:00:03.100000Z",
    "completed_at": None,
    "hops": [_HOP],
}

_PLANNED_STEP = _STEP | {
    "status": "pending",
    "output": None,
    "started_at": None,
    "finished_at": None,
}

_PLANNED = MISSION | {
    "session_id": None,
    "status": "pending",
    "updated_at": MISSION["created_at"],
    "hops": [_HOP | {"status": "pending", "tool_steps": [_PLANNED_STEP]}],
}

_NEXT_HOP: dict[str, Any] = {
    "id": "0190f1eb-1a05-7d76-85e6-8192a3b4c5d6",
    "seq": 2,
    "name": "Book a table",
    "description": None,
    "status": "active",
    "data": {},
    "tool_steps": [],
}

_CALL: dict[str, Any] = {
    "id": "0190f1eb-1b06-7e87-96f7-92a3b4c5d6e7",
    "seq": 1,
    "name": "reserve",
    "status": "active",
    "input": {"people": 2, "at": "19:30"},
    "output": None,
    "error": None,
    "started_at": "2026-11-21T12:00:40.000000Z",
    "finished_at": None,
}

_CALLED = _CALL | {
    "status": "completed",
    "output": {"confirmation": "A17"},
    "finished_at": "2026-11-21T12:00:41.300000Z",
}

ANSWERS: dict[str, dict[int, Any]] = {
    "create_mission": {201: _PLANNED, 200: MISSION},
    "list_missions": {200: {"items": [MISSION], "next_cursor": None}},
    "get_mission": {200: MISSION},
    "update_mission": {200: MISSION},
    "add_hop": {201: _NEXT_HOP, 200: _NEXT_HOP},
    "update_hop": {200: _HOP},
    "add_tool_step": {201: _CALL, 200: _CALLED},
    "update_tool_step": {200: _CALLED},
}
"""By operation and status."""
