"""The statement that records events: each row, and the note that it is yet to be sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.json_text import encode_json
from session_api.security.caller import Origin

Severity = Literal["info", "notice", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as it will be recorded. `data` never holds metadata, message text or secrets."""

    owner_id: UUID
    id: UUID
    tenant_id: str
    at: datetime
    event: str
    severity: Severity
    origin: Origin
    session_id: UUID | None
    data: dict[str, Any]


def recording(parameter: str) -> str:
    """SQL: two parts of a WITH that record the events in a parameter, as `as_json` writes them.

    For statements that change something, so that telling of it costs no round trip of its own.
    """
    return f"""told AS (
           INSERT INTO audit_events
                  (owner_id, id, tenant_id, at, event, severity, actor, session_id, request_id,
                   address, user_agent, data)
           SELECT owner_id, id, tenant_id, at, event, severity, actor, session_id, request_id,
                  address, user_agent, data
             FROM json_to_recordset({parameter}::json) AS event
                  (owner_id uuid, id uuid, tenant_id text, at timestamptz, event text,
                   severity text, actor text, session_id uuid, request_id text,
                   address text, user_agent text, data json)
           RETURNING tenant_id, id, owner_id
           ), unsealed AS (
           INSERT INTO audit_unsealed (tenant_id, event_id, owner_id)
           SELECT tenant_id, id, owner_id FROM told
           )"""  # noqa: S608 - a place such as $1


_RECORD = f"""
      WITH {recording("$1")}
    SELECT count(*) FROM told
"""  # noqa: S608 - of our own pieces


def as_json(events: Sequence[NewEvent]) -> str:
    """Events as the parameter of `recording`."""
    return encode_json(
        [
            {
                "owner_id": str(event.owner_id),
                "id": str(event.id),
                "tenant_id": event.tenant_id,
                "at": event.at.isoformat(),
                "event": event.event,
                "severity": event.severity,
                "session_id": None if event.session_id is None else str(event.session_id),
                "data": event.data,
                **event.origin.as_members(),
            }
            for event in events
        ]
    )


async def record_events(connection: AsyncConnection, events: Sequence[NewEvent]) -> None:
    """Records events in the transaction of what they tell of."""
    await connection.exec_driver_sql(_RECORD, (as_json(events),))
