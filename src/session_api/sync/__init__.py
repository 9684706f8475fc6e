"""Versions: the lock that orders a session's writers and the log of what changed in it.

Every change to anything in a session takes the session's lock here and leaves one row in the log
for each thing changed, so that one number is ETag, precondition and cursor of live sync. The
services of sessions, chat and missions call it, always inside their own transaction.
"""

from session_api.sync.journal import Change, Journal, LockedSession
from session_api.sync.preconditions import Precondition
from session_api.sync.turn import Turn

__all__ = ["Change", "Journal", "LockedSession", "Precondition", "Turn"]
