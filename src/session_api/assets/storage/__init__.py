"""Where the bytes of files are kept: the port, and a store for each kind of place.

It knows keys, bytes and links; nothing of rows, owners or sessions. Always true: an object is whole
or not there, never changes once it is, and no part of a path or key comes from a client. Only the
assets package calls it.
"""

from importlib import import_module

from session_api.assets.storage.filesystem import FilesystemStore
from session_api.assets.storage.keys import ObjectKey, object_key, session_prefix, tenant_segment
from session_api.assets.storage.location import Folder, parse_location
from session_api.assets.storage.measured import MeasuredStore
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
from session_api.assets.storage.tickets import TicketCodec
from session_api.ports import Clock, Ids
from session_api.security import KeyRing
from session_api.settings import Settings

__all__ = [
    "MAX_PARTS",
    "MIN_PART_BYTES",
    "MeasuredStore",
    "ObjectKey",
    "ObjectStore",
    "Part",
    "StoredObject",
    "StoredPart",
    "Ticket",
    "Unfinished",
    "Upload",
    "object_key",
    "open_store",
    "parse_location",
    "part_count",
    "part_of",
    "session_prefix",
    "tenant_segment",
]


def open_store(settings: Settings, keys: KeyRing, clock: Clock, ids: Ids) -> ObjectStore:
    """The store that `SESSION_API_STORAGE` names; its `open` is yet to be awaited.

    Raises ValueError, which quotes nothing of the setting.
    """
    if settings.storage is None:
        raise ValueError("SESSION_API_STORAGE is not set")
    location = parse_location(settings.storage)
    if isinstance(location, Folder):
        tickets = TicketCodec(keys.derive("object-tickets"), clock)
        return FilesystemStore(location.path, tickets, ids)
    # Only where it is used: boto takes 24 MB of each worker and half a second of its start.
    s3 = import_module("session_api.assets.storage.s3")
    store: ObjectStore = s3.S3Store.of(location, clock)
    return store
