"""Builders for files: announced, brought and completed, or sent in one call; and what must be true
of rows, counters and objects whatever happened.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI

from session_api.assets.storage import ObjectStore
from session_api.security import SESSIONS_READ, SESSIONS_WRITE
from session_api.security.caller import Caller
from session_api.security.principal import Principal
from tests.support.people import Person
from tests.support.workspace import Sql

HELLO = b"hello world"
MIB = 1024 * 1024


def path_of(session_id: str, *parts: str) -> str:
    """Where the files of a session are, or one of them."""
    return "/".join((f"/api/sessions/{session_id}/assets", *parts))


def announcement(content: bytes = HELLO, **fields: Any) -> dict[str, Any]:
    """What is said of a file of this content."""
    return {"name": "hello.txt", "content_type": "text/plain", "size": len(content)} | fields


def digest_of(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


# What may be refused


async def announce(
    person: Person,
    session_id: str,
    content: bytes = HELLO,
    *,
    headers: dict[str, str] | None = None,
    **fields: Any,
) -> httpx.Response:
    """Announces a file; `is_announced` is for what must work."""
    body = announcement(content, **fields)
    return await person.post(path_of(session_id), json=body, headers=headers)


async def bring(
    http: httpx.AsyncClient, ticket: Mapping[str, Any], content: bytes = HELLO, **changes: Any
) -> httpx.Response:
    """Makes the request that a ticket describes, with `headers=` or `url=` in place of its own."""
    headers = {**ticket["headers"], **changes.pop("headers", {})}
    url = changes.pop("url", ticket["url"])
    return await http.request(ticket["method"], url, headers=headers, content=content, **changes)


async def complete(person: Person, asset: Mapping[str, Any]) -> httpx.Response:
    """Says that the bytes of an announced file are there."""
    return await person.post(path_of(asset["session_id"], asset["id"], "complete"))


async def upload(
    person: Person,
    session_id: str,
    content: bytes = HELLO,
    *,
    name: str = "hello.txt",
    content_type: str = "text/plain",
    key: str | None = None,
    fields: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Sends a file in one call, its fields in front of it."""
    return await person.post(
        path_of(session_id, "upload"),
        files={"file": (name, content, content_type)},
        data=dict(fields or {}),
        headers={} if key is None else {"Idempotency-Key": key},
    )


# What must work


async def is_announced(
    person: Person, session_id: str, content: bytes = HELLO, **fields: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A pending file and its ticket."""
    answer = await announce(person, session_id, content, **fields)
    assert answer.status_code == 201, answer.text
    return answer.json()["asset"], answer.json()["upload"]


async def has_file(
    person: Person,
    http: httpx.AsyncClient,
    session_id: str,
    content: bytes = HELLO,
    **fields: Any,
) -> dict[str, Any]:
    """A ready file that came by ticket; `http` needs no token."""
    asset, ticket = await is_announced(person, session_id, content, **fields)
    brought = await bring(http, ticket, content)
    assert brought.is_success, brought.text
    answer = await complete(person, asset)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def uploaded(
    person: Person, session_id: str, content: bytes = HELLO, **options: Any
) -> dict[str, Any]:
    """A ready file that came in one call."""
    answer = await upload(person, session_id, content, **options)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def reads(person: Person, http: httpx.AsyncClient, asset: Mapping[str, Any]) -> bytes:
    """A file's content, fetched by a link and without a token."""
    answer = await person.get(path_of(asset["session_id"], asset["id"], "content"))
    assert answer.status_code == 307, answer.text
    found = await http.get(answer.headers["Location"])
    assert found.status_code == 200, found.text
    return found.content


async def listed(person: Person, session_id: str, **query: Any) -> list[str]:
    """The ids of a session's files as its list has them."""
    answer = await person.get(path_of(session_id), params=query)
    assert answer.status_code == 200, answer.text
    return [asset["id"] for asset in answer.json()["items"]]


def caller_of(person: Person) -> Caller:
    """The person as services know one, to call these without a request."""
    principal = Principal(
        owner_id=person.owner_id,
        tenant_id="default",
        issuer="session-api",
        subject=person.name,
        scopes=frozenset({SESSIONS_READ, SESSIONS_WRITE}),
        roles=frozenset(),
        expires_at=datetime.max.replace(tzinfo=UTC),
    )
    return Caller(principal, "request-1")


# Forms, byte by byte

BOUNDARY = "-----of-the-tests"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def part(
    content: bytes, disposition: str = 'name="file"; filename="hello.txt"', *headers: str
) -> bytes:
    """One part of a form."""
    lines = [f"--{BOUNDARY}", f"Content-Disposition: form-data; {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    """A whole form."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


async def in_chunks(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    """A body without a length, for httpx."""
    for chunk in chunks:
        yield chunk


async def hang_up(
    app: FastAPI, person: Person, path: str, chunks: Iterable[bytes], headers: Mapping[str, str]
) -> None:
    """Posts the beginning of a body, and is gone."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    sent = {"Authorization": f"Bearer {person.token}", **headers}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "server": ("test", 80),
        "client": ("127.0.0.1", 1),
        "state": {},
    }

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(_message: object) -> None:
        """Nobody listens any longer."""

    await app(scope, receive, send)


# What is always true

_MISCOUNTED = """
    SELECT u.subject, u.asset_count, u.asset_bytes, count(a.id) AS files,
           coalesce(sum(a.size), 0)::bigint AS bytes
      FROM users u
      LEFT JOIN assets a ON a.owner_id = u.owner_id
     GROUP BY u.owner_id
    HAVING (u.asset_count, u.asset_bytes) <> (count(a.id), coalesce(sum(a.size), 0))
"""


async def miscounted(sql: Sql) -> list[dict[str, Any]]:
    """People whose counters are not the sums of their files."""
    return [dict(row) for row in await sql.fetch(_MISCOUNTED)]


async def stored_keys(app: FastAPI) -> set[str]:
    """The keys of all objects in the store."""
    store: ObjectStore = app.state.object_store
    return {found.key async for found in store.walk()}


async def orphans(app: FastAPI, sql: Sql) -> set[str]:
    """Objects that no row holds and no deletion is written down of."""
    known = await sql.fetch(
        "SELECT object_key FROM assets UNION SELECT object_key FROM object_deletions"
    )
    return await stored_keys(app) - {row["object_key"] for row in known}


async def lost(app: FastAPI, sql: Sql) -> set[str]:
    """Objects of ready files that are not in the store."""
    ready = await sql.fetch("SELECT object_key FROM assets WHERE status = 'ready'")
    return {row["object_key"] for row in ready} - await stored_keys(app)


async def faults(app: FastAPI, sql: Sql) -> list[Any]:
    """Where counters, rows and objects do not agree. Empty after every test of files."""
    return [*await miscounted(sql), *await orphans(app, sql), *await lost(app, sql)]


async def rows_of(sql: Sql, table: str = "assets") -> int:
    """How many rows a table has."""
    return int(await sql.fetchval(f"SELECT count(*) FROM {table}"))
