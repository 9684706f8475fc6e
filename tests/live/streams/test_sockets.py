"""WebSockets, on a real server: who gets in, what comes, who else is here, how it ends."""

import json

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.live.streams.writing import begins, grows, made, says
from tests.support.people import new_id
from tests.support.processes import Service
from tests.support.streams import socket_of
from tests.support.wire import Wire, request


async def refused(*arguments: object, **options: object) -> tuple[int, str]:
    """Status and code of the problem that a handshake is answered with."""
    with pytest.raises(InvalidStatus) as error:
        async with socket_of(*arguments, **options):  # type: ignore[arg-type]
            pass
    answer = error.value.response
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-ID"]
    return answer.status_code, json.loads(answer.body)["code"]


async def test_a_socket_tells_what_the_feed_tells(service: Service) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
        before = await says(ann, session_id)
        async with socket_of(service.port, session_id, service.token("ann")) as socket:
            assert socket.connection.subprotocol == "session-api.v1"
            hello = await socket.next()
            assert (hello["type"], hello["version"]) == ("hello", before)
            message_id = await begins(ann, session_id)
            version = await grows(ann, session_id, message_id, 0, "abc")
            told = [await socket.until("change")]
            while told[-1]["version"] < version:
                told.append(await socket.until("change"))
            version = await grows(ann, session_id, message_id, 3, "def")
            grown = await socket.until("change")
            assert grown["kind"] == "message.grown"
            assert grown["data"]["text"] == "def"
        changes = await ann.get(f"/api/sessions/{session_id}/changes", params={"since": before})
        assert told[0]["entity_id"] == changes.json()["changes"][0]["entity_id"] == message_id
        assert grown["version"] == changes.json()["version"]


@pytest.mark.parametrize("way", ["query", "message"])
async def test_a_socket_goes_on_where_the_last_one_ended(service: Service, way: str) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
        written = [await says(ann, session_id) for _ in range(4)]
        token = service.token("ann")
        query, sent = (f"?since={written[0]}", token) if way == "query" else ("", None)
        async with socket_of(service.port, session_id, sent, query=query) as socket:
            if way == "message":
                await socket.say(type="auth", token=token, since=written[0])
            assert (await socket.until("hello"))["version"] == written[0]
            told = [(await socket.until("change"))["version"] for _ in written[1:]]
            assert told == written[1:]


async def test_the_ways_of_a_token(service: Service) -> None:
    async with service.client() as ann:
        session_id, token = await made(ann), service.token("ann")
    # A browser that offers only this would give up unless it is chosen.
    async with socket_of(service.port, session_id, token, subprotocols=[]) as socket:
        assert socket.connection.subprotocol == f"bearer.{token}"
        await socket.until("hello")
    bearer = {"Authorization": f"Bearer {token}"}
    async with socket_of(service.port, session_id, None, headers=bearer) as socket:
        await socket.until("hello")
    async with socket_of(service.port, session_id, None) as socket:
        await socket.say(type="auth", token=token, device_id="my-phone")
        await socket.until("hello")
    port = service.port
    assert await refused(port, session_id, token, headers=bearer) == (401, "token_invalid")
    for query in (f"?token={token}", f"?access_token={token}", f"?x={token}", f"?x=bearer.{token}"):
        assert await refused(port, session_id, token, query=query) == (400, "token_in_url")
    assert token.split(".")[1] not in service.output


async def test_who_does_not_get_in(service: Service) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
    port, ann_token, bob_token = service.port, service.token("ann"), service.token("bob")
    writer = service.token("ann", "--scope", "sessions:write")
    assert await refused(port, session_id, "nonsense") == (401, "token_invalid")
    assert await refused(port, session_id, bob_token) == (404, "session_not_found")
    assert await refused(port, new_id(), ann_token) == (404, "session_not_found")
    assert await refused(port, "active", ann_token) == (422, "validation_failed")
    assert await refused(port, session_id, writer) == (403, "insufficient_scope")
    bad = await refused(port, session_id, ann_token, query="?since=1000")
    assert bad == (422, "validation_failed")
    bad = await refused(port, session_id, ann_token, query="?sinec=1")
    assert bad == (422, "validation_failed")


async def test_a_refused_handshake_is_in_the_log_the_figures_and_the_trail(
    service: Service,
) -> None:
    async with service.client("eve") as eve, service.client() as ann:
        session_id = await made(ann)
        assert (await refused(service.port, session_id, service.token("eve")))[0] == 404
        figures = (await eve.get("/metrics")).text
    route = "/api/sessions/{session_id}/ws"
    assert any(f'route="{route}"' in line and "4xx" in line for line in figures.splitlines())
    assert f'"route": "{route}"' in service.output.replace('":"', '": "')
    assert session_id not in service.output


@pytest.mark.parametrize(
    ("origin", "enters"),
    [
        ("https://app.example", True),
        ("HTTPS://APP.EXAMPLE", True),
        ("{own}", True),
        ("https://evil.example", False),
        ("https://app.example.evil.example", False),
        ("http://app.example", False),
        ("https://app.example:444", False),
        ("http://localhost:1", False),
        ("null", False),
        ("", False),
    ],
)
async def test_a_page_of_another_origin_is_refused_at_the_handshake(
    service: Service, origin: str, enters: bool
) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
    named = origin.replace("{own}", service.url)
    if enters:
        async with socket_of(
            service.port, session_id, service.token("ann"), origin=named
        ) as socket:
            await socket.until("hello")
    else:
        headers = {"Origin": named}
        answer = await refused(service.port, session_id, service.token("ann"), headers=headers)
        assert answer == (403, "origin_not_allowed")


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        (None, 4401, "token_missing"),
        ({"type": "ping"}, 4401, "token_missing"),
        ({"type": "auth", "token": "x"}, 4401, "token_invalid"),
        ("{", 4401, "token_missing"),
        ({"type": "auth", "token": "{bob}"}, 4404, "session_not_found"),
        ({"type": "auth", "token": "{ann}", "since": 999}, 4400, "validation_failed"),
    ],
    ids=str,
)
async def test_a_first_message_that_does_not_sign_in_closes(
    service: Service, said: object, code: int, reason: str
) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
    # Before there is a socket, which does not wait for it for long.
    text = said if said is None or isinstance(said, str) else json.dumps(said)
    for name in ("ann", "bob"):
        text = text and text.replace(f"{{{name}}}", service.token(name))
    async with socket_of(service.port, session_id, None) as socket:
        if text is not None:
            await socket.connection.send(text)
        assert await socket.closes() == code
        [end] = socket.heard
        assert (end["type"], end["reason"]) == ("end", reason)


