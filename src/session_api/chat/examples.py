"""Requests that work when tried at /docs, and what they are answered with."""

from typing import Any

from fastapi.openapi.models import Example

APPEND: dict[str, Example] = {
    "text": {
        "summary": "What a person says",
        "value": {"role": "user", "content": "Which day is the museum free?"},
    },
    "parts": {
        "summary": "Parts, as agent UIs send them",
        "value": {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "On the first Sunday of the month."},
                {"type": "source", "url": "https://museum.example/visit"},
            ],
            "metadata": {"model": "example-1"},
        },
    },
    "streamed": {
        "summary": "An answer about to be streamed",
        "value": {"role": "assistant", "content": "", "status": "in_progress"},
    },
    "batch": {
        "summary": "Several at once, all or nothing",
        "value": {
            "messages": [
                {"role": "user", "content": "And on Mondays?"},
                {"role": "assistant", "content": "It is closed on Mondays."},
            ]
        },
    },
}

GROW: dict[str, Example] = {
    "start": {"summary": "The first words", "value": {"offset": 0, "text": "On the first "}},
}

CHANGE: dict[str, Example] = {
    "finish": {"summary": "The answer is done", "value": {"status": "complete"}},
    "edit": {"summary": "Another text", "value": {"content": "On the first Sunday, from 10."}},
}

QUESTION: dict[str, Any] = {
    "id": "0190f1ea-9b10-7f3e-a1c2-4d5e6f708192",
    "seq": 1,
    "role": "user",
    "content": "Which day is the museum free?",
    "metadata": {},
    "asset_ids": [],
    "parent_id": None,
    "status": "complete",
    "created_at": "2026-11-21T12:00:04.250000Z",
    "edited_at": None,
}

_ANSWER: dict[str, Any] = {
    "id": "0190f1ea-a4d8-7b21-8c3d-5e6f708192a3",
    "seq": 2,
    "role": "assistant",
    "content": [
        {"type": "text", "text": "On the first Sunday of the month."},
        {"type": "source", "url": "https://museum.example/visit"},
    ],
    "metadata": {"model": "example-1"},
    "asset_ids": [],
    "parent_id": QUESTION["id"],
    "status": "complete",
    "created_at": "2026-11-21T12:00:06.800000Z",
    "edited_at": None,
}

MESSAGES = [QUESTION, _ANSWER]

_EDITED = _ANSWER | {
    "content": "On the first Sunday, from 10.",
    "edited_at": "2026-11-21T12:01:30.000000Z",
}

ANSWERS: dict[str, dict[int, Any]] = {
    "append_messages": {
        201: {"messages": [QUESTION], "version": 4},
        200: {"messages": [QUESTION], "version": 5},
    },
    "list_messages": {
        200: {"items": MESSAGES, "has_more": False, "next_before": None, "next_after": None}
    },
    "get_message": {200: QUESTION},
    "update_message": {200: _EDITED},
    "append_to_message": {200: {"length": 13, "version": 6}},
}
"""By operation and status."""
