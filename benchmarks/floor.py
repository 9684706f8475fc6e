"""The floor: the least that could answer the same questions from the same PostgreSQL in Python.

A bare ASGI function on the service's uvicorn settings, that runs the service's own statements with
asyncpg and sends the JSON that PostgreSQL built. No authentication, no decryption, no parsing of
bodies, no routing beyond one look-up: whatever the service takes longer than this, it adds.
"""

import json
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

# The very statements, so that a change of theirs is a change of the floor's as well.
from benchmarks.statements import told_of_a_message
from session_api.chat.appending_repository import _APPEND
from session_api.chat.reads import _PAGE
from session_api.live.changes.reads import SINCE
from session_api.live.changes.service import PAGE_BYTES
from session_api.ports import new_id
from session_api.sessions.reads import (
    _ACTIVE,
    _LIST,
    _RECOVER,
    _TOUCH,
    _VERSION,
    NO_PARTS,
    one_statement,
)
from session_api.settings import Settings

_JSON = (b"content-type", b"application/json")
_ONE = one_statement(NO_PARTS)


@dataclass(frozen=True)
class Message:
    """The message that every append adds, as the service would hand it to the statement."""

    content: str
    fingerprint_hex: str = "00" * 32

    def to_json(self, message_ids: Sequence[UUID]) -> str:
        return json.dumps(
            [
                {
                    "place": place,
                    "id": str(message_id),
                    "role": "user",
                    "content": self.content,
                    "text_length": len(self.content),
                    "metadata": {},
                    "asset_ids": [],
                    "parent_id": None,
                    "status": "complete",
                    "fingerprint_hex": self.fingerprint_hex,
                }
                for place, message_id in enumerate(message_ids)
            ]
        )


class Floor:
    """What is asked is the first part of the path, of which session the second."""

    def __init__(self, pool: Any, owner_id: UUID, actor: str, message: Message) -> None:
        self._pool = pool
        self._owner_id = owner_id
        self._actor = actor
        self._message = message
        self._touch_after = Settings.model_fields["activity_interval"].default
        self._answers: dict[str, Callable[..., Awaitable[str | int]]] = {
            "recover": self._recover,
            "active": self._active,
            "session": self._one,
            "seen": self._unless_seen,
            "list": self._list,
            "page": self._page,
            "changes": self._changes,
            "activity": self._touch,
            "append": self._append,
        }

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        _, name, session_id, *number = scope["path"].split("/")
        text = await self._answers[name](UUID(session_id), *map(int, number))
        if isinstance(text, int):
            await send({"type": "http.response.start", "status": text, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        body = text.encode()
        headers = [_JSON, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _recover(self, session_id: UUID) -> str:
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(
                _RECOVER, self._owner_id, datetime.now(UTC), self._touch_after, 50, session_id
            )
        return str(row["body"])

    async def _active(self, _session_id: UUID) -> str:
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(
                _ACTIVE, self._owner_id, datetime.now(UTC), self._touch_after, 50
            )
        return str(row["body"])

    async def _one(self, session_id: UUID) -> str:
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(_ONE, self._owner_id, session_id, 50)
        return str(row["body"])

    async def _unless_seen(self, session_id: UUID, version: int) -> int:
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(_VERSION, self._owner_id, session_id)
        assert row["version"] == version
        return 304

    async def _list(self, _session_id: UUID) -> str:
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_LIST, self._owner_id, None, None, None, None, 21)
        return f'{{"items":[{",".join(row["body"] for row in rows[:20])}]}}'

    async def _page(self, session_id: UUID, before: int) -> str:
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(_PAGE, self._owner_id, session_id, before, None, 50)
        return str(row[0])

    async def _changes(self, session_id: UUID, since: int) -> str:
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(
                SINCE, self._owner_id, session_id, since, 100, PAGE_BYTES, [], []
            )
        return f'{{"changes":[{",".join(row["body"] for row in rows)}]}}'

    async def _touch(self, session_id: UUID) -> int:
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(
                _TOUCH, self._owner_id, session_id, datetime.now(UTC), self._touch_after
            )
        assert row["status"] == "active"
        return 204

    async def _append(self, session_id: UUID, count: int) -> str:
        now, owner_id = datetime.now(UTC), self._owner_id
        message_ids = [new_id() for _ in range(count)]
        async with self._pool.acquire() as connection:
            added = await connection.fetchrow(
                _APPEND,
                owner_id,
                session_id,
                self._message.to_json(message_ids),
                now,
                self._actor,
                told_of_a_message(owner_id, session_id, message_ids[0], now),
                False,
            )
        return f'{{"messages":{added["messages"]},"version":{added["version"]}}}'


async def _keep(connection: Any) -> None:
    """In place of asyncpg's reset, a round trip that the service's pool does not make either."""


async def serve(environment: dict[str, str]) -> None:
    """Serves until told to stop."""
    pool_size = int(Settings.model_fields["pool_size"].default)
    async with asyncpg.create_pool(
        environment["FLOOR_DATABASE_URL"],
        min_size=pool_size,
        max_size=pool_size,
        reset=_keep,
        server_settings={"timezone": "UTC", "jit": "off"},
    ) as pool:
        floor = Floor(
            pool,
            UUID(environment["FLOOR_OWNER"]),
            environment["FLOOR_ACTOR"],
            Message(environment["FLOOR_MESSAGE"]),
        )
        config = uvicorn.Config(
            floor,
            port=int(environment["FLOOR_PORT"]),
            loop="uvloop",
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(serve(dict(os.environ)))
