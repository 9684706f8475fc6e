"""A room reads the log page by page, and texts that grow are right whatever lies between pages."""

import asyncio
import json
from collections.abc import Collection, Mapping
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from session_api.live.changes import ChangePage
from session_api.live.streams.room import Room
from session_api.live.streams.stream import Stream
from session_api.security import TokenVerifier
from session_api.security.caller import Caller
from session_api.sync.fanout import SessionKey
from tests.support.chats import grow, is_writing
from tests.support.people import Person


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_an_edit_that_growth_moved_past_the_end_of_a_page_is_told_whole(
    ann: Person, app: FastAPI, limit: int
) -> None:
    session = await ann.has_session()
    key = (ann.owner_id, UUID(session["id"]))
    path = await is_writing(ann, session["id"], "hello")
    verifier: TokenVerifier = app.state.tokens
    stream = Stream(
        "sse",
        Caller(verifier.verify(ann.token), "a request", host=None, agent=None),
        (),
        key[1],
        id_=uuid4(),
        position=1,
        limit_bytes=1_000_000,
        opened_at=0.0,
        renew_at=0.0,
    )
    stream.caught_up_with(await app.state.change_feed.read(*key, 1, limit=100))
    assert stream.position == 2

    # The edit is version 3. When it is read, growth has taken its row to 6, behind two others.
    await ann.patch(path, {"content": "HELLO"})
    for word in ("one", "two"):
        await ann.says(session["id"], word)
    await grow(ann, path, 5, "!")

    async def in_pages(key: SessionKey, since: int, _: int, has: Mapping[UUID, int]) -> ChangePage:
        page: ChangePage = await app.state.change_feed.read(*key, since, limit=limit, grown=has)
        return page

    async def allows_all(_: SessionKey, __: Collection[Stream]) -> None: ...

    room = Room(key, in_pages, allows_all, app.state.watch, position=2, grown=stream.known_lengths)
    room.streams.add(stream)
    room.attach(stream)
    room.open()
    text = "hello"
    try:
        async with asyncio.timeout(10):
            while stream.position < 6:
                app.state.watch.told({key: 6}, "own")
                await asyncio.sleep(0)
                for event in stream.take():
                    change = json.loads(event.json)
                    if change["kind"] == "message.grown":
                        text = text[: change["data"]["offset"]] + change["data"]["text"]
                    elif change["kind"] == "message.updated":
                        text = change["data"]["content"]
    finally:
        room.close()
    assert text == (await ann.get(path)).json()["content"] == "HELLO!"
