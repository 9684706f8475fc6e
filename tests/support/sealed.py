"""Many sessions at once, put into the tables by hand, their values sealed as the service seals."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from session_api.security import KeyRing
from session_api.security.principal import owner_id_of
from session_api.sessions.metadata import MetadataVault
from tests.support.settings import KEYS
from tests.support.waiting import WAIT_SECONDS
from tests.support.workspace import Sql

OLD_KEY = KEYS
NEW_KEY = "new:rbB4SODYnXaukj6trb5ocYoZLU9/uZmTV/OsWYp3wKQ="
LOST_KEY = "lost:MxLQSH/nTYik2vhGGpKHceA6IyVvowgFKKlC62KN5YE="
ROTATING = f"{NEW_KEY},{OLD_KEY}"
"""The ring in the middle of a rotation: the new key writes, the old one still reads."""

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)

_ALL_ELSE = """
    SELECT md5(string_agg((to_jsonb(s) - 'metadata_ciphertext' - 'fingerprint_ciphertext')::text,
                          ',' ORDER BY owner_id, id))
      FROM user_sessions s
"""


def ring(text: str) -> KeyRing:
    return KeyRing.parse(text)


def fingerprint_of(session_id: UUID) -> bytes:
    """What stands for a create request in these sessions."""
    return b"fingerprint of " + session_id.bytes


async def has_sealed_sessions(
    sql: Sql, keys: KeyRing, count: int, *, owners: int = 50, metadata: dict[str, Any] | None = None
) -> list[tuple[UUID, UUID]]:
    """So many sessions of so many people; returns owners and ids in the order of the key."""
    people = [(owner_id_of("session-api", "default", f"person {n}"), n) for n in range(owners)]
    await sql.copy_records_to_table(
        "users",
        columns=[
            *("owner_id", "tenant_id", "issuer", "subject", "created_at"),
            *("asset_count", "asset_bytes"),
        ],
        records=[(owner, "default", "session-api", f"person {n}", AT, 0, 0) for owner, n in people],
    )
    vault = MetadataVault(keys)
    rows = [(people[n % owners][0], UUID(int=(n + 1) * 7919, version=4)) for n in range(count)]
    sealed = [
        (
            *(owner, session, "default", None, "active"),
            vault.seal(owner, session, metadata or {"of": str(session)}),
            vault.seal_fingerprint(owner, session, fingerprint_of(session)),
            *(1, 1, 0, 0, 0, 0),
            *(AT, AT, AT),
        )
        for owner, session in rows
    ]
    await sql.copy_records_to_table(
        "user_sessions",
        columns=[
            *("owner_id", "id", "tenant_id", "name", "status"),
            *("metadata_ciphertext", "fingerprint_ciphertext"),
            *("version", "fields_version", "chat_version", "message_seq", "message_count"),
            "changes_from",
            *("created_at", "updated_at", "last_activity_at"),
        ],
        records=sealed,
    )
    return sorted(rows)


async def opened(sql: Sql, keys: KeyRing) -> dict[UUID, tuple[dict[str, Any], bytes]]:
    """The metadata and the fingerprint of every session. Raises Unreadable."""
    vault = MetadataVault(keys)
    rows = await sql.fetch("SELECT * FROM user_sessions")
    return {
        row["id"]: (
            vault.open(row["owner_id"], row["id"], row["metadata_ciphertext"]),
            vault.open_fingerprint(row["owner_id"], row["id"], row["fingerprint_ciphertext"]),
        )
        for row in rows
    }


async def all_but_sealed(sql: Sql) -> str:
    """Stands for every column of every session that a rotation must leave alone."""
    return str(await sql.fetchval(_ALL_ELSE))


async def count_under(sql: Sql, keys: KeyRing) -> int:
    """Sessions whose metadata is under the ring's first key."""
    found = await sql.fetchval(
        "SELECT count(*) FROM user_sessions"
        " WHERE substring(metadata_ciphertext FROM 1 FOR length($1::bytea)) = $1",
        keys.current_head,
    )
    return int(found)


async def until_under(sql: Sql, keys: KeyRing, count: int) -> None:
    """Waits for another process or task to bring so many sessions under the ring's first key."""
    async with asyncio.timeout(WAIT_SECONDS):
        while await count_under(sql, keys) < count:  # noqa: ASYNC110 - it watches rows
            await asyncio.sleep(0.01)
