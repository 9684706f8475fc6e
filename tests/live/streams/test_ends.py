"""How streams end that do not end by themselves: slow readers, and a service that stops."""

import asyncio
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.live.streams.writing import made, says
from tests.support.processes import Service, data_folder
from tests.support.scrapes import scrape
from tests.support.streams import events_of, socket_of
from tests.support.waiting import eventually, until

BUFFER_BYTES = 64 * 1024
MESSAGES, MESSAGE_BYTES = 200, 100_000
# The parent of workers looks at signals twice a second.
SAID_WITHIN_SECONDS = 3.0
STOPS_WITHIN_SECONDS = 6.0  # the embedded PostgreSQL too, on a machine that does much else


@pytest.fixture(params=[(), ("--workers", "2")], ids=["alone", "workers"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with (
        data_folder() as data,
        Service(data, *request.param, SESSION_API_SHUTDOWN_TIMEOUT="30") as running,
    ):
        if request.param:  # the parent of workers hears nothing while one of them begins
            assert eventually(lambda: len(scrape(running).values_of("worker")) == 2)
        yield running


@pytest.fixture
def narrow() -> Iterator[Service]:
    with (
        data_folder() as data,
        Service(data, SESSION_API_STREAM_BUFFER_BYTES=str(BUFFER_BYTES)) as running,
    ):
        yield running


def deaf(service: Service, session_id: str, upgrade: bool) -> socket.socket:
    """A client that asks for a stream, and then reads nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(20)
    client.connect(("127.0.0.1", service.port))
    lines = [
        f"GET /api/sessions/{session_id}/{'ws' if upgrade else 'events'} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {service.token('ann')}",
    ]
    if upgrade:
        lines += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    client.sendall("\r\n".join([*lines, "", ""]).encode())
    client.recv(64, socket.MSG_PEEK)
    return client


def figure(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


@pytest.mark.waits
async def test_slow_readers_are_cut_and_hold_up_nobody(narrow: Service) -> None:
    """While 20 MB pass by, in events each larger than what may wait."""
    async with narrow.client() as ann, narrow.client() as quick:
        session_id = await made(ann)

        async def figures() -> str:
            return (await ann.get("/metrics")).text

        with (
            deaf(narrow, session_id, upgrade=False) as events_only,
            deaf(narrow, session_id, upgrade=True) as upgraded,
        ):
            async with events_of(quick, session_id) as events:
                version = (await events.until("hello"))[-1].data["version"]
                before = figure(await figures(), "process_resident_memory_bytes")
                for _ in range(MESSAGES):
                    last = await says(ann, session_id, "x" * MESSAGE_BYTES)
                    told = await events.up_to(last)
                    assert [each.id for each in told] == list(range(version + 1, last + 1))
                    version = last
                cut = 'session_api_streams_ended_total{reason="too_slow"}'
                async with asyncio.timeout(30):
                    while figure(await figures(), cut) < 2:  # noqa: ASYNC110 - nobody tells
                        await asyncio.sleep(0.05)
                after = figure(await figures(), "process_resident_memory_bytes")
                assert after - before < MESSAGES * MESSAGE_BYTES / 2
            for slow in (events_only, upgraded):
                with suppress(ConnectionError):
                    while await asyncio.to_thread(slow.recv, 65536):
                        pass
    assert "Traceback" not in narrow.output


async def test_a_service_that_stops_tells_its_streams_first(service: Service) -> None:
    """Some on each worker, one of them with a reader that reads nothing."""
    async with service.client() as ann:
        session_id = await made(ann)
    token = service.token("ann")
    ready: list[int] = []
    told: dict[str, float] = {}

    async def follow(number: int) -> None:
        async with service.client() as reader, events_of(reader, session_id) as events:
            await events.until("hello")
            ready.append(number)
            end = (await events.until("end"))[-1]
            assert (end.data["reason"], end.data["reconnect"]) == ("shutdown", True)
            told[f"events {number}"] = time.monotonic()

    async def listen(number: int) -> None:
        async with socket_of(service.port, session_id, token) as client:
            await client.until("hello")
            ready.append(number)
            assert await client.closes() == 1001
            assert client.heard[-1]["reason"] == "shutdown"
            told[f"socket {number}"] = time.monotonic()

    with deaf(service, session_id, False), deaf(service, session_id, True):
        async with asyncio.TaskGroup() as group:
            for number in range(8):
                group.create_task(follow(number))
                group.create_task(listen(number))
            await until(lambda: len(ready) == 16)
            began = time.monotonic()
            ended = asyncio.create_task(asyncio.to_thread(service.stop, signal.SIGTERM))
        assert max(told.values()) - began < SAID_WITHIN_SECONDS, told
        assert await ended == 0
        assert time.monotonic() - began < STOPS_WITHIN_SECONDS
    assert "Traceback" not in service.output
    assert service.readiness() is None
