"""A person's day, with the service and its PostgreSQL killed in the middle of it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.tabs import Tab, autosave_until, message
from tests.support.answers import exact
from tests.support.people import new_id
from tests.support.processes import Service, data_folder

MESSAGES = 300
BATCH = 10
HOPS = 4
STEPS = 3
WORDS = [f"Wort {place} größer 🙂 " for place in range(200)]
# So many words of the answer are acknowledged when everything is killed.
WORDS_BEFORE = 60


@pytest.fixture
def service() -> Iterator[Service]:
    with data_folder() as data, Service(data) as running:
        yield running


async def test_a_day_that_is_killed_in_its_middle_ends_as_if_it_had_not_been(
    service: Service,
) -> None:
    async with Tab(service.client()) as ann, Tab(service.client()) as other_tab:
        await opens_the_app(ann)
        other_tab.session = ann.session
        await talks_while_the_other_tab_saves(ann, other_tab)
        mission = await accepts_a_mission(ann)
        await works(ann, mission["hops"][:2], mission["id"])
        answer_id = await asks_for_an_answer(ann)

        await everything_dies_while_all_write(service, ann, other_tab, answer_id)
        service.start()

        await finds_all_that_was_acknowledged(ann, other_tab, answer_id)
        for tab in (ann, other_tab):
            await tab.repeat_pending()
        await streams_the_rest(ann, answer_id)
        await finds_nothing_lost_and_nothing_double(ann, other_tab, answer_id)
        await finishes_the_mission(ann, mission)


async def opens_the_app(ann: Tab) -> None:
    recovered = await ann.ask("POST", "/api/sessions/recover", {"name": "Lisbon"}, status=201)
    assert (recovered["outcome"], recovered["reset"]) == ("created", None)
    ann.session = f"/api/sessions/{recovered['session']['id']}"


async def talks_while_the_other_tab_saves(ann: Tab, other_tab: Tab) -> None:
    over = asyncio.Event()
    saving = asyncio.create_task(autosave_until(other_tab, over))
    for start in range(0, MESSAGES, BATCH):
        assert await ann.say(*(message(place) for place in range(start, start + BATCH)))
    over.set()
    await saving
    assert other_tab.metadata["saves"] > 1
    seen = await ann.ask("GET", ann.session)
    assert seen["chat"]["message_count"] == MESSAGES
    assert seen["session_metadata"] == other_tab.metadata


async def accepts_a_mission(ann: Tab) -> dict[str, Any]:
    steps = [
        {"id": new_id(), "name": f"step {step}", "input": {"q": step}} for step in range(STEPS)
    ]
    hops = [
        {
            "id": new_id(),
            "name": f"hop {hop}",
            "tool_steps": [step | {"id": new_id()} for step in steps],
        }
        for hop in range(HOPS)
    ]
    body = {"id": new_id(), "name": "three days", "status": "active", "hops": hops}
    mission: dict[str, Any] = await ann.ask("POST", "/api/missions/", body, status=201)
    linked = await ann.ask("POST", f"{ann.session}/link-mission/{mission['id']}")
    assert linked["mission_id"] == mission["id"]
    return mission


async def works(ann: Tab, hops: list[dict[str, Any]], mission_id: str) -> None:
    for hop in hops:
        path = f"/api/missions/{mission_id}/hops/{hop['id']}"
        await ann.ask("PATCH", path, {"status": "active"})
        for step in hop["tool_steps"]:
            at = f"{path}/tool-steps/{step['id']}"
            await ann.ask("PATCH", at, {"status": "active"})
            await ann.ask("PATCH", at, {"status": "completed", "output": {"found": step["id"]}})
        await ann.ask("PATCH", path, {"status": "completed"})


async def asks_for_an_answer(ann: Tab) -> str:
    answer = message(MESSAGES) | {"role": "assistant", "content": "", "status": "in_progress"}
    assert await ann.say(answer)
    return str(answer["id"])


async def everything_dies_while_all_write(
    service: Service, ann: Tab, other_tab: Tab, answer_id: str
) -> None:
    async def stream() -> None:
        for word in WORDS:
            if not await ann.stream(answer_id, word):
                return

    async def talk() -> None:
        place = MESSAGES + 1
        while await ann.say(message(place)):
            place += 1

    writers = [
        asyncio.create_task(writing)
        for writing in (stream(), talk(), autosave_until(other_tab, asyncio.Event()))
    ]
    words_before = "".join(WORDS[:WORDS_BEFORE])
    while len(ann.text) < len(words_before):
        assert not any(writer.done() for writer in writers)
        await asyncio.sleep(0.002)
    service.kill_postgres()
    service.kill()
    await asyncio.gather(*writers)
    assert len(ann.text) < len("".join(WORDS))
    assert len(ann.pending) + len(other_tab.pending) == len(writers)


async def finds_all_that_was_acknowledged(ann: Tab, other_tab: Tab, answer_id: str) -> None:
    session_id = ann.session.rpartition("/")[2]
    back = await ann.ask("POST", "/api/sessions/recover", {"session_id": session_id})
    assert (back["outcome"], back["reset"], back["session"]["damaged"]) == ("restored", None, [])
    # A write without an answer may be there or not, but whole or not at all.
    in_flight = [body["session_metadata"] for _, _, body in other_tab.pending]
    assert back["session"]["session_metadata"] in [other_tab.metadata, *in_flight]

    found = await ann.whole_chat()
    assert back["session"]["chat"]["messages"] == list(found.values())[-50:]
    answer = found[answer_id]
    in_flight = [body["text"] for _, _, body in ann.pending if "text" in body]
    assert answer["content"] in [ann.text, ann.text + in_flight[0]]
    assert answer["status"] == "in_progress"
    kept = {key: exact(found[key]) for key in ann.messages if key != answer_id}
    assert kept == {key: exact(said) for key, said in ann.messages.items() if key != answer_id}
    in_flight = [body["messages"][0]["id"] for _, _, body in ann.pending if "messages" in body]
    assert found.keys() - ann.messages.keys() <= set(in_flight)

    done = [
        step["status"] for hop in back["session"]["mission"]["hops"] for step in hop["tool_steps"]
    ]
    assert done == ["completed"] * 2 * STEPS + ["pending"] * 2 * STEPS


async def streams_the_rest(ann: Tab, answer_id: str) -> None:
    whole = "".join(WORDS)
    assert whole.startswith(ann.text)
    while len(ann.text) < len(whole):
        assert await ann.stream(answer_id, whole[len(ann.text) :][:40])


async def finds_nothing_lost_and_nothing_double(ann: Tab, other_tab: Tab, answer_id: str) -> None:
    ended = await ann.ask("PATCH", f"{ann.session}/messages/{answer_id}", {"status": "complete"})
    assert ended["content"] == "".join(WORDS)
    ann.messages[answer_id] = ended
    found = await ann.whole_chat()
    assert {key: exact(said) for key, said in found.items()} == {
        key: exact(said) for key, said in ann.messages.items()
    }
    seen = await ann.ask("GET", ann.session)
    assert seen["session_metadata"] == other_tab.metadata
    assert seen["chat"]["message_count"] == len(found)


async def finishes_the_mission(ann: Tab, mission: dict[str, Any]) -> None:
    await works(ann, mission["hops"][2:], mission["id"])
    assert (await ann.ask("GET", ann.session))["status"] == "active"
    await ann.ask("PATCH", f"/api/missions/{mission['id']}", {"status": "completed"})
    end = await ann.ask("GET", ann.session)
    assert (end["status"], end["mission"]["status"]) == ("completed", "completed")
    outputs = [step["output"] for hop in end["mission"]["hops"] for step in hop["tool_steps"]]
    assert outputs == [
        {"found": step["id"]} for hop in mission["hops"] for step in hop["tool_steps"]
    ]
