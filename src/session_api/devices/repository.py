"""Every statement on devices and on the tokens seen with them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.database.engine import Database
from session_api.database.sql import rfc3339
from session_api.devices.outbox import TOKENS_OF_A_DEVICE, Touch
from session_api.devices.revocations_repository import columns_of, revocation_of
from session_api.security.revocations import Revocation

_DEVICES = f"""
    SELECT coalesce(
               json_agg(
                   json_build_object(
                       'id', d.id,
                       'agent', d.agent,
                       'platform', d.platform,
                       'mobile', d.mobile,
                       'address', d.address,
                       'first_seen_at', {rfc3339("d.first_seen_at")},
                       'last_seen_at', {rfc3339("d.last_seen_at")},
                       'current', d.id = $2
                   )
                   ORDER BY d.last_seen_at DESC, d.id
               ),
               '[]'
           )::text AS body
      FROM devices d
     WHERE d.owner_id = $1 AND d.signed_out_at IS NULL
"""

# Whoever was ever let in has a row, by each issuer that they came by.
_CALLED = "SELECT u.owner_id FROM users u WHERE u.tenant_id = $1 AND u.subject = $2"

# Waits for whoever touches it, and keeps it from them until the commit. $3 now.
_SIGN_OUT = """
    UPDATE devices
       SET signed_out_at = $3
     WHERE owner_id = $1 AND id = $2 AND signed_out_at IS NULL
    RETURNING agent
"""

_SIGN_ALL_OUT = """
    UPDATE devices
       SET signed_out_at = $2
     WHERE owner_id = $1 AND signed_out_at IS NULL
"""

_TOKENS = """
    SELECT token_hash, expires_at
      FROM device_tokens
     WHERE owner_id = $1 AND device_id = $2 AND expires_at > $3
"""

# A device that was signed out comes back only with a token that was issued after that.
_TOUCH = """
      WITH touch AS (
           SELECT *
             FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[],
                         $7::text[], $8::boolean[], $9::text[], $10::timestamptz[],
                         $11::timestamptz[], $12::timestamptz[])
                  AS touched (owner_id, tenant_id, issuer, subject, id, agent, platform, mobile,
                              address, first_at, last_at, issued_at)
            ORDER BY owner_id, id
           ), person AS (
           INSERT INTO users (owner_id, tenant_id, issuer, subject, created_at,
                              asset_count, asset_bytes)
           SELECT DISTINCT ON (owner_id)
                  owner_id, tenant_id, issuer, subject, first_at, 0, 0
             FROM touch
            ORDER BY owner_id
               ON CONFLICT DO NOTHING
           ), new AS (
           INSERT INTO devices (owner_id, id, agent, platform, mobile, address,
                                first_seen_at, last_seen_at)
           SELECT owner_id, id, agent, platform, mobile, address, first_at, last_at
             FROM touch t
            WHERE NOT EXISTS (
                  SELECT FROM revocations r
                   WHERE r.owner_id = t.owner_id AND r.kind = 'everywhere'
                     AND r.made_at >= t.issued_at)
               ON CONFLICT DO NOTHING
           RETURNING owner_id
           ), seen_again AS (
           UPDATE devices d
              SET agent = t.agent, platform = t.platform, mobile = t.mobile,
                  address = t.address, signed_out_at = NULL,
                  last_seen_at = greatest(d.last_seen_at, t.last_at)
             FROM touch t
            WHERE d.owner_id = t.owner_id AND d.id = t.id
              AND (d.signed_out_at IS NULL OR d.signed_out_at < t.issued_at)
           )
    SELECT DISTINCT owner_id FROM new
"""

# What is seen with a device that was signed out meanwhile, elsewhere, goes the same way. $6 now.
_BIND = """
      WITH seen AS (
           SELECT *
             FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::timestamptz[],
                         $5::timestamptz[])
                  AS seen (owner_id, device_id, token_hash, issued_at, expires_at)
           ), bound AS (
           INSERT INTO device_tokens (owner_id, device_id, token_hash, expires_at)
           SELECT s.owner_id, s.device_id, s.token_hash, s.expires_at
             FROM seen s
             JOIN devices d ON d.owner_id = s.owner_id AND d.id = s.device_id
            ORDER BY s.owner_id, s.device_id, s.token_hash
               ON CONFLICT DO NOTHING
           )
    INSERT INTO revocations (owner_id, kind, value, made_at, expires_at, transaction_id)
    SELECT DISTINCT ON (s.owner_id, s.token_hash)
           s.owner_id, 'token', s.token_hash, $6::timestamptz, s.expires_at,
           pg_current_xact_id()::text::bigint
      FROM seen s
      JOIN devices d ON d.owner_id = s.owner_id AND d.id = s.device_id
     WHERE d.signed_out_at >= s.issued_at
     ORDER BY s.owner_id, s.token_hash
        ON CONFLICT DO NOTHING
    RETURNING owner_id, kind, value, made_at, expires_at
