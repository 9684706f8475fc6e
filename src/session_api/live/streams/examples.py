"""What streams look like."""

from typing import Final

EVENTS: Final = """\
retry: 1740
id: 11
event: hello
data: {"version":11}

id: 12
event: session.updated
data: {"version":12,"kind":"session.updated","entity":"session","entity_id":"0190f1ea-7c2e-7d4b-\
9f5e-3f1b6a0c8d21","at":"2026-11-21T12:03:10.000000Z","actor":"ann","data":{}}

id: 14
event: message.grown
data: {"version":14,"kind":"message.grown","entity":"message","entity_id":"0190f1ea-8d3f-7a5c-8b6e-\
4f2c7b1d9e32","at":"2026-11-21T12:03:11.000000Z","actor":"ann","data":{"id":"0190f1ea-8d3f-7a5c-\
8b6e-4f2c7b1d9e32","offset":6,"text":" world","length":12}}

:

event: end
data: {"reason":"renew","reconnect":true,"detail":"It was open for as long as streams may be."}

"""

EVENT_SCHEMA: Final = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "description": "What happened."},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "id": {"type": "string", "description": "The session's version with this event."},
        "retry": {
            "type": "integer",
            "minimum": 0,
            "description": "Milliseconds to wait before connecting again.",
        },
    },
    "required": ["event", "data"],
}
"""Of each event, as OpenAPI 3.2 and FastAPI's own event streams describe one."""
