"""The tables: names, columns and keys of the workspace tree, and no behaviour.

Every table of the tree has `owner_id` first in its primary key, its unique constraints and its
foreign keys, so that no row can refer to another person's, whatever a query does; a test over
this metadata holds it. Repositories alone may use these classes.
"""

from session_api.models.assets import Asset, ObjectDeletion
from session_api.models.audit import AuditEvent
from session_api.models.base import METADATA
from session_api.models.chat import Chat, ChatMessage
from session_api.models.leases import JobLease
from session_api.models.missions import Hop, Mission, ToolStep
from session_api.models.people import User
from session_api.models.sessions import SessionChange, UserSession

__all__ = [
    "METADATA",
    "Asset",
    "AuditEvent",
    "Chat",
    "ChatMessage",
    "Hop",
    "JobLease",
    "Mission",
    "ObjectDeletion",
    "SessionChange",
    "ToolStep",
    "User",
    "UserSession",
]
