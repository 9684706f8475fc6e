"""People who write through an outage, and who remember all that they were told."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx

from tests.faults.consistency import half_done
from tests.support.people import new_id
from tests.support.processes import Service
from tests.support.waiting import until

WRITERS = 8
BACK_WITHIN_SECONDS = 5.0
UNAVAILABLE = (503, "database_unavailable", True)


@dataclass
class Seen:
    """What clients met with during an outage."""

    acknowledged: set[str] = field(default_factory=set)
    refused: list[httpx.Response] = field(default_factory=list)
    unanswered: set[str] = field(default_factory=set)
    """Sent, and the connection was lost: there or not."""

    others: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0

    @property
    def codes(self) -> set[tuple[int, str, bool]]:
        """Status, code and whether the client is told when to come back, of each refusal."""
        return {
            (answer.status_code, answer.json()["code"], "retry-after" in answer.headers)
            for answer in self.refused
        }

    async def refusals(self, count: int) -> None:
        """Returns once so many more were refused."""
        known = len(self.refused)
        await until(lambda: len(self.refused) >= known + count)


async def made_session(client: httpx.AsyncClient) -> str:
    """The address of a new session."""
    made = await client.post("/api/sessions/", json={})
    assert made.status_code == 201, made.text
    return f"/api/sessions/{made.json()['id']}"


SAID = "during the outage"


def message(message_id: str, *, parent_id: str | None = None) -> dict[str, str]:
    """What everybody says."""
    said = {"id": message_id, "role": "user", "content": SAID}
    return said if parent_id is None else {**said, "parent_id": parent_id}


async def write_once(
    client: httpx.AsyncClient,
    session: str,
    message_id: str,
    seen: Seen,
    *,
    parent_id: str | None = None,
) -> bool:
    """Appends a message; whether it was taken. A repeat that finds itself done is, too.

    It is one statement, which is its own transaction; with a parent, a transaction of several.
    """
    started = time.monotonic()
    body = message(message_id, parent_id=parent_id)
    try:
        answer = await client.post(f"{session}/messages", json=body)
    except httpx.TransportError:
        seen.unanswered.add(message_id)
        return False
    finally:
        seen.slowest_seconds = max(seen.slowest_seconds, time.monotonic() - started)
    if answer.status_code in (200, 201):
        seen.acknowledged.add(message_id)
        return True
    if answer.status_code == 503:
        seen.refused.append(answer)
    else:
        seen.others.append(answer.text)
    return False


async def read_once(client: httpx.AsyncClient, session: str, seen: Seen) -> None:
    """Reads the session, on the way that has no transaction."""
    with suppress(httpx.TransportError):
        answer = await client.get(session)
        if answer.status_code == 503:
            seen.refused.append(answer)
        elif answer.status_code != 200:
            seen.others.append(answer.text)


@asynccontextmanager
async def writing(
    clients: Sequence[httpx.AsyncClient],
    session: str,
    *,
    after: int = 20,
    parent_id: str | None = None,
) -> AsyncIterator[Seen]:
    """Eight write until the block ends, which begins when `after` messages were taken. Who is not
    let write tries to read. They write as `write_once` does.
    """
    seen, over = Seen(), asyncio.Event()

    async def write(client: httpx.AsyncClient) -> None:
        while not over.is_set():
            if not await write_once(client, session, new_id(), seen, parent_id=parent_id):
                await read_once(client, session, seen)
                await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(write(clients[number % len(clients)]))
        try:
            await until(lambda: len(seen.acknowledged) >= after)
            yield seen
        finally:
            over.set()


async def works_again(client: httpx.AsyncClient, session: str) -> float:
    """The seconds until a write is taken."""
    started = time.monotonic()
    while True:
        try:
            answer = await client.patch(session, json={"name": new_id()})
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == 200:
            return time.monotonic() - started
        assert time.monotonic() - started < 60
        await asyncio.sleep(0.05)


async def stored_ids(service: Service) -> list[str]:
    """Every message that is there, one that is there twice twice."""
    return [str(row["id"]) for row in await service.query("SELECT id FROM chat_messages")]


async def nothing_is_lost(
    service: Service, seen: Seen, *, refusals: Collection[tuple[int, str, bool]] = (UNAVAILABLE,)
) -> None:
    """All that was acknowledged is there, once and whole; the rest was refused as it should be."""
    assert seen.others == [], seen.others[:3]
    assert seen.codes <= set(refusals), seen.codes
    stored = await stored_ids(service)
    assert len(stored) == len(set(stored))
    assert seen.acknowledged <= set(stored)
    assert await half_done(service.query) == []
    unexpected = [line for line in service.output.splitlines() if '"unexpected_error"' in line]
    assert unexpected == [], unexpected[:3]
