"""Turns: one run writes as the agent, nobody keeps the person waiting, a loser writes nothing."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.support.answers import refusal
from tests.support.chats import batch
from tests.support.operations import Operation, operation_named, operations
from tests.support.people import MovableClock, Person, new_id
from tests.support.workspace import Sql, all_rows, has_all_for, has_asset

IN_PROGRESS = (409, "turn_in_progress")
LOST = (409, "turn_lost")
FENCED = [
    operation
    for operation in operations()
    if operation.writes
    and any(parameter["name"] == "Session-Turn" for parameter in operation.parameters)
    and not operation.path.endswith("/turn")
]


def under(turn: dict[str, Any] | int) -> dict[str, str]:
    """The header of a run that has, or had, this turn."""
    return {"Session-Turn": str(turn if isinstance(turn, int) else turn["number"])}


class Run:
    """A run of an agent in a session, under the turn that it took."""

    def __init__(self, person: Person, session_id: str, name: str = "run") -> None:
        self.person = person
        self.path = f"/api/sessions/{session_id}"
        self.name = name
        self.turn: dict[str, Any] = {}

    async def takes(self, **body: Any) -> httpx.Response:
        answer = await self.person.post(f"{self.path}/turn", json={"holder": self.name} | body)
        if answer.is_success:
            self.turn = answer.json()
        return answer

    async def has_taken(self, **body: Any) -> "Run":
        answer = await self.takes(**body)
        assert answer.status_code == 201, answer.text
        return self

    async def writes(self, content: str = "an answer", **message: Any) -> httpx.Response:
        return await self.person.post(
            f"{self.path}/messages",
            json={"role": "assistant", "content": content} | message,
            headers=under(self.turn),
        )

    async def renews(self, **body: Any) -> httpx.Response:
        return await self.person.put(f"{self.path}/turn", json=body, headers=under(self.turn))

    async def releases(self) -> httpx.Response:
        return await self.person.delete(f"{self.path}/turn", headers=under(self.turn))


@pytest.fixture
async def session_id(ann: Person) -> str:
    return str((await ann.has_session())["id"])


@pytest.fixture
def one(ann: Person, session_id: str) -> Run:
    return Run(ann, session_id, "one")


@pytest.fixture
def two(ann: Person, session_id: str) -> Run:
    return Run(ann, session_id, "two")


# Taking, keeping and giving back


async def test_a_turn_is_a_number_with_an_end(ann: Person, one: Run, clock: MovableClock) -> None:
    before = clock()
    answer = await one.takes(ttl_seconds=60)
    assert answer.status_code == 201
    assert answer.json() == {
        "number": 1,
        "holder": "one",
        "user_id": "ann",
        "expires_at": answer.json()["expires_at"],
    }
    assert 59 < (_time(answer) - before).total_seconds() < 61
    assert (await ann.get(f"{one.path}/turn")).json() == answer.json()


async def test_the_usual_turn_lasts_half_a_minute_and_has_no_name(
    ann: Person, session_id: str, clock: MovableClock
) -> None:
    before = clock()
    answer = await ann.post(f"/api/sessions/{session_id}/turn")
    assert (answer.status_code, answer.json()["holder"]) == (201, None)
    assert 29 < (_time(answer) - before).total_seconds() < 31


@pytest.mark.parametrize("seconds", [0, -1, 301, 1.5, "30", True, None])
async def test_a_turn_lasts_from_one_second_to_five_minutes(one: Run, seconds: Any) -> None:
    assert refusal(await one.takes(ttl_seconds=seconds)) == (422, "validation_failed")


async def test_while_one_has_it_another_is_told_who_and_until_when(one: Run, two: Run) -> None:
    await one.has_taken(ttl_seconds=60)
    answer = await two.takes()
    assert refusal(answer) == IN_PROGRESS
    assert answer.json()["turn"] == one.turn
    assert 55 < int(answer.headers["Retry-After"]) <= 60


async def test_the_number_grows_with_each_turn_whatever_became_of_the_one_before(
    ann: Person, one: Run, clock: MovableClock
) -> None:
    await one.has_taken()
    await one.releases()
    await one.has_taken()
    clock.move(seconds=31)
    await one.has_taken()
    await ann.post(f"{one.path}/turn/stop")
    await one.has_taken()
    await ann.post(f"{one.path}/complete")
    await ann.post(f"{one.path}/resume")
    await one.has_taken()
    assert one.turn["number"] == 5


async def test_nobody_has_it_after_its_end_and_not_a_moment_longer(
    one: Run, two: Run, clock: MovableClock, sql: Sql
) -> None:
    await one.has_taken()
    now = clock()
    # To the microsecond: the end itself is over.
    await sql.execute("UPDATE user_sessions SET turn_expires_at = $1", now)
    assert refusal(await one.writes()) == LOST
    assert (await one.person.get(f"{one.path}/turn")).status_code == 204
    await two.has_taken()


async def test_renewing_moves_the_end(one: Run, two: Run, clock: MovableClock) -> None:
    await one.has_taken()
    for _ in range(3):
        clock.move(seconds=20)
        answer = await one.renews()
        assert answer.status_code == 200
        assert answer.json() == one.turn | {"expires_at": answer.json()["expires_at"]}
        assert 29 < (_time(answer) - clock()).total_seconds() <= 30
        assert refusal(await two.takes()) == IN_PROGRESS


async def test_renewing_makes_it_no_shorter(one: Run) -> None:
    await one.has_taken(ttl_seconds=60)
    assert (await one.renews(ttl_seconds=1)).json() == one.turn


@pytest.mark.parametrize("end", ["expired", "released", "stopped", "taken", "never"])
async def test_a_turn_that_is_over_can_not_be_renewed(
    ann: Person, one: Run, two: Run, clock: MovableClock, end: str
) -> None:
    await _over(ann, one, two, clock, end)
    answer = await one.renews()
    assert refusal(answer) == LOST
    assert (answer.json()["turn"] or {}).get("number") == (
        two.turn["number"] if end == "taken" else 1 if end == "expired" else None
    )


async def test_giving_back_lets_the_next_in_at_once_and_is_safe_to_repeat(
    one: Run, two: Run
) -> None:
    await one.has_taken()
    assert (await one.releases()).status_code == 204
    await two.has_taken()
    assert (await one.releases()).status_code == 204
    assert (await two.writes()).status_code == 201


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_keeping_and_giving_back_need_the_number(one: Run, method: str) -> None:
    await one.has_taken()
    answer = await one.person.request(method, f"{one.path}/turn")
    assert refusal(answer) == (422, "validation_failed")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/Session-Turn"]


async def test_a_request_for_the_turn_that_is_repeated_gets_the_same(
    one: Run, two: Run, clock: MovableClock
) -> None:
    mine = new_id()
    first = await one.takes(id=mine)
    again = await one.takes(id=mine)
    by_key = await one.person.post(
        f"{one.path}/turn", json={"holder": "one"}, headers={"Idempotency-Key": mine}
    )
    assert [first.status_code, again.status_code, by_key.status_code] == [201, 200, 200]
    assert first.json() == again.json() == by_key.json()
    assert refusal(await two.takes(id=mine)) == (409, "id_conflict")
    assert refusal(await two.takes(id=new_id())) == IN_PROGRESS
    clock.move(seconds=31)
    # Late, it must not get a turn that whoever sent it no longer waits for.
    assert refusal(await one.takes(id=mine)) == LOST


async def test_two_that_ask_at_once_are_one_that_gets_it(ann: Person, session_id: str) -> None:
    runs = [Run(ann, session_id, str(number)) for number in range(10)]
    answers = await asyncio.gather(*(run.takes() for run in runs))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9


# Who may write while somebody has it


@pytest.mark.parametrize("role", ["assistant", "tool", "system"])
async def test_agents_without_the_turn_wait_and_write_nothing(
    ann: Person, one: Run, sql: Sql, role: str
) -> None:
    await one.has_taken()
    before = await all_rows(sql)
    answer = await ann.post(f"{one.path}/messages", json={"role": role, "content": "x"})
    assert refusal(answer) == IN_PROGRESS
    assert answer.json()["turn"] == one.turn
    assert int(answer.headers["Retry-After"]) >= 1
    mixed = {"messages": [{"role": "user", "content": "x"}, {"role": role, "content": "x"}]}
    assert refusal(await ann.post(f"{one.path}/messages", json=mixed)) == IN_PROGRESS
    assert await all_rows(sql) == before


async def test_what_the_person_does_goes_in_as_ever(ann: Person, one: Run) -> None:
    await one.has_taken()
    written = (await one.writes(status="in_progress")).json()["messages"][0]
    message = f"{one.path}/messages/{written['id']}"
    said = await ann.says(one.path.rpartition("/")[2], "wait, not that one")
    answers = [
        await ann.put(one.path, json={"name": "Lisbon"}),
        await ann.patch(one.path, {"session_metadata": {"panel": "map"}}),
        await ann.patch(f"{one.path}/messages/{said['id']}", {"content": "never mind"}),
        await ann.patch(message, {"status": "cancelled"}),
        await ann.patch(message, {"metadata": {"liked": False}}),
        await ann.delete(f"{one.path}/messages/{said['id']}"),
        await ann.post(f"{one.path}/activity"),
    ]
    assert all(answer.is_success for answer in answers), [answer.text for answer in answers]
    # The stop reaches whoever was writing.
    grown = await ann.post(
        f"{message}/append", json={"offset": 9, "text": "!"}, headers=under(one.turn)
    )
    assert refusal(grown) == (409, "message_not_in_progress")


async def test_what_the_agent_is_writing_is_its_own_to_grow_and_to_finish(
    ann: Person, one: Run
) -> None:
    await one.has_taken()
    written = (await one.writes("an", status="in_progress")).json()["messages"][0]
    message = f"{one.path}/messages/{written['id']}"
    more = {"offset": 2, "text": "swer"}
    assert refusal(await ann.post(f"{message}/append", json=more)) == IN_PROGRESS
    for change in ({"status": "complete"}, {"status": "failed"}, {"content": "mine"}):
        assert refusal(await ann.patch(message, change)) == IN_PROGRESS
    grown = await ann.post(f"{message}/append", json=more, headers=under(one.turn))
    assert (grown.status_code, grown.json()["length"]) == (200, 6)
    # A repeat of what is there writes nothing, so whoever sends it is answered.
    assert (await ann.post(f"{message}/append", json=more)).status_code == 200
    done = await ann.patch(message, {"status": "complete"}, headers=under(one.turn))
    assert done.status_code == 200


async def test_without_a_turn_nothing_is_refused_for_being_at_once(
    ann: Person, session_id: str, clock: MovableClock
) -> None:
    run = await Run(ann, session_id).has_taken()
    await run.releases()
    for role in ("assistant", "tool", "system", "user"):
        await ann.says(session_id, role=role)
    await run.has_taken()
    clock.move(seconds=30)
    await ann.says(session_id, role="assistant")


# Whoever lost it


@pytest.mark.parametrize("operation", FENCED, ids=lambda operation: operation.name)
async def test_under_a_turn_that_is_over_no_operation_writes_anything(
    ann: Person, sql: Sql, operation: Operation
) -> None:
    ids = await has_all_for(ann, operation)
    if operation.name == "create_mission":
        ids |= {"session_id": (await ann.has_session())["id"]}
    run = await Run(ann, ids["session_id"]).has_taken()
    if operation.name == "resume_session":
        await ann.post(f"{run.path}/complete")
    await run.releases()
    if operation.name == "link_mission":
        await sql.execute("UPDATE missions SET session_id = NULL")
    if operation.name == "delete_asset":
        ids["asset_id"] = await has_asset(sql, ann, ids)
    request = operation.request()
    if operation.name == "create_mission":
        request["json"] = {"name": "a mission", "session_id": ids["session_id"]}
    before = await all_rows(sql)
    request["headers"] = request.get("headers", {}) | under(run.turn)
    answer = await ann.request(operation.method, operation.at(ids), **request)
    assert refusal(answer) == LOST
    assert await all_rows(sql) == before


def test_every_write_to_a_session_takes_the_turn() -> None:
    """A new one does too, or says here why not."""
    not_writes_of_agents = {
        "touch_session",  # the person is there
        "take_turn",
        "renew_turn",
        "release_turn",
        "stop_turn",
        "get_asset_parts",  # tickets alone
        "create_session",
        "recover_session",
        "join_session",
        "leave_session",
    }
    prefixes = ("/api/sessions", "/api/missions")
    paths = tuple(f"{prefix}/" for prefix in prefixes)
    expected = {
        operation.name
        for operation in operations()
        if operation.writes and operation.path.startswith(paths)
    }
    # Who may come in, and with which device, is the person's to say.
    of_the_person = ("/shares", "/merge", "/handoff")
    expected -= {
        operation.name
        for operation in operations()
        if any(part in operation.path for part in of_the_person)
    }
    assert {operation.name for operation in FENCED} == expected - not_writes_of_agents


@pytest.mark.parametrize("end", ["expired", "released", "stopped", "taken", "never"])
async def test_a_loser_writes_nothing_more(
    ann: Person, one: Run, two: Run, clock: MovableClock, sql: Sql, end: str
) -> None:
    await _over(ann, one, two, clock, end)
    before = await all_rows(sql)
    for message in ({}, {"role": "user"}, {"status": "in_progress"}):
        assert refusal(await one.writes(**message)) == LOST
    assert await all_rows(sql) == before


async def test_what_was_written_in_time_is_answered_though_the_turn_is_lost(
    one: Run, two: Run, clock: MovableClock
) -> None:
    await one.has_taken()
    mine, growing = new_id(), new_id()
    assert (await one.writes(id=mine)).status_code == 201
    assert (await one.writes("", id=growing, status="in_progress")).status_code == 201
    append = f"{one.path}/messages/{growing}/append"
    more: dict[str, Any] = {"json": {"offset": 0, "text": "so far"}, "headers": under(one.turn)}
    assert (await one.person.post(append, **more)).status_code == 200
    clock.move(seconds=31)
    await two.has_taken()
    version = (await one.person.sees(one.path.rpartition("/")[2]))["version"]
    again = await one.writes(id=mine)
    assert (again.status_code, again.json()["version"]) == (200, version)
    assert (await one.person.post(append, **more)).status_code == 200
    # One that was not written in time is not let in among those that were.
    both = batch("an answer")["messages"]
    sent = [{"id": mine, "role": "assistant", "content": "an answer"}, *both]
    answer = await one.person.post(
        f"{one.path}/messages", json={"messages": sent}, headers=under(one.turn)
    )
    assert refusal(answer) == LOST


async def test_what_a_turn_that_ended_was_still_writing_is_cancelled(
    ann: Person, one: Run, two: Run, clock: MovableClock
) -> None:
    session_id = one.path.rpartition("/")[2]
    older = await ann.says(session_id, "by nobody's turn", role="assistant", status="in_progress")
    for end in ("expired", "stopped", "released"):
        await one.has_taken()
        left = (await one.writes(end, status="in_progress")).json()["messages"][0]
        mine = await ann.says(session_id, "dictating", status="in_progress")
        if end == "expired":
            clock.move(seconds=31)
            # Nobody's turn: as before, whoever writes may write.
            later = await ann.says(session_id, "later", role="assistant", status="in_progress")
            await two.has_taken()
            assert await _status(ann, session_id, later) == "in_progress"
            await two.releases()
        elif end == "stopped":
            assert (await ann.post(f"{one.path}/turn/stop")).status_code == 204
        else:
            await one.releases()
        assert await _status(ann, session_id, left) == "cancelled"
        assert await _status(ann, session_id, mine) == "in_progress"
    assert await _status(ann, session_id, older) == "in_progress"


async def test_the_stop_button_is_there_for_whoever_may_write_and_safe_to_repeat(
    ann: Person, one: Run, two: Run
) -> None:
    await one.has_taken()
    for _ in range(2):
        assert (await ann.post(f"{one.path}/turn/stop")).status_code == 204
    assert refusal(await one.writes()) == LOST
    await two.has_taken()


# Where it shows


async def test_every_read_of_a_session_shows_who_works(ann: Person, one: Run) -> None:
    assert (await ann.sees(one.path.rpartition("/")[2]))["turn"] is None
    await one.has_taken()
    recovered = (await ann.post("/api/sessions/recover")).json()["session"]
    listed = (await ann.get("/api/sessions/")).json()["items"][0]
    active = (await ann.get("/api/sessions/active")).json()
    seen = await ann.sees(one.path.rpartition("/")[2], include="")
    renamed = (await ann.put(one.path, json={"name": "x"})).json()
    for session in (recovered, listed, active, seen, renamed):
        assert session["turn"] == one.turn
    await one.releases()
    assert (await ann.sees(one.path.rpartition("/")[2]))["turn"] is None


async def test_the_etag_changes_whenever_what_a_read_shows_does(ann: Person, one: Run) -> None:
    seen: dict[str, str] = {}

    async def look() -> None:
        answer = await ann.get(one.path, params={"include": ""})
        session = {**answer.json(), "last_activity_at": None}
        assert seen.setdefault(answer.headers["ETag"], str(session)) == str(session)

    await look()
    for act in (one.takes, one.renews, one.renews, one.releases, one.takes):
        answer = await act()
        assert answer.is_success
        await look()
    await ann.post(f"{one.path}/turn/stop")
    await look()
    assert len(seen) == 7


async def test_taking_renewing_and_ending_are_in_the_log_and_a_renewal_is_no_new_row(
    ann: Person, one: Run, sql: Sql, clock: MovableClock
) -> None:
    await one.has_taken()
    for _ in range(5):
        await one.renews()
    await one.releases()
    rows = await sql.fetch(
        "SELECT version, kind, entity_id::text, data FROM session_changes ORDER BY version"
    )
    assert [(row["version"], row["kind"]) for row in rows] == [
        (1, "session.status"),
        (7, "session.turn"),
        (8, "session.turn"),
    ]
    assert {row["entity_id"] for row in rows} == {one.path.rpartition("/")[2]}
    assert (await ann.sees(one.path.rpartition("/")[2]))["version"] == 8
    # What the log no longer holds begins a row again.
    await one.has_taken()
    await sql.execute("DELETE FROM session_changes WHERE version = 9")
    await one.renews()
    assert await sql.fetchval("SELECT max(version) FROM session_changes") == 10


async def test_who_follows_the_session_learns_of_it(ann: Person, one: Run) -> None:
    changes = f"{one.path}/changes"
    await one.has_taken()
    (taken,) = (await ann.get(changes, params={"since": 1})).json()["changes"]
    assert (taken["version"], taken["kind"], taken["entity"]) == (2, "session.turn", "session")
    assert taken["data"]["turn"] == one.turn
    renewed = (await one.renews(ttl_seconds=300)).json()
    # Whoever has seen it taken, and whoever has not, hears of it once.
    for since in (1, 2):
        (change,) = (await ann.get(changes, params={"since": since})).json()["changes"]
        assert (change["version"], change["data"]["turn"]) == (3, renewed)
    await one.releases()
    kinds = (await ann.get(changes, params={"since": 1})).json()["changes"]
    assert [(change["version"], change["data"]["turn"]) for change in kinds] == [
        (3, None),
        (4, None),
    ]


async def test_an_editor_may_be_the_agent_and_may_stop_the_owners(ann: Person, one: Run) -> None:
    session_id = one.path.rpartition("/")[2]
    await ann.shares(session_id, user_id="eve", role="editor")
    async with ann.somebody_else("eve") as eve:
        editors = await Run(eve, session_id, "eve's agent").has_taken()
        assert editors.turn["user_id"] == "eve"
        assert refusal(await one.takes()) == IN_PROGRESS
        assert (await editors.writes()).status_code == 201
        assert (await ann.post(f"{one.path}/turn/stop")).status_code == 204
        assert refusal(await editors.writes()) == LOST
        await one.has_taken()
        assert (await eve.post(f"{one.path}/turn/stop")).status_code == 204
        assert refusal(await one.writes()) == LOST


async def test_the_trail_tells_of_turns_but_not_of_each_renewal(ann: Person, one: Run) -> None:
    await one.has_taken()
    await one.renews()
    await one.releases()
    await one.has_taken()
    await ann.post(f"{one.path}/turn/stop")
    events = (await ann.get("/api/audit")).json()["items"]
    told = [(e["event"], e["data"]["number"]) for e in events if e["event"].startswith("turn.")]
    assert told == [
        ("turn.stopped", 2),
        ("turn.taken", 2),
        ("turn.released", 1),
        ("turn.taken", 1),
    ]


@pytest.mark.parametrize("call", ["complete", "archive"])
async def test_a_session_that_stops_ends_the_turn(ann: Person, one: Run, call: str) -> None:
    await one.has_taken()
    stopped = (await ann.post(f"{one.path}/{call}")).json()
    assert stopped["turn"] is None
    assert refusal(await one.writes()) == (409, "session_not_active")
    assert refusal(await one.takes()) == (409, "session_not_active")
    await ann.post(f"{one.path}/resume")
    assert refusal(await one.writes()) == LOST


async def test_the_holder_may_complete_the_session_it_works_in(ann: Person, one: Run) -> None:
    await one.has_taken()
    done = await ann.post(f"{one.path}/complete", headers=under(one.turn))
    assert (done.status_code, done.json()["turn"]) == (200, None)


async def test_a_mission_that_is_linked_to_no_session_knows_no_turns(ann: Person) -> None:
    mission = await ann.has_mission()
    answer = await ann.patch(f"/api/missions/{mission['id']}", {"name": "x"}, headers=under(7))
    assert answer.status_code == 200


async def test_a_read_does_not_mind_the_header(ann: Person, one: Run) -> None:
    assert (await ann.get(one.path, headers={"Session-Turn": "nonsense"})).status_code == 200


async def test_two_numbers_are_none(one: Run) -> None:
    await one.has_taken()
    answer = await one.person.post(
        f"{one.path}/messages",
        json={"role": "assistant", "content": "x"},
        headers=[("Session-Turn", "1"), ("Session-Turn", "1")],
    )
    assert refusal(answer) == (422, "validation_failed")


def test_the_document_says_which_operations_take_it() -> None:
    (header,) = [
        parameter
        for parameter in operation_named("append_messages").parameters
        if parameter["name"] == "Session-Turn"
    ]
    assert not header["required"]
    assert not any(
        parameter["name"] == "Session-Turn"
        for parameter in operation_named("get_session").parameters
    )


def _time(answer: httpx.Response) -> datetime:
    return datetime.fromisoformat(answer.json()["expires_at"])


async def _over(ann: Person, one: Run, two: Run, clock: MovableClock, end: str) -> None:
    """The first run's turn is over, one way or another."""
    await one.has_taken()
    match end:
        case "expired":
            clock.move(seconds=30)
        case "released":
            await one.releases()
        case "stopped":
            await ann.post(f"{one.path}/turn/stop")
        case "taken":
            clock.move(seconds=30)
            await two.has_taken()
        case "never":
            await one.releases()
            one.turn = {"number": 99}


async def _status(person: Person, session_id: str, message: dict[str, Any]) -> str:
    answer = await person.get(f"/api/sessions/{session_id}/messages/{message['id']}")
    return str(answer.json()["status"])
