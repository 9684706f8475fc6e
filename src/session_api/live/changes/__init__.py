"""The changes of a session since a version: enough to bring a cached copy up to date.

The log says what changed and when; of each thing its present state is told, so applying changes
in their order always ends at what the session is now, however many came in between. The router
calls the feed, and so does every stream. What the log no longer has is said (410), never passed
over; trimming it is a job of the lifecycle.
"""

from session_api.live.changes.service import ChangeFeed, ChangePage, ReadyChange, seen_by
from session_api.live.changes.trimming import ChangeTrimming

__all__ = ["ChangeFeed", "ChangePage", "ChangeTrimming", "ReadyChange", "seen_by"]
