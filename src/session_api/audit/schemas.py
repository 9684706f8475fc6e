"""Audit events as answers show them."""

from typing import Any
from uuid import UUID

from session_api.fields import Answer, Timestamp


class AuditEvent(Answer):
    """What was done, by whom, in which request."""

    id: UUID
    at: Timestamp
    event: str
    actor: str
    session_id: UUID | None
    request_id: str | None
    data: dict[str, Any]


class AuditPage(Answer):
    """Audit events, newest first."""

    items: list[AuditEvent]
    next_cursor: str | None
