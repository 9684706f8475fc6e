"""What changes look like."""

from typing import Any

from session_api.chat.examples import QUESTION

ANSWERS: dict[str, dict[int, Any]] = {
    "list_changes": {
        200: {
            "changes": [
                {
                    "version": 4,
                    "kind": "message.created",
                    "entity": "message",
                    "entity_id": QUESTION["id"],
                    "message_count": 1,
                    "at": QUESTION["created_at"],
                    "actor": "ann",
                    "data": QUESTION,
                },
                {
                    "version": 7,
                    "kind": "hop.deleted",
                    "entity": "hop",
                    "entity_id": "0190f1ea-b2c3-7a4b-8c5d-6e7f8091a2b3",
                    "mission_id": "0190f1ea-b0a1-7b2c-9d3e-4f5061728394",
                    "at": "2026-11-21T12:03:10.000000Z",
                    "actor": "ann",
                    "data": {"id": "0190f1ea-b2c3-7a4b-8c5d-6e7f8091a2b3", "deleted": True},
                },
            ],
            "version": 7,
            "has_more": False,
        }
    }
}
"""By operation and status."""
