"""The tables: names, columns and keys of the workspace tree, and no behaviour.

Every table of the tree has `owner_id` first in its primary key, its unique constraints and its
foreign keys, so that no row can refer to another person's, whatever a query does; a test over
this metadata holds it. Repositories alone may use these classes.
"""

from session_api.models.assets import Asset, ObjectDeletion
from session_api.models.audit import AuditEvent, AuditLog, AuditSeal, AuditUnsealed
from session_api.models.base import METADATA
from session_api.models.chat import Chat, ChatMessage
from session_api.models.devices import Device, DeviceToken, Revocation
from session_api.models.handoffs import Handoff
from session_api.models.missions import Hop, Mission, ToolStep
from session_api.models.operations import Installation, JobLease
from session_api.models.people import Guest, User
from session_api.models.sessions import SessionChange, UserSession
from session_api.models.sharing import SessionMember, SessionShare

__all__ = [
    "METADATA",
    "Asset",
    "AuditEvent",
    "AuditLog",
    "AuditSeal",
    "AuditUnsealed",
    "Chat",
    "ChatMessage",
    "Device",
    "DeviceToken",
    "Guest",
    "Handoff",
    "Hop",
    "Installation",
    "JobLease",
    "Mission",
    "ObjectDeletion",
    "Revocation",
    "SessionChange",
    "SessionMember",
    "SessionShare",
    "ToolStep",
    "User",
    "UserSession",
]
