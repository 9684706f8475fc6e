"""Bringing what is sealed under older keys over to the ring's first key, while traffic goes on.

It knows every column that the key ring encrypts, of every owner. Always true: a value is replaced
only by itself under another key, and only where it still stands as it was read, so whatever people
write meanwhile stays; versions and times never move. The command line calls it, no request does.
"""

from session_api.sessions.rotation.service import (
    KeyCensus,
    KeyRotation,
    RotationReport,
    UnreadableValue,
)

__all__ = ["KeyCensus", "KeyRotation", "RotationReport", "UnreadableValue"]
