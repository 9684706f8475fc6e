"""Every statement that moves what a guest has to an account, each for all rows of a table at once.

What others refer to is copied first, then what refers to it changes hands where it stands, and the
first rows go at last: so every foreign key holds all the while, and long texts are not written
anew. Columns are those of the models: a new one is moved as well. A new table belongs into one of
the lists here; a test asks for it.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.models import METADATA

COPIED: Final = ("user_sessions", "chats", "missions", "hops")
"""Others refer to these, in this order."""

MOVED: Final = ("chat_messages", "session_changes", "tool_steps", "assets", "object_deletions")
"""Nothing refers to these."""

REMOVED: Final = ("handoffs", "devices", "device_tokens")
"""Where the guest was signed in, and was about to be: over with their tokens."""

LEFT: Final = {
    "users": "who the guest was, for the trail; its counters are moved",
    "guests": "which account the guest was merged into",
    "revocations": "that the guest's tokens are over",
    "session_shares": "none: who shares has an account",
    "session_members": "none: with whom is shared has an account",
    "audit_events": "the trail is only ever added to, and its seals hold it to its owner",
    "audit_unsealed": "as the events",
    "audit_seals": "as the events",
}
"""What stays with the guest, and why."""

MANY: Final = frozenset({"chat_messages", "session_changes", "tool_steps"})
"""Of these a guest may have any number."""

ROWS: Final = 5_000
"""Rows that one statement moves."""

BATCH: Final = 200
"""Sessions whose sealed values are in memory at once: 13 MB of metadata at most."""


def _names(table: str, *but: str) -> list[str]:
    return [column.name for column in METADATA.tables[table].columns if column.name not in but]


def _listed(names: Sequence[str], of: str = "") -> str:
    return ", ".join(f"{of}{name}" for name in names)


# $1 owner. Whoever writes holds one of these, so that all that was acknowledged is seen after it.
_LOCK_SESSIONS = """
    SELECT id FROM user_sessions WHERE owner_id = $1 ORDER BY id FOR UPDATE
"""
_LOCK_MISSIONS = """
    SELECT id FROM missions WHERE owner_id = $1 ORDER BY id FOR UPDATE
"""

# $1 guest, $2 account. An asset's id is of its session, a hop's of its mission.
_TAKEN = """
    SELECT 'sessions' AS kind, mine.id
      FROM user_sessions mine
      JOIN user_sessions theirs ON theirs.owner_id = $1 AND theirs.id = mine.id
     WHERE mine.owner_id = $2
     UNION ALL
    SELECT 'missions', mine.id
      FROM missions mine
      JOIN missions theirs ON theirs.owner_id = $1 AND theirs.id = mine.id
     WHERE mine.owner_id = $2
     ORDER BY kind, id
"""

# $1 guest, $2 sessions.
_SEALED = """
    SELECT id, metadata_ciphertext, fingerprint_ciphertext
      FROM user_sessions
     WHERE owner_id = $1 AND id = ANY ($2)
"""

_OF_SESSIONS = _names(
    "user_sessions", "owner_id", "tenant_id", "metadata_ciphertext", "fingerprint_ciphertext"
)
# $1 guest, $2 account, $3 its tenant, $4 sessions, $5 and $6 what is sealed for the account.
_COPY_SESSIONS = f"""
    INSERT INTO user_sessions
           (owner_id, tenant_id, metadata_ciphertext, fingerprint_ciphertext,
            {_listed(_OF_SESSIONS)})
    SELECT $2, $3, sealed.metadata, sealed.fingerprint, {_listed(_OF_SESSIONS, "s.")}
      FROM unnest($4::uuid[], $5::bytea[], $6::bytea[]) AS sealed (id, metadata, fingerprint)
      JOIN user_sessions s ON s.owner_id = $1 AND s.id = sealed.id
"""  # noqa: S608 - of the models' names

_COPY_CHATS = f"""
    INSERT INTO chats (owner_id, {_listed(_names("chats", "owner_id"))})
    SELECT $2, {_listed(_names("chats", "owner_id"))}
      FROM chats
     WHERE owner_id = $1
"""  # noqa: S608

_OF_MISSIONS = _names("missions", "owner_id", "tenant_id")
_COPY_MISSIONS = f"""
    INSERT INTO missions (owner_id, tenant_id, {_listed(_OF_MISSIONS)})
    SELECT $2, $3, {_listed(_OF_MISSIONS)}
      FROM missions
     WHERE owner_id = $1
"""  # noqa: S608

_COPY_HOPS = f"""
    INSERT INTO hops (owner_id, {_listed(_names("hops", "owner_id"))})
    SELECT $2, {_listed(_names("hops", "owner_id"))}
      FROM hops
     WHERE owner_id = $1
