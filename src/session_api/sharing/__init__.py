"""Sharing: other people in a workspace, as viewers or editors, invited by name or by a link.

The rights stand in the owner's tree and change under its session's lock; they are read anew with
every request, so that nothing here can be stale. An id leads a person to one session, own or
shared, which the lock on their own row holds. What others do stands in the owner's trail. Routes
ask `SharedAccess` where they find nothing of the caller's own; streams ask `ShareReader`, sessions
`ShareLinks`.
"""

from session_api.sharing.access import SharedAccess
from session_api.sharing.joining import JoiningService
from session_api.sharing.links import ShareLinks
from session_api.sharing.reads import ShareReader
from session_api.sharing.service import SharingService

__all__ = ["JoiningService", "ShareLinks", "ShareReader", "SharedAccess", "SharingService"]
