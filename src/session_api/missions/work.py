"""The statuses of missions, hops and tool steps as one table; code, docs and tests read it."""

from typing import Literal

from session_api.problems import InvalidTransition

WorkStatus = Literal["pending", "active", "completed", "failed", "cancelled"]

# What is finished does not reopen.
WORK_TRANSITIONS: dict[WorkStatus, frozenset[WorkStatus]] = {
    "pending": frozenset({"active", "completed", "failed", "cancelled"}),
    "active": frozenset({"completed", "failed", "cancelled"}),
    "completed": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}

FINISHED: frozenset[WorkStatus] = frozenset(
    status for status, ways in WORK_TRANSITIONS.items() if not ways
)


def check_work_transition(what: str, present: WorkStatus, wanted: WorkStatus) -> None:
    """Raises InvalidTransition where `present` can't become `wanted`; staying is always allowed."""
    if wanted != present and wanted not in WORK_TRANSITIONS[present]:
        raise InvalidTransition(
            f"A {what} that is {present} can't become {wanted}.", current_status=present
        )
