"""What each operation answers its owner, by the status of the session it is about: tried out."""

from collections.abc import Iterable
from typing import get_args

from fastapi import FastAPI

from session_api.sessions.transitions import SessionStatus
from tests.support.operations import Operation
from tests.support.people import MovableClock, Person
from tests.support.workspace import has_all_for

STATUSES: tuple[SessionStatus, ...] = get_args(SessionStatus)
Outcomes = dict[str, dict[SessionStatus, str]]
"""By operation and status: `yes`, or the code of the refusal."""

_CALLS = {"completed": "complete", "archived": "archive"}


async def observed(
    operations: Iterable[Operation], person: Person, app: FastAPI, clock: MovableClock
) -> Outcomes:
    """Tries each operation that is about a session, on one of each status."""
    found: Outcomes = {}
    for operation in operations:
        if not {"session_id", "mission_id"} & set(operation.path_ids):
            continue
        if operation.name == "leave_session":  # which no owner can
            continue
        found[operation.name] = {}
        for status in STATUSES:
            ids = await has_all_for(person, operation)
            await _bring(person, app, clock, ids["session_id"], status)
            answer = await person.request(
                operation.method, operation.at(ids), **operation.request()
            )
            assert answer.status_code < 500, answer.text
            refused = answer.status_code >= 400
            found[operation.name][status] = answer.json()["code"] if refused else "yes"
    return found


async def _bring(
    person: Person, app: FastAPI, clock: MovableClock, session_id: str, status: SessionStatus
) -> None:
    if status == "abandoned":
        clock.move(hours=25)
        await app.state.jobs.abandon(clock())
    elif status in _CALLS:
        answer = await person.post(f"/api/sessions/{session_id}/{_CALLS[status]}")
        assert answer.status_code == 200, answer.text
