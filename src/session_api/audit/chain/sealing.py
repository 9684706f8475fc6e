"""The jobs of the chains: sealing what was recorded, and writing heads outside the database."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from session_api.audit.chain.encoding import NOTHING_BEFORE, hash_link
from session_api.audit.chain.heads import (
    PREFIX,
    Head,
    HeadKeys,
    HeadStore,
    log_of,
    name_of,
    superfluous,
)
from session_api.audit.chain.reads import ChainReader
from session_api.audit.chain.repository import ChainRepository, Seal, Taken, Tip
from session_api.database.engine import Database, repeated_on_conflict
from session_api.ports import Ids

SEALED_AT_ONCE: Final = 1000
"""In one transaction: some 20 ms of work, between which the event loop serves others."""

log = structlog.get_logger(__name__)


class AuditSealing:
    """Of every tenant. Each job can be cut off anywhere and run again."""

    def __init__(self, database: Database, keys: HeadKeys, store: HeadStore, ids: Ids) -> None:
        self._database = database
        self._keys = keys
        self._store = store
        self._ids = ids

    @repeated_on_conflict
    async def seal(self, now: datetime, batch: int) -> int:  # noqa: ARG002 - it locks no one's rows
        """Seals what waits, a batch of its own size; how many events.

        Sealed is what is committed, in the order in which it is found: an event that is older than
        others by its time, because its transaction took longer, comes after them.
        """
        async with self._database.transaction() as connection:
            chains = ChainRepository(connection)
            taken = await chains.take(SEALED_AT_ONCE)
            if taken:
                tenants = {name: self._ids() for name in {each.tenant_id for each in taken}}
                logs = await chains.locked_logs(tenants, at=now)
                await chains.add(_linked(taken, logs))
        return len(taken)

    async def write_heads(self, now: datetime, batch: int) -> int:
        """Writes the heads of chains that grew; how many. Raises StorageUnavailable: chains go on
        growing, and the next run tries again.
        """
        async with self._database.transaction() as connection:
            tips = await ChainRepository(connection).headless(self._keys.current, batch)
        for tip in tips:
            head = _head_of(tip, now)
            await self._store.keep(name_of(head, now, self._keys.current), self._keys.sign(head))
            async with self._database.transaction() as connection:
                await ChainRepository(connection).head_written(
                    tip.tenant_id, tip.position, self._keys.current
                )
            # A third place: whoever gathers the log has them as well.
            log.info("audit_head", log_id=tip.log_id, position=tip.position, hash=tip.hash.hex())
        return len(tips)

    async def prune_heads(self, now: datetime, batch: int) -> int:  # noqa: ARG002
        """Forgets old heads but for one a day and the newest; how many. Only of our own logs: a
        store may hold those of another database. Raises StorageUnavailable.
        """
        ours = {known.log_id for known in await ChainReader(self._database).logs(None)}
        by_log: dict[str, list[str]] = defaultdict(list)
        async for name in self._store.names(PREFIX):
            by_log[log_of(name)].append(name)
        pruned = 0
        for log_id in ours & by_log.keys():
            names = superfluous(by_log[str(log_id)], now)
            await self._store.drop(names)
            pruned += len(names)
        return pruned


def _linked(taken: Sequence[Taken], logs: dict[str, tuple[str, Tip | None]]) -> list[Seal]:
    """The links for events, each after the one before it in its tenant's chain."""
    ends = {
        tenant: (0, NOTHING_BEFORE) if tip is None else (tip.position, tip.hash)
        for tenant, (_, tip) in logs.items()
    }
    seals = []
    for event in taken:
        position, previous = ends[event.tenant_id]
        position += 1
        # The tenant as it was when the event was recorded: moved to another since, it won't fit.
        content = (event.tenant_id, *event.content[1:])
        link = hash_link(logs[event.tenant_id][0], position, previous, content)
        ends[event.tenant_id] = position, link
        seals.append(Seal(event.tenant_id, position, event.owner_id, event.event_id, link))
    return seals


def _head_of(tip: Tip, now: datetime) -> Head:
    at = now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return Head(tip.log_id, tip.tenant_id, tip.position, tip.hash.hex(), at)
