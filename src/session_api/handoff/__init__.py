"""Handing a session over to another device of the same person, by a code that is typed or scanned.

Always true: a code is good once, for two minutes, and only with a token of whoever made it, so that
it adds nothing to what that token opens anyway. It is kept as a keyed hash alone.
"""

from session_api.handoff.service import HandoffService

__all__ = ["HandoffService"]
