"""Whatever runs do in whatever order, at two replicas whose clocks differ: the number decides."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
from tests.support.database import Server, database_of
from tests.support.people import MovableClock, Person
from tests.support.settings import test_settings

BEGINNING = datetime(2026, 11, 21, 12, tzinfo=UTC)
REPLICAS = st.integers(0, 1)
ROLES = st.sampled_from(["assistant", "tool", "system", "user"])


class StillClock(MovableClock):
    """Moves when the test moves it and never by itself, so ends are met to the microsecond."""

    def __call__(self) -> datetime:
        return BEGINNING + self._ahead


@dataclass
class Run:
    """A run as the model knows it: the number it got, and what it is writing."""

    number: int
    ends_at: datetime
    over: bool = False
    """Released, stopped or followed by another; one that only expired is not."""

    growing: str | None = None
    length: int = 0
    wrote: list[dict[str, str]] = field(default_factory=list)


class World:
    """Two replicas on one database, each with a clock of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._runner = asyncio.Runner()
        self._database = f"machine_{uuid4().hex}"
        self.run(server.execute(f"CREATE DATABASE {self._database} TEMPLATE template_migrated"))
        self.settings = test_settings(database_of(server.url, self._database))
        self.clocks = [StillClock(), StillClock()]
        self.apps = [create_app(self.settings, clock=clock) for clock in self.clocks]

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def close(self) -> None:
        for app in self.apps:
            self.run(app.state.database.close())
        self.run(self._server.execute(f"DROP DATABASE {self._database} WITH (FORCE)"))
        self._runner.close()


