"""Server-Sent Events, on a real server: what comes, from where, and how it ends."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from tests.live.streams.writing import begins, grows, made, says
from tests.support.people import new_id
from tests.support.processes import Service
from tests.support.streams import EventReader, Told, events_of


def versions(told: list[Told]) -> list[int]:
    for event in told:
        assert event.id == event.data["version"]
        assert event.kind == event.data["kind"]
    return [event.data["version"] for event in told]


async def began(events: EventReader) -> int:
    """The version behind which it begins."""
    hello = await events.next()
    assert hello is not None
    assert (hello.kind, hello.data) == ("hello", {"version": hello.id})
    return int(hello.data["version"])


async def test_a_stream_says_behind_which_version_it_begins_and_tells_what_follows(
    service: Service,
) -> None:
    async with service.client() as ann, service.client() as reader:
        session_id = await made(ann)
        before = await says(ann, session_id)
        async with events_of(reader, session_id) as events:
            headers = events.answer.headers
            assert headers["content-type"] == "text/event-stream"
            assert headers["cache-control"] == "no-store"
            assert headers["x-accel-buffering"] == "no"
            assert await began(events) == before
            assert events.retry is not None
            await says(ann, session_id, "one\ntwo\r\nthree")
            last = await says(ann, session_id, [{"type": "text", "text": "a"}])  # type: ignore[arg-type]
            told = await events.up_to(last)
        assert versions(told) == [before + 1, before + 2]
        changes = await ann.get(f"/api/sessions/{session_id}/changes", params={"since": before})
        # How many messages there are is told as of when it is asked for.
        assert [event.data.pop("message_count") for event in told][-1] == 3
        listed = [change | {"message_count": None} for change in changes.json()["changes"]]
        assert [event.data | {"message_count": None} for event in told] == listed
        assert told[0].data["data"]["content"] == "one\ntwo\r\nthree"


@pytest.mark.parametrize("way", ["since", "last_event_id", "both"])
async def test_a_stream_goes_on_where_the_last_one_ended(service: Service, way: str) -> None:
    async with service.client() as ann, service.client() as reader:
        session_id = await made(ann)
        written = [await says(ann, session_id) for _ in range(5)]
        # EventSource keeps the address it was made with, and sends the id it came to.
        begin: dict[str, Any] = {
            "since": {"since": written[1]},
            "last_event_id": {"last_event_id": written[1]},
            "both": {"since": 0, "last_event_id": written[1]},
        }[way]
        async with events_of(reader, session_id, **begin) as events:
            assert await began(events) == written[1]
            assert versions(await events.up_to(written[-1])) == written[2:]
            last = await says(ann, session_id)
            assert versions(await events.up_to(last)) == [last]


async def test_an_idle_stream_beats(service: Service) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
        async with events_of(ann, session_id) as events:
            await began(events)
            asked_at = time.monotonic()
            with pytest.raises(TimeoutError):
                await events.next(seconds=2)
            # Looked for four times a second, so that one may be late by as much.
            assert 2 <= events.comments <= (time.monotonic() - asked_at) / 0.3 + 1


async def test_growth_comes_as_what_is_new_of_it(service: Service) -> None:
    async with service.client() as ann, service.client() as reader:
        session_id = await made(ann)
        message_id = await begins(ann, session_id)
        version = await grows(ann, session_id, message_id, 0, "Grüße")
        async with events_of(reader, session_id, since=version) as events:
            await began(events)
            text = "Grüße"
            for piece in (" aus", " \N{WAVING HAND SIGN}", " Lissabon"):
                version = await grows(ann, session_id, message_id, len(text), piece)
                [told] = await events.up_to(version)
                text += piece
                data = told.data["data"]
                if piece == " aus":  # what this reader had of it is not known here
                    assert (told.kind, data["content"]) == ("message.updated", text)
                else:
                    assert told.kind == "message.grown"
                    assert data["id"] == message_id
                    assert text[: data["offset"]] + data["text"] == text
                    assert data["text"] == piece
                    assert data["length"] == len(text)
            path = f"/api/sessions/{session_id}/messages/{message_id}"
            await ann.patch(path, json={"status": "complete"})
            told = await events.next() or pytest.fail("over")
            assert (told.kind, told.data["data"]["status"]) == ("message.updated", "complete")
            assert told.data["data"]["content"] == text


async def test_who_joins_late_lacks_nothing_of_what_grows(service: Service) -> None:
    """One stream has followed from the start, the other knows nothing of the message but the
    session as it was read; both put the same text together.
    """
    async with service.client() as ann, service.client() as early, service.client() as late:
        session_id = await made(ann)
        message_id = await begins(ann, session_id)
        version = await grows(ann, session_id, message_id, 0, "0123456789")
        async with events_of(early, session_id, since=0) as first:
            await first.up_to(version)
            version = await grows(ann, session_id, message_id, 10, "abc")
            told = await first.up_to(version)
            assert told[-1].data["data"] == {
                "id": message_id,
                "offset": 10,
                "text": "abc",
                "length": 13,
            }
            async with events_of(late, session_id, since=version) as second:
                await began(second)
                version = await grows(ann, session_id, message_id, 13, "def")
                [grown] = await first.up_to(version)
                [whole] = await second.up_to(version)
                assert grown.data["data"]["text"] == "def"
                assert whole.data["data"]["content"] == "0123456789abcdef"
                version = await grows(ann, session_id, message_id, 16, "g")
                [grown] = await second.up_to(version)
                assert (grown.kind, grown.data["data"]["offset"]) == ("message.grown", 16)


async def test_another_persons_session_looks_like_none(service: Service) -> None:
    async with service.client() as ann, service.client("bob") as bob:
        session_id = await made(ann)
        answers = [await bob.get(f"/api/sessions/{each}/events") for each in (session_id, new_id())]
        assert [answer.status_code for answer in answers] == [404, 404]
        bodies = [answer.json() | {"request_id": "", "instance": ""} for answer in answers]
        assert bodies[0] == bodies[1]
        assert bodies[0]["code"] == "session_not_found"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("since=x", 422, "validation_failed"),
        ("since=-1", 422, "validation_failed"),
        ("since=1000", 422, "validation_failed"),
        ("access_token=abc", 400, "token_in_url"),
        ("token=abc", 400, "token_in_url"),
        ("x=eyJhbGciOiJ.eyJzdWIiOiJ.abc", 400, "token_in_url"),
    ],
)
async def test_what_no_stream_begins_with_is_refused(
    service: Service, query: str, status: int, code: str
) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
        answer = await ann.get(f"/api/sessions/{session_id}/events?{query}")
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_user_has_so_many_streams_and_gets_them_back(service: Service) -> None:
    async with service.client("carl") as carl, service.client("dora") as dora:
        session_id, other = await made(carl), await made(dora)
        path = f"/api/sessions/{session_id}/events"
        async with AsyncExitStack() as stack:
            held = [await stack.enter_async_context(events_of(carl, session_id)) for _ in range(8)]
            for events in held:
                await began(events)
            answer = await carl.get(path)
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
            assert int(answer.headers["retry-after"]) > 0
            async with events_of(dora, other) as events:  # nobody else's business
                await began(events)
        async with asyncio.timeout(5):
            while (await _status(carl, path)) != 200:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)


async def _status(client: httpx.AsyncClient, path: str) -> int:
    async with client.stream("GET", path) as answer:
        return answer.status_code


async def test_a_deleted_session_ends_its_streams(service: Service) -> None:
    async with service.client() as ann, service.client() as reader:
        session_id = await made(ann)
        async with events_of(reader, session_id) as events:
            await began(events)
            await ann.delete(f"/api/sessions/{session_id}")
            [end] = await events.until("end", seconds=3)
            assert end.data["reason"] == "session_deleted"
            assert end.data["reconnect"] is False
            assert await events.next() is None


async def test_a_stream_ends_with_its_token(service: Service) -> None:
    async with service.client() as ann, httpx.AsyncClient(base_url=service.url) as reader:
        session_id = await made(ann)
        bearer = {"Authorization": f"Bearer {service.token('ann', '--expires', '3')}"}
        async with events_of(reader, session_id, headers=bearer) as events:
            await began(events)
            [end] = await events.until("end", seconds=5)
            assert end.data["reason"] == "token_expired"
            assert await events.next() is None


async def test_the_log_and_the_figures_know_of_streams_and_of_no_token(service: Service) -> None:
    async with service.client() as ann:
        session_id = await made(ann)
        async with events_of(ann, session_id) as events:
            await began(events)
            figures = (await ann.get("/metrics")).text
    route = 'route="/api/sessions/{session_id}/events"'
    assert any(route in line and "2xx" in line for line in figures.splitlines())
    assert 'session_api_streams{kind="sse"} 1.0' in figures
    assert service.token("ann").split(".")[1] not in service.output
    assert "Traceback" not in service.output
