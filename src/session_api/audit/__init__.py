"""The audit trail: what was done to a workspace, by whom, in which request.

Events are only ever added, in the transaction of what they tell of, so none is missing and none
tells of something that did not happen. Every service may record; the owner reads.
"""

from session_api.audit.recording_repository import NewEvent, Severity
from session_api.audit.refusals import Refusals
from session_api.audit.service import AuditService

__all__ = ["AuditService", "NewEvent", "Refusals", "Severity"]
