"""What our own way of writing answers makes of them: the same as uvicorn's, byte for byte where it
matters, and never two answers of one.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from session_api.http.connections import Connection
from session_api.http.headers_of_answers import AnswerHeaders, Header, Shared, written
from session_api.http.websocket_connections import SocketConnection

SHARED = Shared(((b"x-shared", b"1"), (b"vary", b"Authorization")))
Answer = Callable[[Callable[[Any], Awaitable[None]]], Awaitable[None]]


@asynccontextmanager
async def _connected(
    answer: Answer,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection of ours to a server that answers everything so."""

    async def app(scope: Any, _receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            await asyncio.sleep(1.5)
            await send({"type": "websocket.send", "text": "still here"})
        else:
            await answer(send)

    config = uvicorn.Config(
        app,
        port=0,
        http=Connection,
        ws=SocketConnection,
        timeout_keep_alive=1,
        log_config=None,
        access_log=False,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await server.shutdown()


async def _heard(answer: Answer, asked: bytes = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") -> bytes:
    """All that comes until the server, which was asked to, ends the connection."""
    async with _connected(answer) as (reader, writer):
        writer.write(asked.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return await asyncio.wait_for(reader.read(), 5)


def _start(*own: Header, status: int = 200) -> dict[str, Any]:
    headers = AnswerHeaders(list(own), SHARED)
    return {"type": "http.response.start", "status": status, "headers": headers}


def _body(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _of(*messages: dict[str, Any]) -> Answer:
    async def answer(send: Callable[[Any], Awaitable[None]]) -> None:
        for message in messages:
            await send(message)

    return answer


LENGTH = (b"content-length", b"5")


async def test_an_everyday_answer_is_whole() -> None:
    heard = await _heard(_of(_start(LENGTH, (b"etag", b'"7"')), _body(b"hello")))
    head, _, body = heard.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert {b"content-length: 5", b'etag: "7"', b"x-shared: 1", b"connection: close"} <= set(lines)
    assert lines.count(b"vary: Authorization") == 1
    assert body == b"hello"


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_has_no_body_says_nothing_of_its_length(status: int) -> None:
    heard = await _heard(_of(_start(status=status), _body(b"")))
    assert heard.startswith(b"HTTP/1.1 %d " % status)
    assert heard.endswith(b"\r\n\r\n")
    assert b"content-length" not in heard
    assert b"chunked" not in heard


async def test_a_body_in_parts_comes_in_its_parts() -> None:
    heard = await _heard(_of(_start(LENGTH), _body(b"he", more=True), _body(b"llo")))
    assert heard.endswith(b"\r\n\r\nhello")
    assert b"x-shared: 1" in heard


async def test_a_body_of_unknown_length_is_chunked() -> None:
    heard = await _heard(_of(_start(), _body(b"hello")))
    assert heard.endswith(b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")


async def test_the_answer_to_a_head_request_is_its_head() -> None:
    asked = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
    heard = await _heard(_of(_start(LENGTH), _body(b"hello")), asked)
    assert b"content-length: 5" in heard
    assert heard.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("body", [b"hell", b"hello!"])
async def test_a_body_of_another_length_is_no_whole_answer(body: bytes) -> None:
    heard = await _heard(_of(_start(LENGTH), _body(body)))
    assert len(heard.partition(b"\r\n\r\n")[2]) < 5


async def test_who_fails_before_the_body_has_answered_nothing() -> None:
    async def fails(send: Callable[[Any], Awaitable[None]]) -> None:
        await send(_start(LENGTH))
        raise KeyError

    heard = await _heard(fails)
    assert heard.startswith(b"HTTP/1.1 500 ")
    assert heard.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: x=1", b"a\nb", b"a\rb", b"a\0b", b"a\x7fb"])
async def test_nothing_in_a_header_begins_another(value: bytes) -> None:
    with pytest.raises(ValueError, match="control character"):
        written([(b"x-said", value)])
    heard = await _heard(_of(_start(LENGTH, (b"x-said", value)), _body(b"hello")))
    assert heard.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in heard


async def test_what_is_added_to_the_headers_later_is_sent() -> None:
    start = _start(LENGTH)
    start["headers"].append((b"x-later", b"1"))
    heard = await _heard(_of(start, _body(b"hello")))
    for line in (b"x-later: 1\r\n", b"x-shared: 1\r\n", b"\r\n\r\nhello"):
        assert line in heard


async def test_requests_that_come_at_once_are_answered_one_after_the_other() -> None:
    count = 0

    async def counts(send: Callable[[Any], Awaitable[None]]) -> None:
        nonlocal count
        count += 1
        number = count
        await asyncio.sleep(0.02 if number == 1 else 0)
        await send(_start((b"content-length", b"1")))
        await send(_body(b"%d" % number))

    async with _connected(counts) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        for number in (b"1", b"2", b"3"):
            heard = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            assert heard.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(1) == number


ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_a_connection_is_kept_for_a_while_after_each_answer_and_no_longer() -> None:
    loop, answered_at = asyncio.get_running_loop(), 0.0
    async with _connected(_of(_start(status=204), _body(b""))) as (reader, writer):
        for _ in range(3):
            writer.write(ASKED)
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            answered_at = loop.time()
            await asyncio.sleep(0.4)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        assert 0.9 < loop.time() - answered_at < 2.5


async def test_a_websocket_on_a_connection_that_was_used_before_is_not_idle() -> None:
    async with _connected(_of(_start(status=204), _body(b""))) as (reader, writer):
        writer.write(ASKED)
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        accepted = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert accepted.startswith(b"HTTP/1.1 101 ")
        assert await asyncio.wait_for(reader.readexactly(12), 5) == b"\x81\nstill here"


async def test_nothing_of_a_request_is_left_to_the_garbage_collector() -> None:
    """A ring of references lives until it is looked for, which costs more than the answer did."""
    everyday = _of(_start(LENGTH), _body(b"hello"))
    async with _connected(everyday) as (reader, writer):

        async def ask(times: int) -> None:
            for _ in range(times):
                writer.write(ASKED)
                await asyncio.wait_for(reader.readuntil(b"hello"), 5)

        await ask(5)
        gc.collect()
        gc.disable()
        try:
            await ask(50)
            assert gc.collect() < 50
        finally:
            gc.enable()
