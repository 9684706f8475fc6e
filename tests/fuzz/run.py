"""Sends the requests and looks at every answer."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from session_api.problems import CATALOGUE
from tests.fuzz.requests import Ids, Made, Maker
from tests.support.operations import operation_named, operations
from tests.support.people import MovableClock, Person
from tests.support.processes import Service, data_folder
from tests.support.settings import test_settings
from tests.support.workspace import has_what_it_is_about, has_workspace

CANARY = "canary-of-somebody-else-7f3a9c"
"""Stands in everything that the other person has, and so in no answer of ours."""

RENEWED_AFTER = 250
"""Requests: the sender's workspace is a fresh one from then on."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CONNECTIONS = 4
_SETTINGS = test_settings("postgresql://nobody@localhost/nothing")


@dataclass
class Findings:
    """What was wrong, and what the answers were like."""

    faults: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return self.statuses.total()

    @property
    def growth(self) -> float:
        """Of the resident memory, from when half of the requests were sent to the end, as a share:
        what is bounded has filled by then, and what is not goes on.
        """
        half = self.memory[len(self.memory) // 2]
        return self.memory[-1] / half - 1


async def fuzz(service: Service, *, requests: int, seed: int) -> Findings:
    """Sends so many requests to the service. Stops at twenty faults."""
    findings = Findings()
    random = Random(seed)
    token = service.token("ann")
    bad = [service.token("ann", "--scope", "sessions:read"), token[:-3], token.swapcase()]
    # Whoever signs out has nothing more to say: somebody else does it.
    maker = Maker(random, operations(), [token, *bad], leaving=service.token("eve"))
    async with _person(service, "bob") as bob, _person(service, "ann") as ann:
        others = await _with_canaries(bob)
        before = await _seen_by(bob, others)
        ids = Ids(await _workspace(ann), others)
        connections = [_Connection(service.port) for _ in range(_CONNECTIONS)]
        while findings.sent < requests and len(findings.faults) < 20:
            batch = [maker.next(ids) for _ in range(RENEWED_AFTER)]
            await asyncio.gather(
                *(
                    _send(connection, batch[place::_CONNECTIONS], findings)
                    for place, connection in enumerate(connections)
                )
            )
            findings.memory.append(_resident(service.pid))
            ids = Ids(await _workspace(ann), others)
        for connection in connections:
            connection.close()
        if await _seen_by(bob, others) != before:
            findings.faults.append("what somebody else has was changed")
    return findings


async def _send(connection: "_Connection", made: list[Made], findings: Findings) -> None:
    for request in made:
        try:
            status, head, body = await connection.ask(request)
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            findings.faults.append(f"{request.wire[:300]!r}: no answer: {error!r}")
            connection.close()
            continue
        findings.statuses[status] += 1
        if fault := fault_of(request, status, head, body):
            findings.faults.append(f"{request.wire[:600]!r}: {status} {body[:300]!r}: {fault}")


def fault_of(request: Made, status: int, head: bytes, body: bytes) -> str | None:
    """What is wrong with an answer."""
    if status >= 500:
        return "an error of ours"
    if CANARY.encode() in head + body:
        return "tells of somebody else"
    if b"\r\nx-request-id: " not in head.lower():
        return "has no request id"
    if status < 400 or request.method == "HEAD":
        return None
    try:
        problem: Any = json.loads(body)
        known = CATALOGUE[problem["code"]].status == problem["status"] == status
    except (ValueError, KeyError, TypeError):
        return "is no problem of ours"
    return None if known else "is no problem of our catalogue"


class _Connection:
    """A connection that takes bytes no HTTP library would send."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Made) -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        async with asyncio.timeout(30):
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(request.wire)
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head[9:12])
            if b"\r\ntransfer-encoding: chunked" in head.lower():
                return status, head, await _chunks(reader)
            length = _LENGTH.search(head)
            if length is None and status not in (204, 304) and request.method != "HEAD":
                raise ValueError("an answer without a length")
            has_body = length is not None and status != 304 and request.method != "HEAD"
            body = await reader.readexactly(int(length[1])) if has_body and length else b""
            if b"\r\nconnection: close" in head.lower():
                self.close()
            return status, head, body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A stream, to its end."""
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


@contextmanager
def fuzzable() -> Iterator[Service]:
    """A service that knows the tokens of the tests."""
    assert _SETTINGS.jwt_secret is not None
    secret = _SETTINGS.jwt_secret.get_secret_value()
    settings = {"SESSION_API_JWT_SECRET": secret, "SESSION_API_STREAM_LONGEST": "0.05"}
    with data_folder() as data, Service(data, **settings) as service:
        yield service


def _person(service: Service, name: str) -> Person:
    wire = httpx.AsyncHTTPTransport()
    return Person(name, wire, _SETTINGS, MovableClock(), base_url=service.url)


async def _workspace(person: Person) -> dict[str, str]:
    ids = await has_workspace(person)
    return ids | await has_what_it_is_about(person, operation_named("get_asset"), ids)


async def _with_canaries(bob: Person) -> dict[str, str]:
    ids = await _workspace(bob)
    session = f"/api/sessions/{ids['session_id']}"
    mission = f"/api/missions/{ids['mission_id']}"
    made = [
        await bob.put(session, json={"name": CANARY, "session_metadata": {CANARY: CANARY}}),
        await bob.post(f"{session}/messages", json={"role": "user", "content": CANARY}),
        await bob.patch(mission, {"name": CANARY, "data": {CANARY: 1}}),
        await bob.post(
            f"{session}/assets/upload", files={"file": (f"{CANARY}.txt", CANARY.encode())}
        ),
    ]
    assert all(answer.is_success for answer in made), [answer.text for answer in made]
    return ids


async def _seen_by(bob: Person, ids: dict[str, str]) -> dict[str, Any]:
    sees = await bob.sees(ids["session_id"])
    assert CANARY in json.dumps(sees)
    return sees


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096
