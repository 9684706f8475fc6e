"""Requests that work when tried at /docs."""

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
