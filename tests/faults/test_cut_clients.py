"""Clients that hang up: in mid-request, in mid-answer, or while their answer is being made."""

import asyncio
import json
import random
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.consistency import connections, half_done
from tests.support.people import new_id
from tests.support.processes import Service, data_folder

REQUESTS = 1000
AT_ONCE = 25
POOL_SIZE = 4
SETTLING_SECONDS = 10.0


@pytest.fixture
def service() -> Iterator[Service]:
    with data_folder() as data, Service(data, SESSION_API_POOL_SIZE=str(POOL_SIZE)) as running:
        yield running


class CutClient:
    """Sends requests on sockets of its own and hangs up at a random moment of each."""

    def __init__(self, service: Service, token: str, chance: random.Random) -> None:
        self._address = ("127.0.0.1", service.port)
        self._token = token
        self._chance = chance

    async def ask_and_hang_up(self, method: str, path: str, body: Any) -> None:
        request = self._request(method, path, body)
        reader, writer = await asyncio.open_connection(*self._address)
        try:
            match self._chance.randrange(4):
                case 0:  # in mid-request
                    writer.write(request[: self._chance.randrange(1, len(request))])
                    await writer.drain()
                case 1:  # with the request sent
                    writer.write(request)
                    await writer.drain()
                case 2:  # while the answer is being made
                    writer.write(request)
                    await writer.drain()
                    await asyncio.sleep(self._chance.uniform(0, 0.03))
                case 3:  # in mid-answer
                    writer.write(request)
                    await reader.read(self._chance.randrange(1, 40))
        finally:
            self._hang_up(writer)

    def _request(self, method: str, path: str, body: Any) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content

    def _hang_up(self, writer: asyncio.StreamWriter) -> None:
        if self._chance.random() < 0.5:  # a crash, which resets; else an ordinary end
            linger = struct.pack("ii", 1, 0)
            raw: socket.socket = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()


def any_request(chance: random.Random, session: str) -> tuple[str, str, Any]:
    """A read, an append or an autosave."""
    message = {"id": new_id(), "role": "user", "content": "cut off " * chance.randrange(1, 200)}
    return chance.choice(
        [
            ("GET", session, None),
            ("GET", "/api/sessions/active", None),
            ("GET", f"{session}/messages?limit=200", None),
            ("POST", "/api/sessions/recover", {}),
            ("POST", f"{session}/messages", message),
            ("PATCH", session, {"session_metadata": {f"key{chance.randrange(9)}": new_id()}}),
            ("POST", f"{session}/activity", None),
        ]
    )


async def settled(service: Service) -> list[str]:
    """The states of the service's connections once none of them works, or time is over."""
    deadline = asyncio.get_running_loop().time() + SETTLING_SECONDS
    while True:
        states = await connections(service.query)
        if set(states) <= {"idle"} or asyncio.get_running_loop().time() > deadline:
            return states
        await asyncio.sleep(0.05)


async def test_clients_that_hang_up_leave_no_connection_busy_and_no_change_half_done(
    service: Service,
) -> None:
    chance = random.Random(3)
    token = service.token("ann")
    async with service.client("ann") as ann:
        made = await ann.post("/api/sessions/", json={"name": "cut"})
        session = f"/api/sessions/{made.json()['id']}"
        client = CutClient(service, token, chance)
        places = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with places:
                await client.ask_and_hang_up(*any_request(chance, session))

        await asyncio.gather(*(one() for _ in range(REQUESTS)))

        states = await settled(service)
        assert states == ["idle"] * len(states)
        assert len(states) <= POOL_SIZE
        assert await half_done(service.query) == []
        # Whole, and free: all that wait are served at once.
        answers = await asyncio.gather(*(ann.get(session) for _ in range(4 * POOL_SIZE)))
        assert {answer.status_code for answer in answers} == {200}
        assert answers[0].json()["chat"]["message_count"] > 0
        assert '"unexpected_error"' not in service.output
