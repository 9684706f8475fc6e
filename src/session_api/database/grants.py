"""What the service's role may do with each table: a line a table, and nothing for one without.

`session-api migrate` brings the database to this list. The tests run as that role, so that a
privilege that is missing here fails them; and one that no statement needs fails a test of its own.
"""

from collections.abc import Mapping
from typing import Literal

Privilege = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]

ALL: tuple[Privilege, ...] = ("SELECT", "INSERT", "UPDATE", "DELETE")
CHANGED: tuple[Privilege, ...] = ("SELECT", "INSERT", "UPDATE")
"""For what is never removed, or only with what it hangs on."""

ADDED_ONLY: tuple[Privilege, ...] = ("SELECT", "INSERT")
"""For what nobody may change or take back: audit events, and whatever seals them."""

# Rows that go with what they hang on need no DELETE: PostgreSQL removes them as the table's owner.
# Locking a row asks for UPDATE.
GRANTS: Mapping[str, tuple[Privilege, ...]] = {
    "alembic_version": ("SELECT",),
    "assets": ALL,
    "audit_events": ADDED_ONLY,
    "audit_logs": CHANGED,
    "audit_seals": ADDED_ONLY,
    "audit_unsealed": ("SELECT", "INSERT", "DELETE"),
    "chat_messages": ALL,
    "chats": ADDED_ONLY,
    "device_tokens": ALL,
    "devices": ALL,
    "guests": ALL,
    "handoffs": ALL,
    "hops": ALL,
    "installation": ("SELECT",),
    "job_leases": ALL,
    "missions": ALL,
    "object_deletions": ALL,
    "revocations": ALL,
    "session_changes": ALL,
    "session_members": ALL,
    "session_shares": ALL,
    "tool_steps": ALL,
    "user_sessions": ALL,
    "users": CHANGED,
}