class Turns(RuleBasedStateMachine):
    """One session, and runs that write in it."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.stack = AsyncExitStack()
        name = f"person-{uuid4().hex}"
        self.at: list[Person] = [
            self.world.run(
                self.stack.enter_async_context(
                    Person(name, httpx.ASGITransport(app), self.world.settings, clock)
                )
            )
            for app, clock in zip(self.world.apps, self.world.clocks, strict=True)
        ]
        session = self.world.run(self.at[0].has_session())
        self.path = f"/api/sessions/{session['id']}"
        self.session_id: str = session["id"]
        self.version = 1
        self.runs: list[Run] = []
        self.chat: list[tuple[str, int | None]] = []
        """Each message in its order, with the number it was written under."""

    def teardown(self) -> None:
        self.world.run(self.stack.aclose())

    # What the model knows

    @property
    def present(self) -> Run | None:
        """Whose turn it is, expired or not."""
        return self.runs[-1] if self.runs and not self.runs[-1].over else None

    def held(self, run: Run | None, replica: int) -> bool:
        """Whether the run may write, as this replica sees it."""
        return (
            run is not None and run is self.present and run.ends_at > self.world.clocks[replica]()
        )

    def ask(
        self, replica: int, method: str, path: str, body: object = None, run: Run | None = None
    ) -> httpx.Response:
        headers = {} if run is None else {"Session-Turn": str(run.number)}
        answer: httpx.Response = self.world.run(
            self.at[replica].request(method, self.path + path, json=body, headers=headers)
        )
        return answer

    def refused(self, answer: httpx.Response, code: str) -> None:
        assert (answer.status_code, answer.json().get("code")) == (409, code), answer.text

    def ended(self) -> None:
        """What the turn was still writing is cancelled."""
        run = self.present
        if run is not None:
            run.over = True
            if run.growing is not None:
                run.growing = None
                self.version += 1

    # What runs do

    @rule(replica=REPLICAS, ttl=st.integers(1, 6).map(lambda n: n * 10))
    def takes(self, replica: int, ttl: int) -> None:
        body = {"id": str(uuid4()), "ttl_seconds": ttl}
        answer = self.ask(replica, "POST", "/turn", body)
        if self.held(self.present, replica):
            self.refused(answer, "turn_in_progress")
            return
        assert answer.status_code == 201, answer.text
        self.ended()
        number = self.runs[-1].number + 1 if self.runs else 1
        assert answer.json()["number"] == number
        ends_at = self.world.clocks[replica]() + timedelta(seconds=ttl)
        assert datetime.fromisoformat(answer.json()["expires_at"]) == ends_at
        self.runs.append(Run(number, ends_at))
        self.version += 1
        assert self.ask(replica, "POST", "/turn", body).status_code == 200

    @precondition(lambda self: self.present is not None)
    @rule(replica=REPLICAS, stopped=st.booleans())
    def is_followed(self, replica: int, stopped: bool) -> None:
        """The next has the turn, whatever became of this one: stopped, or slept through its end."""
        if stopped:
            self.is_stopped(replica)
        else:
            self.time_passes(301)
        self.takes(replica, 60)

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), replica=REPLICAS, ttl=st.sampled_from([10, 30]))
    def renews(self, data: st.DataObject, replica: int, ttl: int) -> None:
        run = data.draw(st.sampled_from(self.runs[-3:]))
        answer = self.ask(replica, "PUT", "/turn", {"ttl_seconds": ttl}, run)
        if not self.held(run, replica):
            self.refused(answer, "turn_lost")
            return
        assert answer.status_code == 200, answer.text
        # Never sooner, whichever clock is asked.
        run.ends_at = max(run.ends_at, self.world.clocks[replica]() + timedelta(seconds=ttl))
        self.version += 1

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), replica=REPLICAS)
    def releases(self, data: st.DataObject, replica: int) -> None:
        run = data.draw(st.sampled_from(self.runs[-3:]))
        assert self.ask(replica, "DELETE", "/turn", run=run).status_code == 204
        if run is self.present:
            self.ended()
            self.version += 1

    @rule(replica=REPLICAS)
    def is_stopped(self, replica: int) -> None:
        assert self.ask(replica, "POST", "/turn/stop").status_code == 204
        if self.present is not None:
            self.ended()
            self.version += 1

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), replica=REPLICAS, role=ROLES)
    def writes(self, data: st.DataObject, replica: int, role: str) -> None:
        run = data.draw(st.sampled_from(self.runs[-3:]))
        body = {"id": str(uuid4()), "role": role, "content": "x"}
        answer = self.ask(replica, "POST", "/messages", body, run)
        if not self.held(run, replica):
            self.refused(answer, "turn_lost")
            return
        assert answer.status_code == 201, answer.text
        run.wrote.append(body)
        self.chat.append((body["id"], run.number))
        self.version += 1

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), replica=REPLICAS)
    def streams(self, data: st.DataObject, replica: int) -> None:
        """Begins a message or goes on with the one that it has begun."""
        run = data.draw(st.sampled_from(self.runs[-3:]))
        may = self.held(run, replica)
        if run.growing is None:
            body: dict[str, Any] = {"role": "assistant", "content": "", "status": "in_progress"}
            body["id"] = str(uuid4())
            answer = self.ask(replica, "POST", "/messages", body, run)
            if may:
                run.growing, run.length = body["id"], 0
                self.chat.append((body["id"], run.number))
        else:
            body = {"offset": run.length, "text": "x"}
            answer = self.ask(replica, "POST", f"/messages/{run.growing}/append", body, run)
            run.length += may
        if may:
            assert answer.is_success, answer.text
            self.version += 1
        else:
            self.refused(answer, "turn_lost")

    @precondition(lambda self: any(run.wrote for run in self.runs))
    @rule(data=st.data(), replica=REPLICAS)
    def repeats_what_was_written_in_time(self, data: st.DataObject, replica: int) -> None:
        run = data.draw(st.sampled_from([run for run in self.runs if run.wrote]))
        body = data.draw(st.sampled_from(run.wrote))
        assert self.ask(replica, "POST", "/messages", body, run).status_code == 200

    @rule(replica=REPLICAS, role=ROLES)
    def somebody_writes_without_a_turn(self, replica: int, role: str) -> None:
        body = {"id": str(uuid4()), "role": role, "content": "x"}
        answer = self.ask(replica, "POST", "/messages", body)
        if role != "user" and self.held(self.present, replica):
            self.refused(answer, "turn_in_progress")
            return
        assert answer.status_code == 201, answer.text
        self.chat.append((body["id"], None))
        self.version += 1

    @rule(replica=REPLICAS)
    def the_session_stops_and_goes_on(self, replica: int) -> None:
        assert self.ask(replica, "POST", "/complete").status_code == 200
        self.ended()
        assert self.ask(replica, "POST", "/resume").status_code == 200
        self.version += 2

    # Time

    @rule(seconds=st.sampled_from([5, 10, 20, 61]))
    def time_passes(self, seconds: int) -> None:
        for clock in self.world.clocks:
            clock.move(seconds=seconds)

    @rule(replica=REPLICAS, seconds=st.sampled_from([5, 30]))
    def a_clock_runs_ahead(self, replica: int, seconds: int) -> None:
        self.world.clocks[replica].move(seconds=seconds)

    # What is always true

    @invariant()
    def the_session_is_as_the_model_says(self) -> None:
        seen = self.world.run(self.at[0].sees(self.session_id, messages=200))
        assert seen["version"] == self.version
        assert [message["id"] for message in seen["chat"]["messages"]] == [
            message_id for message_id, _ in self.chat
        ]
        run = self.present
        assert (seen["turn"] and seen["turn"]["number"]) == (run and run.number)
        growing = {run.growing for run in self.runs} - {None}
        assert growing == {
            message["id"]
            for message in seen["chat"]["messages"]
            if message["status"] == "in_progress"
        }

    @invariant()
    def no_message_of_a_loser_follows_one_of_the_winner(self) -> None:
        numbers = [number for _, number in self.chat if number is not None]
        assert numbers == sorted(numbers)


def test_turns_behave_as_their_model(server: Server) -> None:
    world = World(server)
    machine = type("Machine", (Turns,), {"world": world})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=15,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        world.close()
