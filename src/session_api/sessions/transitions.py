"""The lifecycle of a session as one table, which code, docs and tests read."""

from dataclasses import dataclass
from typing import Literal

from session_api.problems import InvalidTransition

SessionStatus = Literal["active", "completed", "abandoned", "archived"]
Trigger = Literal["complete", "abandon", "archive", "archive_idle", "resume", "resume_idle"]


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from some statuses to one, with the audit event it leaves."""

    trigger: Trigger
    sources: frozenset[SessionStatus]
    target: SessionStatus
    event: str


TRANSITIONS: dict[Trigger, Transition] = {
    transition.trigger: transition
    for transition in (
        # By call, or because the linked mission finished.
        Transition("complete", frozenset({"active"}), "completed", "session.completed"),
        # By the job, 24 h after the last activity.
        Transition("abandon", frozenset({"active"}), "abandoned", "session.abandoned"),
        # By call.
        Transition(
            "archive",
            frozenset({"active", "completed", "abandoned"}),
            "archived",
            "session.archived",
        ),
        # By the job, 7 days after the session was abandoned.
        Transition("archive_idle", frozenset({"abandoned"}), "archived", "session.archived"),
        # By the owner's call.
        Transition(
            "resume",
            frozenset({"completed", "abandoned", "archived"}),
            "active",
            "session.resumed",
        ),
        # By activity and by recovery, which must not bring back what somebody put away meanwhile.
        Transition("resume_idle", frozenset({"abandoned"}), "active", "session.resumed"),
    )
}


def transition_for(trigger: Trigger, status: str) -> Transition | None:
    """What `trigger` does to a session of this status; None where it is there already.

    Raises InvalidTransition where the table has no way.
    """
    transition = TRANSITIONS[trigger]
    if status == transition.target:
        return None
    if status not in transition.sources:
        raise InvalidTransition(
            f"A session that is {status} can't become {transition.target} by {trigger}.",
            session_status=status,
        )
    return transition