@pytest.mark.parametrize(
    "said",
    [
        "x",
        "[]",
        '{"type":"unknown"}',
        '{"type":"typing","typing":1}',
        '{"type":"ping","x":1}',
        '{"type":"ping","type":"ping"}',
        '{"type":"presence","state":{"x":"' + "a" * 600 + '"}}',
        '{"type":"presence","state":' + '{"a":' * 20 + "1" + "}" * 20 + "}",
        b"\x00",
    ],
    ids=lambda said: str(said)[:40],
)
async def test_what_is_no_message_closes(service: Service, said: str | bytes) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
    async with socket_of(service.port, session_id, service.token("ann")) as socket:
        await socket.until("hello")
        await socket.connection.send(said)
        assert await socket.closes() == 4400
        assert socket.heard[-1]["reason"] == "bad_message"


async def test_too_much_closes(service: Service) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
    async with socket_of(service.port, session_id, service.token("ann")) as socket:
        for _ in range(60):
            await socket.say(type="ping")
        assert await socket.closes() == 4429
        assert socket.heard[-1]["reason"] == "too_many_messages"
    async with socket_of(service.port, session_id, service.token("ann")) as socket:
        await socket.until("hello")
        await socket.connection.send("x" * 100_000)
        assert await socket.closes() == 1009  # the protocol's own


async def test_a_newer_token_keeps_a_socket_open_and_another_persons_closes_it(
    service: Service,
) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
        short = service.token("ann", "--expires", "3")
        async with (
            socket_of(service.port, session_id, short) as renewed,
            socket_of(service.port, session_id, short) as let_run_out,
        ):
            await renewed.say(type="auth", token=service.token("ann"))
            assert await let_run_out.closes() == 4401
            assert let_run_out.heard[-1]["reason"] == "token_expired"
            version = await says(ann, session_id)
            assert (await renewed.until("change"))["version"] == version
            await renewed.say(type="auth", token=service.token("bob"))
            assert await renewed.closes() == 4401


async def test_presence_tells_who_comes_types_and_goes(service: Service) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
    token = service.token("ann")
    async with socket_of(service.port, session_id, token) as first:
        hello = await first.until("hello")
        [own] = hello["present"]
        assert (own["user_id"], own["connection_id"]) == ("ann", hello["connection_id"])
        async with socket_of(
            service.port, session_id, token, headers={"X-Device-ID": "phone"}
        ) as second:
            hello = await second.until("hello")
            other = hello["connection_id"]
            assert {each["connection_id"] for each in hello["present"]} == {
                own["connection_id"],
                other,
            }
            joined = await first.until("presence")
            assert (joined["event"], joined["member"]["connection_id"]) == ("joined", other)
            assert joined["member"]["device_id"] != own["device_id"]
            await second.say(type="presence", state={"panel": "map"})
            changed = await first.until("presence")
            assert (changed["event"], changed["member"]["state"]) == ("changed", {"panel": "map"})
            await second.say(type="typing")
            typing = await first.until("typing")
            assert (typing["typing"], typing["connection_id"]) == (True, other)
            await second.say(type="typing", typing=False)
            assert (await first.until("typing"))["typing"] is False
            await second.say(type="ping")
            await second.until("pong")
        left = await first.until("presence")
        assert (left["event"], left["member"]["connection_id"]) == ("left", other)


def handshake(service: Service, session_id: str, *headers: str) -> bytes:
    return request(
        f"GET /api/sessions/{session_id}/ws HTTP/1.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *headers,
    )


def test_a_handshake_that_is_too_large_or_malformed_is_refused(service: Service) -> None:
    session_id = new_id()
    bearer = f"Authorization: Bearer {service.token('ann')}"
    with Wire(service.port) as wire:
        heard = wire.send(handshake(service, session_id, "X-Much: " + "x" * 40_000)).hear()
        assert heard.status == 431
    with Wire(service.port) as wire:
        heard = wire.send(handshake(service, session_id, "Host: other")).hear()
        assert (heard.status, json.loads(heard.body)["code"]) == (400, "bad_request")
    with Wire(service.port) as wire:
        wrong = handshake(service, session_id, bearer).replace(b"Version: 13", b"Version: 7")
        assert wire.send(wrong).hear().status == 400  # the library's own
    with Wire(service.port) as wire:
        unknown = handshake(service, session_id, bearer).replace(b"/ws HTTP", b"/wss HTTP")
        heard = wire.send(unknown).hear()
        assert (heard.status, json.loads(heard.body)["code"]) == (404, "not_found")


def test_a_plain_request_for_a_socket_finds_nothing(service: Service) -> None:
    answer = httpx.get(f"{service.url}/api/sessions/{new_id()}/ws")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_nothing_of_all_this_was_unforeseen(service: Service) -> None:
    assert "Traceback" not in service.output
    assert "unexpected_error" not in service.output
    assert '"level": "error"' not in service.output
