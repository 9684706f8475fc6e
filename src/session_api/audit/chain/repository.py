"""Making chains grow. Of all owners: only jobs come here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit.chain.encoding import Content
from session_api.audit.chain.reads import CONTENT, event_at

# Only what has its event: a row without one is a trace of a deletion, and stays to tell of it.
# `event_at` and ctid keep the planner to what is asked for: a look-up for each of the first $1
# rows, where it might rather read all events there are, once for each batch.
_TAKE = f"""
      WITH next AS MATERIALIZED (
           SELECT u.ctid AS place
             FROM audit_unsealed u
                  JOIN LATERAL ({event_at("u.owner_id", "u.event_id")}) AS there
                    ON there.owner_id = u.owner_id AND there.id = u.event_id
            ORDER BY u.tenant_id, u.event_id, u.owner_id
            LIMIT $1
           ), taken AS (
           DELETE FROM audit_unsealed
            WHERE ctid = ANY(ARRAY(SELECT place FROM next))
           RETURNING tenant_id, event_id, owner_id
           )
    SELECT t.tenant_id AS chain, t.owner_id AS owner, t.event_id AS event,
           {CONTENT}
      FROM taken t
           JOIN LATERAL ({event_at("t.owner_id", "t.event_id")}) AS e
             ON e.owner_id = t.owner_id AND e.id = t.event_id
     ORDER BY t.tenant_id, t.event_id, t.owner_id
"""

# A backlog that PostgreSQL has not counted yet it would sort for each batch, and look up all of its
# events; the primary key has the order.
_IN_KEY_ORDER = "SET LOCAL enable_sort = off"

_BEGIN = """
    INSERT INTO audit_logs (tenant_id, log_id, started_at, head_position)
    SELECT new.tenant_id, new.log_id, $3, 0
      FROM unnest($1::text[], $2::uuid[]) AS new (tenant_id, log_id)
    ON CONFLICT DO NOTHING
"""

_LOCK = """
    SELECT tenant_id, log_id
      FROM audit_logs
     WHERE tenant_id = ANY($1)
     ORDER BY tenant_id
       FOR UPDATE
"""

_TIPS = """
    SELECT l.tenant_id, l.log_id, tip.position, tip.hash
      FROM audit_logs l
           CROSS JOIN LATERAL (
               SELECT s.position, s.hash FROM audit_seals s
                WHERE s.tenant_id = l.tenant_id
                ORDER BY s.position DESC LIMIT 1) AS tip
"""
_TIPS_OF = f"{_TIPS} WHERE l.tenant_id = ANY($1)"
_HEADLESS = f"""{_TIPS}
     WHERE l.head_position < tip.position OR l.head_key IS DISTINCT FROM $1
     ORDER BY l.tenant_id
     LIMIT $2
"""

_SEAL = """
    INSERT INTO audit_seals (tenant_id, position, owner_id, event_id, hash)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::bytea[])
"""

_HEAD_WRITTEN = """
    UPDATE audit_logs SET head_position = $2, head_key = $3 WHERE tenant_id = $1
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """An event that is being sealed into the chain of `tenant_id`."""

    tenant_id: str
    owner_id: UUID
    event_id: UUID
    content: Content


@dataclass(frozen=True, slots=True)
class Tip:
    """The last link of a chain."""

    tenant_id: str
    log_id: str
    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """A link to be added."""

    tenant_id: str
    position: int
    owner_id: UUID
    event_id: UUID
    hash: bytes


class ChainRepository:
    """Writes chains inside a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def take(self, limit: int) -> list[Taken]:
        """Up to `limit` events to be sealed, in the order of their chains; nobody else gets them
        unless this transaction fails.
        """
        await self._connection.exec_driver_sql(_IN_KEY_ORDER)
        result: Any = await self._connection.exec_driver_sql(_TAKE, (limit,))
        return [Taken(row[0], row[1], row[2], tuple(row[3:])) for row in result]

    async def locked_logs(
        self, new_ids: dict[str, UUID], *, at: datetime
    ) -> dict[str, tuple[str, Tip | None]]:
        """The id and the last link of each tenant's log, under a lock until the transaction ends.

        `new_ids` names the tenants, with an id for each whose log is yet to begin.
        """
        tenants = sorted(new_ids)
        ids = [new_ids[tenant] for tenant in tenants]
        await self._connection.exec_driver_sql(_BEGIN, (tenants, ids, at))
        locked: Any = await self._connection.exec_driver_sql(_LOCK, (tenants,))
        logs = {row[0]: str(row[1]) for row in locked}
        # In a statement of its own, so that it sees what the holder before us has committed.
        result: Any = await self._connection.exec_driver_sql(_TIPS_OF, (tenants,))
        tips = {row[0]: Tip(row[0], str(row[1]), row[2], row[3]) for row in result}
        return {tenant: (log_id, tips.get(tenant)) for tenant, log_id in logs.items()}

    async def add(self, seals: Sequence[Seal]) -> None:
        """Adds links."""
        columns: Any = zip(
            *((s.tenant_id, s.position, s.owner_id, s.event_id, s.hash) for s in seals), strict=True
        )
        await self._connection.exec_driver_sql(_SEAL, tuple(list(column) for column in columns))

    async def headless(self, head_key: str, limit: int) -> list[Tip]:
        """Chains that grew since their head was written, or whose head another key signed."""
        result: Any = await self._connection.exec_driver_sql(_HEADLESS, (head_key, limit))
        return [Tip(row[0], str(row[1]), row[2], row[3]) for row in result]

    async def head_written(self, tenant_id: str, position: int, head_key: str) -> None:
        await self._connection.exec_driver_sql(_HEAD_WRITTEN, (tenant_id, position, head_key))
