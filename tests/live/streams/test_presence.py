"""Who is here, as one process knows it: from itself, and from what others say."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from session_api.json_text import decode_json
from session_api.live.streams.events import Event
from session_api.live.streams.presence import (
    BEAT_SECONDS,
    SILENT_SECONDS,
    TYPING_SECONDS,
    Member,
    Presence,
)
from session_api.sync.fanout import Asides, SessionKey
from session_api.sync.fanout.outbox import Outbox
from session_api.sync.fanout.payloads import unpack

KEY: SessionKey = (uuid4(), uuid4())


class Process:
    """A process with somebody in the session; its time is moved by hand."""

    def __init__(self, name: str) -> None:
        self.told: list[dict[str, Any]] = []
        self.seconds = 0.0
        self.outbox = Outbox()
        self.asides = Asides(self.outbox)
        self.presence = Presence(
            KEY, self.asides, process=name, tell=self._tell, ticks=lambda: self.seconds
        )

    def _tell(self, _: SessionKey, event: Event, __: UUID | None) -> None:
        self.told.append({"type": event.kind, **decode_json(event.json)})

    def enters(self, user: str = "ann") -> str:
        connection_id = str(uuid4())
        self.presence.enter(Member(connection_id, user, str(uuid4()), "2026-11-21T12:00:00.0Z"))
        return connection_id

    async def hears(self, other: "Process") -> None:
        """What the other one has said since, over the wire and back."""
        await asyncio.sleep(0)
        for text in other.outbox.take():
            payload = unpack(text)
            assert payload is not None
            for key, message in payload.asides:
                self.asides.told(key, message)
        await asyncio.sleep(0)

    @property
    def heard(self) -> list[tuple[str, Any]]:
        """Since the last time: what, and about whom or what."""
        told = [(each.get("event", each["type"]), each.get("typing")) for each in self.told]
        self.told.clear()
        return told


@pytest.fixture
async def both() -> Any:
    one, two = Process("one"), Process("two")
    yield one, two
    one.presence.close()
    two.presence.close()


async def test_who_comes_later_is_told_of_those_who_are_here(both: tuple[Process, Process]) -> None:
    one, two = both
    first = one.enters()
    one.outbox.take()  # nobody heard that
    two.enters()
    await one.hears(two)
    assert one.heard == [("joined", None), ("joined", None)]
    one.presence.look()  # it was asked
    two.told.clear()
    await two.hears(one)
    [joined] = two.told
    assert joined["member"]["connection_id"] == first


async def test_who_is_silent_is_gone_and_who_beats_is_not(both: tuple[Process, Process]) -> None:
    one, two = both
    one.enters()
    two.enters()
    await one.hears(two)
    one.told.clear()
    for _ in range(4):
        two.seconds += BEAT_SECONDS
        one.seconds += BEAT_SECONDS
        two.presence.look()
        await one.hears(two)
        one.presence.look()
    assert one.heard == []
    one.seconds += SILENT_SECONDS + 1  # two was killed
    one.presence.look()
    assert one.heard == [("left", None)]


async def test_typing_ends_by_itself(both: tuple[Process, Process]) -> None:
    one, two = both
    one.enters()
    typist = two.enters()
    await one.hears(two)
    one.told.clear()
    two.presence.type(typist, True)
    await one.hears(two)
    two.presence.type(typist, True)
    await one.hears(two)
    assert one.heard == [("typing", True)]
    one.seconds += TYPING_SECONDS
    one.presence.look()
    assert one.heard == [("typing", False)]


NONSENSE: list[dict[str, Any]] = [
    {},
    {"process": 1, "here": []},
    {"process": "x", "here": 1},
    {"process": "x", "here": [1, {}, {"connection_id": 1}]},
    {"process": "x", "left": 1, "typing": []},
    {"process": "x", "left": "unknown", "on": True},
    {"process": "x", "typing": "unknown", "on": True},
]


@pytest.fixture
def alone(both: tuple[Process, Process]) -> Process:
    return both[0]


@pytest.mark.parametrize("said", NONSENSE, ids=str)
async def test_nonsense_is_passed_over(alone: Process, said: dict[str, Any]) -> None:
    alone.enters()
    alone.told.clear()
    alone.asides.told(KEY, said)
    await asyncio.sleep(0)
    alone.presence.look()
    assert alone.heard == []


async def test_others_can_say_nothing_of_those_on_this_side(both: tuple[Process, Process]) -> None:
    one, two = both
    own = one.enters()
    one.told.clear()
    two.asides.say(KEY, {"process": "two", "left": own})
    two.asides.say(KEY, {"process": "two", "typing": own, "on": True})
    await one.hears(two)
    assert one.heard == []
