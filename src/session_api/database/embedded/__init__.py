"""The PostgreSQL 18 that the service brings along: started beside it, stopped after it.

This package owns `<data>/postgres`: the cluster, its password, its log and its two locks. It is
always true that at most one server runs on a cluster, that it outlives nobody who still uses it,
and that a process killed at any moment leaves something the next `open_embedded` heals. Only the
composition of the app and the command line call it, before their event loop starts.
"""

from session_api.database.embedded.errors import EmbeddedPostgresError
from session_api.database.embedded.handle import EmbeddedPostgres, open_embedded
from session_api.database.embedded.watch import kept_running

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "kept_running", "open_embedded"]
