"""Turns: which agent writes in a session, so that two runs never mix what the model reads next.

A turn is a lease with a fencing number. Taking, renewing and ending one stands here; that a writer
whose turn is over writes nothing is held where every write passes, in `session_api.sync`. Always
true: the number is compared and raised under the session's lock, and never goes down.
"""

from session_api.turns.service import TurnService

__all__ = ["TurnService"]
