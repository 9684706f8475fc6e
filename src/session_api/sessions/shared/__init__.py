"""Others' sessions that are shared with a person, as that person's list shows them.

Reading the list is an access like any other: the owners' trails are told in the same statement.
The sharing router calls it.
"""

from session_api.sessions.shared.service import SharedSessionService

__all__ = ["SharedSessionService"]
