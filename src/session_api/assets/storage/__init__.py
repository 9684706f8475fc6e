"""Where the bytes of files are kept: the port, and a store for each kind of place.

It knows keys, bytes and links; nothing of rows, owners or sessions. Always true: an object is whole
or not there, never changes once it is, and no part of a path or key comes from a client. Only the
assets package calls it.
"""

from session_api.assets.storage.keys import ObjectKey, object_key, session_prefix, tenant_segment
from session_api.assets.storage.port import (
    MAX_PARTS,
    MIN_PART_BYTES,
    ObjectStore,
    Part,
    StoredObject,
    StoredPart,
    Ticket,
    Unfinished,
    Upload,
    part_count,
    part_of,
)

__all__ = [
    "MAX_PARTS",
    "MIN_PART_BYTES",
    "ObjectKey",
    "ObjectStore",
    "Part",
    "StoredObject",
    "StoredPart",
    "Ticket",
    "Unfinished",
    "Upload",
    "object_key",
    "part_count",
    "part_of",
    "session_prefix",
    "tenant_segment",
]