"""

# $1 owners, $2 devices, $3 limit. Those that end first are the first to be forgotten.
_TRIM_TOKENS = """
    DELETE FROM device_tokens t
     USING (
           SELECT owner_id, device_id, token_hash,
                  row_number() OVER (
                      PARTITION BY owner_id, device_id ORDER BY expires_at DESC, token_hash
                  ) AS place
             FROM device_tokens
            WHERE (owner_id, device_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
           ) AS ranked
     WHERE t.owner_id = ranked.owner_id AND t.device_id = ranked.device_id
       AND t.token_hash = ranked.token_hash AND ranked.place > $3
"""

# $1 owners, $2 limit.
_TRIM_DEVICES = """
    DELETE FROM devices d
     USING (
           SELECT owner_id, id,
                  row_number() OVER (PARTITION BY owner_id ORDER BY last_seen_at DESC, id) AS place
             FROM devices
            WHERE owner_id = ANY($1) AND signed_out_at IS NULL
           ) AS ranked
     WHERE d.owner_id = ranked.owner_id AND d.id = ranked.id AND ranked.place > $2
"""

# Each takes a time and a limit.
_FORGET = (
    """
    DELETE FROM revocations
     WHERE (owner_id, kind, value) IN (
           SELECT owner_id, kind, value FROM revocations
            WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    """,
    """
    DELETE FROM device_tokens
     WHERE (owner_id, device_id, token_hash) IN (
           SELECT owner_id, device_id, token_hash FROM device_tokens
            WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    """,
)

# $1 not seen since, $2 signed out before, $3 limit.
_FORGET_DEVICES = """
    DELETE FROM devices
     WHERE (owner_id, id) IN (
           SELECT owner_id, id FROM devices
            WHERE last_seen_at <= $1 OR signed_out_at <= $2
            LIMIT $3 FOR UPDATE SKIP LOCKED)
"""


async def owners_called(connection: AsyncConnection, tenant_id: str, subject: str) -> set[UUID]:
    """Everybody of the tenant whose tokens have this subject."""
    result = await connection.exec_driver_sql(_CALLED, (tenant_id, subject))
    return {row.owner_id for row in result}


class DeviceRepository:
    """One owner's devices, inside a transaction."""

    def __init__(self, connection: AsyncConnection, owner_id: UUID) -> None:
        self._connection = connection
        self._owner_id = owner_id

    async def sign_out(self, device_id: UUID, *, at: datetime) -> str | None:
        """Ends a device and holds its row. Returns its program; None where none is signed in."""
        result = await self._connection.exec_driver_sql(_SIGN_OUT, (self._owner_id, device_id, at))
        return result.scalar_one_or_none()

    async def sign_all_out(self, *, at: datetime) -> None:
        """Ends every device."""
        await self._connection.exec_driver_sql(_SIGN_ALL_OUT, (self._owner_id, at))

    async def tokens_of(self, device_id: UUID, *, at: datetime) -> list[Revocation]:
        """What revokes every living token that was seen with the device."""
        result = await self._connection.exec_driver_sql(_TOKENS, (self._owner_id, device_id, at))
        return [
            Revocation(self._owner_id, "token", row.token_hash, at, row.expires_at)
            for row in result
        ]


# Of all owners: for the tasks that follow and write down


async def write_touches(connection: AsyncConnection, touches: Sequence[Touch]) -> list[UUID]:
    """Writes when devices were last seen, and holds their rows. Returns owners of new ones."""
    rows = [
        (
            *(t.principal.owner_id, t.principal.tenant_id, t.principal.issuer),
            *(t.principal.subject, t.device, t.agent.family, t.agent.platform, t.agent.mobile),
            *(t.address, t.first_at, t.last_at, t.issued_at),
        )
        for t in touches
    ]
    result = await connection.exec_driver_sql(_TOUCH, columns_of(rows))
    return [row.owner_id for row in result]


async def write_tokens(
    connection: AsyncConnection, touches: Sequence[Touch], *, at: datetime
) -> list[Revocation]:
    """Writes which tokens were seen with which devices.

    The devices were touched in this transaction. Returns what it revoked because of that.
    """
    rows = [
        (t.principal.owner_id, t.device, each.token_hash, each.issued_at, each.expires_at)
        for t in touches
        for each in t.tokens
    ]
    result = await connection.exec_driver_sql(_BIND, (*columns_of(rows), at))
    revoked = [revocation_of(row) for row in result]
    owners, devices, *_ = columns_of(rows)
    await connection.exec_driver_sql(_TRIM_TOKENS, (owners, devices, TOKENS_OF_A_DEVICE))
    return revoked


async def trim_devices(
    connection: AsyncConnection, owners: Collection[UUID], *, limit: int
) -> None:
    """Forgets the devices of these people that were not seen for longest, beyond the limit."""
    await connection.exec_driver_sql(_TRIM_DEVICES, (list(owners), limit))


async def forget(
    connection: AsyncConnection,
    *,
    now: datetime,
    unseen_since: datetime,
    signed_out_before: datetime,
    limit: int,
) -> int:
    """Removes what can meet no token any longer, up to `limit` rows of each table."""
    count = 0
    for statement in _FORGET:
        count += (await connection.exec_driver_sql(statement, (now, limit))).rowcount
    result = await connection.exec_driver_sql(
        _FORGET_DEVICES, (unseen_since, signed_out_before, limit)
    )
    return count + result.rowcount


async def devices_of(database: Database, owner_id: UUID, here: UUID) -> str:
    """The person's devices as a JSON list, the latest seen first; `here` is the current one."""
    row = await database.fetch_row(_DEVICES, owner_id, here)
    return "[]" if row is None else str(row["body"])
