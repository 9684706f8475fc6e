"""Whatever a person does, in whatever order: status, versions and messages follow the model."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from session_api.app import create_app
from session_api.sessions.transitions import TRANSITIONS, SessionStatus, Trigger
from tests.support.answers import if_match
from tests.support.database import Server, database_of
from tests.support.people import MovableClock, Person
from tests.support.settings import test_settings

KEYS = st.sampled_from(["panel", "draft", "🦊"])
TEXTS = st.text("ab🦊é\n\"'", min_size=1, max_size=8)


@dataclass
class Said:
    """A message as the model knows it, and the request that it was created from."""

    id: str
    seq: int
    content: str
    status: str
    request: dict[str, str]


class World:
    """The service on a database of its own, in an event loop of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._runner = asyncio.Runner()
        self._database = f"machine_{uuid4().hex}"
        self.run(server.execute(f"CREATE DATABASE {self._database} TEMPLATE template_migrated"))
        self.clock = MovableClock()
        self.settings = test_settings(database_of(server.url, self._database))
        self.app = create_app(self.settings, clock=self.clock)
        self.transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def close(self) -> None:
        self.run(self.app.state.database.close())
        self.run(self._server.execute(f"DROP DATABASE {self._database} WITH (FORCE)"))
        self._runner.close()


