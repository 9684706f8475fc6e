"""What the service tells of itself: figures for Prometheus, traces where somebody collects them.

The parts count for themselves (`session_api.figures`) and know of no format; here their counts get
names. Always true: no label holds what a client sent. Only the app and the routes of operations
call it.
"""

from session_api.telemetry.exposition import CONTENT_TYPE, Telemetry, own_address
from session_api.telemetry.families import Sources
from session_api.telemetry.optional import open_tracing, require_tracing

__all__ = [
    "CONTENT_TYPE",
    "Sources",
    "Telemetry",
    "open_tracing",
    "own_address",
    "require_tracing",
]
