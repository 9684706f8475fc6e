"""Audit events as answers show them."""

from typing import Any
from uuid import UUID

from session_api.audit.recording_repository import Severity
from session_api.fields import Answer, Timestamp


class AuditEvent(Answer):
    """What was done, by whom, in which request."""

    id: UUID
    at: Timestamp
    event: str
    severity: Severity
    actor: str
    session_id: UUID | None
    request_id: str | None
    address: str | None
    user_agent: str | None
    data: dict[str, Any]


class AuditPage(Answer):
    """Audit events, newest first."""

    items: list[AuditEvent]
    next_cursor: str | None


class TenantAuditEvent(AuditEvent):
    """The same, with whose trail it stands in. `user_id` is null where nobody's row is left or
    ever was: `owner_id` then tells people apart.
    """

    owner_id: UUID
    user_id: str | None


class TenantAuditPage(Answer):
    """Audit events of a tenant, newest first."""

    items: list[TenantAuditEvent]
    next_cursor: str | None
