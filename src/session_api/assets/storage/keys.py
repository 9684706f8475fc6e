"""The names of objects: made here, of nothing that a client could choose freely.

`<tenant>/<owner>/<session>/<asset>_<attempt>`. Every part is one segment of a path, safe on every
file system and in every URL; 212 characters at most.
"""

import hashlib
import re
from typing import Final, NamedTuple, Self
from uuid import UUID

_LONGEST_TENANT: Final = 64
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TENANT = "[a-z0-9_-]{1,65}"
_KEY = re.compile(f"({_TENANT})/({_UUID})/({_UUID})/({_UUID})_([0-9a-f]{{32}})", re.ASCII)
_PREFIX = re.compile(f"(?:{_TENANT}/(?:{_UUID}/(?:{_UUID}/)?)?)?", re.ASCII)
# Capitals are left out: some file systems take them for small letters.
_UNSAFE = re.compile(rb"[^a-z0-9-]")


class ObjectKey(NamedTuple):
    """What a key tells. `tenant` is its segment, which names the tenant but may not be it."""

    tenant: str
    owner_id: UUID
    session_id: UUID
    asset_id: UUID
    attempt: UUID

    @classmethod
    def parse(cls, key: str) -> Self | None:
        """None for what is no key of ours."""
        found = _KEY.fullmatch(key)
        return found and cls(found[1], *map(UUID, found.groups()[1:]))


def object_key(
    tenant: str, owner_id: UUID, session_id: UUID, asset_id: UUID, *, attempt: UUID
) -> str:
    """A key for one upload of one asset. `attempt` is a fresh id: so no key is used twice, and the
    late deletion of an old object never hits a new one under the same asset id.
    """
    return f"{session_prefix(tenant, owner_id, session_id)}{asset_id}_{attempt.hex}"


def session_prefix(tenant: str, owner_id: UUID, session_id: UUID) -> str:
    """What all keys of a session begin with, and no others."""
    return f"{tenant_segment(tenant)}/{owner_id}/{session_id}/"


def tenant_segment(tenant: str) -> str:
    """A tenant as one segment, another for each tenant. Its name comes from a token: any text."""
    if not tenant:
        return "_"
    raw = tenant.encode("utf-8", "surrogatepass")
    plain = _UNSAFE.sub(lambda byte: b"_%02x" % byte[0][0], raw).decode("ascii")
    if len(plain) <= _LONGEST_TENANT:
        return plain
    # 65 characters, as no other has.
    return f"_{hashlib.sha256(raw).hexdigest()}"


def require_key(key: str) -> str:
    """The key itself. ValueError for anything else, before it gets near a path."""
    if not _KEY.fullmatch(key):
        raise ValueError("not a key of ours")
    return key


def require_prefix(prefix: str) -> str:
    """The prefix itself: whole segments of a key, each with its slash. ValueError else."""
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("not a prefix of our keys")
    return prefix
