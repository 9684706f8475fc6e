"""Every statement on guests themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.json_text import encode_json
from session_api.security import Principal
from session_api.security.revocations import value_of_jti

# $6 until when. In one statement: a guest is there as a whole, or not.
_ADD = """
      WITH person AS (
           INSERT INTO users (owner_id, tenant_id, issuer, subject, created_at,
                              asset_count, asset_bytes)
           VALUES ($1, $2, $3, $4, $5, 0, 0)
           )
    INSERT INTO guests (owner_id, renewable_until)
    VALUES ($1, $6)
"""

# Whoever waited reads what the other one wrote.
_LOCK = """
    SELECT renewable_until, merged_into, moved
      FROM guests
     WHERE owner_id = $1
       FOR UPDATE
"""

_RENEW = """
    UPDATE guests
       SET renewable_until = greatest(renewable_until, $2)
     WHERE owner_id = $1
"""

_MERGED = """
    UPDATE guests
       SET merged_into = $2, merged_at = $3, moved = $4::json
     WHERE owner_id = $1
"""

# As `RevocationList` reads them. Each token that was seen with a device which was signed out is
# among them by its hash. $2 issued at, $3 the token's hash, $4 its jti's.
_REVOKED = """
    SELECT EXISTS (
           SELECT FROM revocations
            WHERE owner_id = $1
              AND (kind = 'everywhere' AND made_at >= $2
                   OR kind IN ('token', 'suspect_token') AND value = $3
                   OR kind = 'jti' AND value = $4))
"""

# $1 now, $2 limit.
_OVER = """
    SELECT g.owner_id, u.tenant_id, g.merged_into IS NOT NULL AS merged
      FROM guests g
      JOIN users u ON u.owner_id = g.owner_id
     WHERE g.renewable_until <= $1
     ORDER BY g.renewable_until
     LIMIT $2
       FOR UPDATE OF g SKIP LOCKED
"""

# Not their users: who somebody was stays with the trail, and nothing of ours may delete one.
_FORGET = tuple(
    f"DELETE FROM {table} WHERE owner_id = ANY ($1)"
    for table in ("user_sessions", "missions", "devices", "guests")
)


@dataclass(frozen=True, slots=True)
class GuestState:
    """A guest's row, under its lock. `moved` is the answer of the merge, where there was one."""

    renewable_until: datetime
    merged_into: UUID | None
    moved: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class GuestOver:
    """A guest who can't come back; or one who was merged, of whom only the row is left."""

    owner_id: UUID
    tenant_id: str
    merged: bool


class GuestRepository:
    """One guest, inside a transaction."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def add(self, guest: Principal, *, at: datetime) -> None:
        """Makes a guest whose id is new."""
        await self._connection.exec_driver_sql(
            _ADD,
            (
                self._owner_id,
                guest.tenant_id,
                guest.issuer,
                guest.subject,
                at,
                guest.token_ends_at,
            ),
        )

    async def lock(self) -> GuestState | None:
        """Waits for whoever makes something new of the guest's or merges them, and keeps others
        from it until the transaction ends. None where there is no such guest.
        """
        result = await self._connection.exec_driver_sql(_LOCK, (self._owner_id,))
        row = result.one_or_none()
        return None if row is None else GuestState(*tuple(row))

    async def renew(self, until: datetime) -> None:
        """Moves the time until which the guest can come back."""
        await self._connection.exec_driver_sql(_RENEW, (self._owner_id, until))

    async def has_revoked(self, guest: Principal) -> bool:
        """Whether the guest has signed this token out, on whichever replica."""
        token = guest.token
        result = await self._connection.exec_driver_sql(
            _REVOKED,
            (self._owner_id, token.issued_at, token.fingerprint, value_of_jti(token.jti or "")),
        )
        return bool(result.scalar_one())

    async def merged(self, into: UUID, moved: dict[str, Any], *, at: datetime) -> None:
        """Notes the account that now has all of it."""
        await self._connection.exec_driver_sql(
            _MERGED, (self._owner_id, into, at, encode_json(moved))
        )


async def guests_over(connection: AsyncConnection, now: datetime, limit: int) -> list[GuestOver]:
    """Guests whose last token is over, locked; without those that somebody holds."""
    result = await connection.exec_driver_sql(_OVER, (now, limit))
    return [GuestOver(*tuple(row)) for row in result]


async def forget_guests(connection: AsyncConnection, owner_ids: Sequence[UUID]) -> None:
    """Erases guests with all that still hangs on them. Their files must have gone before."""
    for statement in _FORGET:
        await connection.exec_driver_sql(statement, (list(owner_ids),))
