"""Streams of one process beside writers: readers of every pace get each version once, in order."""

import asyncio
import json
import random
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from session_api.live.streams import LiveStreams
from session_api.live.streams.events import Event
from session_api.live.streams.stream import Stream
from session_api.security import TokenVerifier
from session_api.security.caller import Caller
from session_api.settings import Settings
from tests.support.chats import grow, is_writing
from tests.support.people import Person
from tests.support.settings import test_settings
from tests.support.waiting import until

READERS = 24
WRITES = 120


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Little may wait, so that streams fall back to the log all the time."""
    return test_settings(database_url, stream_buffer_bytes=16 * 1024, stream_longest=3600)


class Reader:
    """Follows from a version, as fast as chance lets it, and resumes when it feels like it."""

    def __init__(self, streams: LiveStreams, caller: Caller, session_id: UUID, seed: int) -> None:
        self._streams = streams
        self._caller = caller
        self._session_id = session_id
        self._chance = random.Random(seed)
        self._longest_pause = self._chance.choice([0, 0, 0.001, 0.02])
        self.position = 0
        self.versions: list[int] = []
        self.texts: dict[str, str] = {}
        self.has_left = False

    async def follow(self, last: asyncio.Future[int]) -> None:
        while not (last.done() and self.position >= last.result()):
            opened = await self._streams.open(
                "sse", self._caller, (), self._session_id, self.position
            )
            after = self._chance.choice([*range(1, 40), 10**6])
            await self._streams.run(opened, partial(self._write, opened.stream, after))
            assert opened.stream.ended is None, opened.stream.ended
        self.has_left = True

    async def _write(self, stream: Stream, after: int, events: Sequence[Event]) -> None:
        for event in events:
            self._apply(json.loads(event.json))
        if len(self.versions) % after == 0 and events:
            stream.lose()
        if self._longest_pause:
            await asyncio.sleep(self._chance.uniform(0, self._longest_pause))

    def _apply(self, change: dict[str, Any]) -> None:
        assert change["version"] > self.position
        self.position = change["version"]
        self.versions.append(self.position)
        data = change["data"]
        if change["kind"] == "message.grown":
            known = self.texts[data["id"]]
            assert data["offset"] <= len(known), "a gap"
            self.texts[data["id"]] = known[: data["offset"]] + data["text"]
        elif change["entity"] == "message":
            self.texts[data["id"]] = data["content"]


async def test_readers_of_every_pace_get_each_version_once_and_in_order(
    ann: Person, app: FastAPI, record_property: Any
) -> None:
    seed = random.randrange(2**32)
    record_property("says", f"seed {seed}")
    session = await ann.has_session()
    session_id = UUID(session["id"])
    path = await is_writing(ann, session["id"])
    verifier: TokenVerifier = app.state.tokens
    caller = Caller(verifier.verify(ann.token), str(uuid4()))
    streams: LiveStreams = app.state.streams
    last: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    readers = [Reader(streams, caller, session_id, seed + number) for number in range(READERS)]
    chance = random.Random(seed)

    async def write() -> None:
        length = 0
        for number in range(WRITES):
            match chance.randrange(4):
                case 0 | 1:
                    piece = chance.choice(["a", "\N{WAVING HAND SIGN}", "long " * 50])
                    await grow(ann, path, length, piece)
                    length += len(piece)
                case 2:
                    await ann.patch(f"/api/sessions/{session_id}", {"name": str(number)})
                case _:
                    await ann.says(session["id"], "x" * chance.choice([10, 3000, 20_000]))
            if chance.random() < 0.2:
                await asyncio.sleep(0.03)
        version = (await ann.sees(session["id"]))["version"]
        last.set_result(version)
        await until(lambda: all(reader.position >= version for reader in readers))
        # All have it all. One that was about to come back when it did may still open a stream.
        while not all(reader.has_left for reader in readers):
            for stream in list(streams.open_streams):
                stream.lose()
            await asyncio.sleep(0.01)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for reader in readers:
            group.create_task(reader.follow(last))
        group.create_task(write())
    answer = await ann.get(f"/api/sessions/{session_id}/changes", params={"limit": 1000})
    logged = {change["version"] for change in answer.json()["changes"]}
    messages = (await ann.get(f"/api/sessions/{session_id}/messages?limit=200")).json()["items"]
    texts = {each["id"]: each["content"] for each in messages}
    for reader in readers:
        assert logged <= set(reader.versions)
        assert reader.texts == texts
    assert len(streams.open_streams) == 0