class Workspace(RuleBasedStateMachine):
    """One person with one session, and everything that can be done with it."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.stack = AsyncExitStack()
        name = f"person-{uuid4().hex}"
        world = self.world
        self.person: Person = world.run(
            self.stack.enter_async_context(
                Person(name, world.transport, world.settings, world.clock)
            )
        )
        session = world.run(self.person.has_session())
        self.path = f"/api/sessions/{session['id']}"
        self.session_id: str = session["id"]
        self.status: SessionStatus = "active"
        self.version = 1
        self.name: str | None = None
        self.metadata: dict[str, int] = {}
        self.said: list[Said] = []
        self.seq = 0
        # Since the last activity, or since it was abandoned.
        self.hours_alone = 0

    def teardown(self) -> None:
        self.world.run(self.stack.aclose())

    # What the model knows

    @property
    def writing(self) -> list[Said]:
        return [message for message in self.said if message.status == "in_progress"]

    def write(self, call: Coroutine[Any, Any, httpx.Response], *, moves: int = 1) -> bool:
        """Runs a write that is acknowledged in an active session alone; tells whether it was."""
        answer = self.world.run(call)
        if self.status == "active":
            assert answer.status_code < 300, answer.text
            self.version += moves
            self.hours_alone = 0
            return True
        assert (answer.status_code, answer.json()["code"]) == (409, "session_not_active")
        return False

    def moved_by(self, trigger: Trigger) -> None:
        """What a trigger of the table does, where it has a way."""
        transition = TRANSITIONS[trigger]
        if self.status == transition.target:
            return
        if self.status == "active":
            for message in self.writing:
                message.status = "cancelled"
                self.version += 1
        self.status = transition.target
        self.version += 1
        self.hours_alone = 0

    # What a person does

    @rule(texts=st.lists(TEXTS, min_size=1, max_size=3), running=st.booleans())
    def says(self, texts: list[str], running: bool) -> None:
        status = "in_progress" if running else "complete"
        requests = [
            {"id": str(uuid4()), "role": "user", "content": text, "status": status}
            for text in texts
        ]
        call = self.person.post(f"{self.path}/messages", json={"messages": requests})
        if self.write(call, moves=len(texts)):
            for request in requests:
                self.seq += 1
                self.said.append(Said(request["id"], self.seq, request["content"], status, request))

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def repeats_a_message(self, data: st.DataObject) -> None:
        """Whatever became of it and of the session since."""
        said = data.draw(st.sampled_from(self.said))
        answer = self.world.run(self.person.post(f"{self.path}/messages", json=said.request))
        assert answer.status_code == 200, answer.text
        (shown,) = answer.json()["messages"]
        assert (shown["seq"], shown["content"]) == (said.seq, said.content)

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def says_something_else_under_the_same_id(self, data: st.DataObject) -> None:
        said = data.draw(st.sampled_from(self.said))
        body = said.request | {"role": "system"}
        answer = self.world.run(self.person.post(f"{self.path}/messages", json=body))
        expected = "id_conflict" if self.status == "active" else "session_not_active"
        assert (answer.status_code, answer.json()["code"]) == (409, expected)

    @precondition(lambda self: self.writing)
    @rule(data=st.data(), text=TEXTS)
    def goes_on_writing(self, data: st.DataObject, text: str) -> None:
        said = data.draw(st.sampled_from(self.writing))
        body = {"offset": len(said.content), "text": text}
        if self.write(self.person.post(f"{self.path}/messages/{said.id}/append", json=body)):
            said.content += text

    @precondition(lambda self: self.writing)
    @rule(data=st.data(), status=st.sampled_from(["complete", "failed", "cancelled"]))
    def ends_a_message(self, data: st.DataObject, status: str) -> None:
        said = data.draw(st.sampled_from(self.writing))
        if self.write(self.person.patch(f"{self.path}/messages/{said.id}", {"status": status})):
            said.status = status

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def deletes_a_message(self, data: st.DataObject) -> None:
        said = data.draw(st.sampled_from(self.said))
        if self.write(self.person.delete(f"{self.path}/messages/{said.id}")):
            self.said.remove(said)

    @rule(name=st.none() | TEXTS)
    def renames(self, name: str | None) -> None:
        moves = int(name != self.name)
        if self.write(self.person.put(self.path, json={"name": name}), moves=moves):
            self.name = name

    @rule(key=KEYS, value=st.none() | st.integers(0, 9))
    def autosaves(self, key: str, value: int | None) -> None:
        body = {"session_metadata": {key: value}}
        headers = if_match(self.version)
        moves = int(self.metadata.get(key) != value)
        if self.write(self.person.patch(self.path, body, headers=headers), moves=moves):
            self.metadata.pop(key, None)
            if value is not None:
                self.metadata[key] = value

    @rule(ahead=st.integers(1, 5))
    def autosaves_from_a_version_never_reached(self, ahead: int) -> None:
        headers = if_match(self.version + ahead)
        answer = self.world.run(self.person.patch(self.path, {"name": "never"}, headers=headers))
        assert answer.status_code == (412 if self.status == "active" else 409)

    @rule(trigger=st.sampled_from(["complete", "archive", "resume"]))
    def moves(self, trigger: Trigger) -> None:
        answer = self.world.run(self.person.post(f"{self.path}/{trigger}"))
        transition = TRANSITIONS[trigger]
        if self.status in transition.sources | {transition.target}:
            assert answer.status_code == 200
            self.moved_by(trigger)
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")

    @rule()
    def is_there(self) -> None:
        answer = self.world.run(self.person.post(f"{self.path}/activity"))
        if self.status in ("active", "abandoned"):
            assert answer.status_code == 204
            self.moved_by("resume_idle")
            self.hours_alone = 0
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "session_not_active")

    @precondition(lambda self: self.status in ("active", "abandoned"))
    @rule()
    def comes_back(self) -> None:
        body = {"session_id": self.session_id}
        answer = self.world.run(self.person.post("/api/sessions/recover", json=body)).json()
        expected = "restored" if self.status == "active" else "resumed"
        assert (answer["outcome"], answer["reset"]) == (expected, None)
        self.moved_by("resume_idle")
        self.hours_alone = 0

    @rule(hours=st.sampled_from([1, 25, 24 * 8]))
    def stays_away(self, hours: int) -> None:
        """While the jobs run; archiving first, so that what is abandoned now stays so."""
        world = self.world
        world.clock.move(hours=hours)
        world.run(world.app.state.jobs.archive(world.clock(), 1000))
        world.run(world.app.state.jobs.abandon(world.clock(), 1000))
        self.hours_alone += hours
        if self.status == "active" and self.hours_alone >= 24:
            self.moved_by("abandon")
        elif self.status == "abandoned" and self.hours_alone >= 24 * 7:
            self.moved_by("archive_idle")

    # What is always true

    @invariant()
    def the_session_is_as_the_model_says(self) -> None:
        seen = self.world.run(self.person.sees(self.session_id, messages=200))
        assert (seen["status"], seen["version"]) == (self.status, self.version)
        assert (seen["name"], seen["session_metadata"]) == (self.name, self.metadata)
        assert [
            (message["id"], message["seq"], message["content"], message["status"])
            for message in seen["chat"]["messages"]
        ] == [(said.id, said.seq, said.content, said.status) for said in self.said]
        assert seen["chat"]["message_count"] == len(self.said)


def test_a_workspace_behaves_as_its_model(server: Server) -> None:
    world = World(server)
    machine = type("Machine", (Workspace,), {"world": world})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=15,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        world.close()