"""  # noqa: S608

_MOVE = "UPDATE {table} SET owner_id = $2 WHERE owner_id = $1"

# So many at once that no statement takes long, however much there is. By where rows stand, which
# nobody changes: all who could wait for the locks that were taken first.
_MOVE_SOME = """
    UPDATE {table}
       SET owner_id = $2
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE owner_id = $1 LIMIT $3))
"""
_REMOVE = "DELETE FROM {table} WHERE owner_id = $1"

# Under the lock of the guest's row first, as nobody else takes two of them.
_COUNT = """
      WITH taken AS (
           SELECT owner_id, asset_count, asset_bytes
             FROM users
            WHERE owner_id = $1
              FOR NO KEY UPDATE
           ), emptied AS (
           UPDATE users
              SET asset_count = 0, asset_bytes = 0
             FROM taken
            WHERE users.owner_id = taken.owner_id
           )
    UPDATE users
       SET asset_count = users.asset_count + taken.asset_count,
           asset_bytes = users.asset_bytes + taken.asset_bytes
      FROM taken
     WHERE users.owner_id = $2
"""

Sealed = tuple[bytes, bytes]
"""Of one session: its metadata and its fingerprint."""


class MergeRepository:
    """What one guest has, on its way to one account, inside a transaction.

    The methods are called in the order in which they stand here.
    """

    def __init__(self, connection: AsyncConnection, guest: UUID, account: UUID) -> None:
        self._connection = connection
        self._guest = guest
        self._account = account

    async def lock_sessions(self) -> list[UUID]:
        """Waits for every writer of the guest's sessions. They find nothing afterwards."""
        result = await self._connection.exec_driver_sql(_LOCK_SESSIONS, (self._guest,))
        return [row.id for row in result]

    async def lock_missions(self) -> list[UUID]:
        """The same for missions, after the sessions as everybody does."""
        result = await self._connection.exec_driver_sql(_LOCK_MISSIONS, (self._guest,))
        return [row.id for row in result]

    async def taken(self) -> dict[str, list[UUID]]:
        """Ids that the account has already, of sessions and of missions."""
        result = await self._connection.exec_driver_sql(_TAKEN, (self._guest, self._account))
        found: dict[str, list[UUID]] = {}
        for row in result:
            found.setdefault(row.kind, []).append(row.id)
        return found

    async def sealed(self, session_ids: Sequence[UUID]) -> dict[UUID, Sealed]:
        """What is sealed for the guest, by session."""
        result = await self._connection.exec_driver_sql(_SEALED, (self._guest, list(session_ids)))
        return {
            row.id: (bytes(row.metadata_ciphertext), bytes(row.fingerprint_ciphertext))
            for row in result
        }

    async def copy_sessions(self, sealed: Mapping[UUID, Sealed], *, tenant_id: str) -> None:
        """Gives the account these sessions, with what is sealed for it. Raises IntegrityError."""
        values = list(sealed.values())
        await self._connection.exec_driver_sql(
            _COPY_SESSIONS,
            (
                *(self._guest, self._account, tenant_id, list(sealed)),
                *([metadata for metadata, _ in values], [mark for _, mark in values]),
            ),
        )

    async def move_the_rest(self, *, tenant_id: str) -> int:
        """Moves all that hangs on the sessions, and missions without one; how many files.

        Raises IntegrityError.
        """
        both = (self._guest, self._account)
        await self._connection.exec_driver_sql(_COPY_CHATS, both)
        await self._connection.exec_driver_sql(_COPY_MISSIONS, (*both, tenant_id))
        await self._connection.exec_driver_sql(_COPY_HOPS, both)
        for table in MOVED:
            if table in MANY:
                await self._move_all(table)
        moved = {}
        for table in MOVED:
            if table not in MANY:
                result = await self._connection.exec_driver_sql(_MOVE.format(table=table), both)
                moved[table] = result.rowcount
        await self._connection.exec_driver_sql(_COUNT, both)
        return moved["assets"]

    async def _move_all(self, table: str) -> None:
        statement, rows = _MOVE_SOME.format(table=table), ROWS
        while rows == ROWS:
            result = await self._connection.exec_driver_sql(
                statement, (self._guest, self._account, ROWS)
            )
            rows = result.rowcount

    async def remove_what_was_copied(self) -> None:
        """Takes the first rows away. Nothing hangs on them any longer but their copies' likes."""
        for table in ("user_sessions", "missions", "devices"):
            await self._connection.exec_driver_sql(_REMOVE.format(table=table), (self._guest,))
