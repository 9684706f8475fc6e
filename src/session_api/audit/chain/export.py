"""Events for other systems, each with its place in the chain, so that the export proves itself."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from session_api.audit.chain.encoding import FIELDS, NOTHING_BEFORE, Content
from session_api.audit.chain.reads import ChainReader, Log
from session_api.database.engine import Database
from session_api.json_text import encode_json

PAGE: Final = 2000


class Export:
    """Called by the command line. Memory stays flat, however long the trail."""

    def __init__(self, database: Database) -> None:
        self._reader = ChainReader(database)

    async def lines(
        self, *, tenant_id: str | None, since: datetime | None, until: datetime | None
    ) -> AsyncIterator[str]:
        """JSON objects: tenant by tenant what is sealed, in its order, then what waits for it.

        `since` and `until` are of the events' own time, and leave gaps where a late transaction was
        sealed among younger events; each line has the hash before it all the same.
        """
        for log in await self._reader.logs(tenant_id):
            async for line in self._sealed(log, since, until):
                yield line
            async for line in self._waiting(log, since, until):
                yield line

    async def _sealed(
        self, log: Log, since: datetime | None, until: datetime | None
    ) -> AsyncIterator[str]:
        last = await self._reader.last_position(log.tenant_id)
        for after in range(0, last, PAGE):
            for position, seal, before, content in await self._reader.exported(
                log.tenant_id, after=after, limit=PAGE, since=since, until=until
            ):
                yield _line(log, content, position, before or NOTHING_BEFORE, seal)

    async def _waiting(
        self, log: Log, since: datetime | None, until: datetime | None
    ) -> AsyncIterator[str]:
        after = UUID(int=0)
        while page := await self._reader.exported_waiting(
            log.tenant_id, after=after, limit=PAGE, since=since, until=until
        ):
            for content in page:
                yield _line(log, content, None, None, None)
            after = UUID(str(page[-1][2]))


def _line(
    log: Log, content: Content, position: int | None, before: bytes | None, seal: bytes | None
) -> str:
    document: dict[str, Any] = {
        "log_id": log.log_id,
        "position": position,
        "previous": None if before is None else before.hex(),
        "hash": None if seal is None else seal.hex(),
        "event": dict(zip(FIELDS, content, strict=True)),
    }
    return encode_json(document)
