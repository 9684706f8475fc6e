"""Streams of those with whom a session is shared: they end with the share."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.live.streams.writing import made, says
from tests.support.processes import Service, data_folder
from tests.support.streams import events_of, socket_of


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with data_folder() as data, Service(data) as running:
        yield running


async def _shares(client: httpx.AsyncClient, session_id: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/sessions/{session_id}/shares", json={"role": "editor"} | body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_viewer_follows_what_the_owner_does_as_a_viewer(service: Service) -> None:
    async with service.client("ann") as ann, service.client("zoe") as zoe:
        session_id = await made(ann)
        await _shares(ann, session_id, user_id="zoe", role="viewer")
        async with events_of(zoe, session_id) as events:
            await says(ann, session_id)
            answer = await ann.put(f"/api/sessions/{session_id}", json={"name": "Lisbon"})
            told = await events.up_to(answer.json()["version"])
        assert [event.kind for event in told] == ["message.created", "session.updated"]
        assert answer.json()["access"] == "owner"
        assert told[1].data["data"] == answer.json() | {"access": "viewer"}
        changes = await zoe.get(f"/api/sessions/{session_id}/changes", params={"since": 2})
        assert [event.data for event in told] == changes.json()["changes"]


async def test_an_ended_share_ends_its_streams_and_no_others(service: Service) -> None:
    async with (
        service.client("ann") as ann,
        service.client("zoe") as zoe,
        service.client("yan") as yan,
    ):
        session_id = await made(ann)
        share = await _shares(ann, session_id, user_id="zoe")
        await _shares(ann, session_id, user_id="yan")
        async with (
            events_of(zoe, session_id) as zoes,
            events_of(yan, session_id) as yans,
            events_of(ann, session_id) as anns,
            socket_of(service.port, session_id, service.token("zoe")) as socket,
        ):
            await socket.until("hello")
            gone = await ann.delete(f"/api/sessions/{session_id}/shares/{share['id']}")
            assert gone.status_code == 204
            last = await says(ann, session_id, "a secret")
            (told,) = [event for event in await zoes.until("end") if event.kind != "hello"]
            assert told.data["reason"] == "access_ended"
            assert told.data["reconnect"] is False
            assert await socket.closes() == 4403
            assert "a secret" not in str(socket.heard)
            for others in (yans, anns):
                kinds = [event.kind for event in await others.up_to(last)]
                assert kinds == ["share.deleted", "message.created"]
        again = await zoe.get(f"/api/sessions/{session_id}/events")
        assert again.status_code == 404


async def test_a_share_that_runs_out_ends_its_stream_in_time(service: Service) -> None:
    async with service.client("ann") as ann, service.client("zoe") as zoe:
        session_id = await made(ann)
        soon = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
        await _shares(ann, session_id, user_id="zoe", expires_at=soon)
        async with events_of(zoe, session_id) as events:
            (*_, end) = await events.until("end")
        assert end.data["reason"] == "access_ended"


async def test_a_role_that_changes_keeps_the_stream_and_shows_in_it(service: Service) -> None:
    async with service.client("ann") as ann, service.client("zoe") as zoe:
        session_id = await made(ann)
        share = await _shares(ann, session_id, user_id="zoe")
        async with events_of(zoe, session_id) as events:
            path = f"/api/sessions/{session_id}"
            await ann.patch(f"{path}/shares/{share['id']}", json={"role": "viewer"})
            answer = await ann.put(path, json={"name": "Porto"})
            *_, told = await events.up_to(answer.json()["version"])
        assert told.data["data"]["access"] == "viewer"


async def test_a_withdrawn_link_ends_the_streams_of_all_who_came_through_it(
    service: Service,
) -> None:
    async with service.client("ann") as ann:
        session_id = await made(ann)
        link = await _shares(ann, session_id, link={})
        people = [service.client(f"person {number}") for number in range(5)]
        for person in people:
            joined = await person.post("/api/sessions/join", json={"token": link["token"]})
            assert joined.status_code == 200

        async def follow(person: httpx.AsyncClient, ready: asyncio.Event) -> str:
            async with events_of(person, session_id) as events:
                await events.next()
                ready.set()
                return str((await events.until("end"))[-1].data["reason"])

        begun = [asyncio.Event() for _ in people]
        following = [
            asyncio.create_task(follow(person, ready))
            for person, ready in zip(people, begun, strict=True)
        ]
        for ready in begun:
            await ready.wait()
        await ann.delete(f"/api/sessions/{session_id}/shares/{link['id']}")
        assert await asyncio.gather(*following) == ["access_ended"] * 5
        for person in people:
            await person.aclose()
