"""Requests that work when tried at /docs, and what they are answered with."""

from typing import Any

from fastapi.openapi.models import Example

ANNOUNCE: dict[str, Example] = {
    "picture": {
        "summary": "A picture",
        "value": {"name": "tram.jpg", "content_type": "image/jpeg", "size": 184320},
    },
    "checked": {
        "summary": "With its checksum",
        "value": {
            "name": "hello.txt",
            "content_type": "text/plain",
            "size": 5,
            "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        },
    },
}

PARTS: dict[str, Example] = {
    "first": {"summary": "The first two parts", "value": {"numbers": [1, 2]}},
    "progress": {"summary": "Only what has arrived", "value": {"numbers": []}},
}

_SESSION = "0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21"
_ASSET = "0190f1ec-41a7-7b0e-9c55-0d6f2b1e7a34"

READY: dict[str, Any] = {
    "id": _ASSET,
    "session_id": _SESSION,
    "scope": "session",
    "mission_id": None,
    "hop_id": None,
    "name": "tram.jpg",
    "content_type": "image/jpeg",
    "size": 184320,
    "sha256": None,
    "status": "ready",
    "created_at": "2026-11-21T12:00:03.000000Z",
    "ready_at": "2026-11-21T12:00:05.000000Z",
}
_PENDING = {**READY, "status": "pending", "ready_at": None}
_ANNOUNCED = {
    "asset": _PENDING,
    "upload": {
        "method": "PUT",
        "url": "https://api.example.com/api/objects/eyJ…",
        "headers": {"Content-Type": "image/jpeg"},
        "fields": None,
        "expires_at": "2026-11-21T13:00:03.000000Z",
        "parts": None,
    },
}

ANSWERS: dict[str, dict[int, Any]] = {
    "announce_asset": {200: _ANNOUNCED, 201: _ANNOUNCED},
    "upload_asset": {200: READY, 201: READY},
    "list_assets": {200: {"items": [READY], "next_cursor": None}},
    "get_asset": {200: READY},
    "get_asset_parts": {
        200: {
            "parts": [
                {
                    "number": 2,
                    "offset": 16777216,
                    "size": 16777216,
                    "method": "PUT",
                    "url": "https://api.example.com/api/objects/eyJ…",
                    "headers": {},
                    "expires_at": "2026-11-21T13:00:03.000000Z",
                }
            ],
            "received": [{"number": 1, "size": 16777216}],
        }
    },
    "complete_asset": {200: READY},
}
