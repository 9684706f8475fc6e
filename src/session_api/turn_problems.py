"""Errors of turns and hand-overs, part of the catalogue in `session_api.problems`."""

from typing import Any

from session_api.problems import Conflict


class TurnInProgress(Conflict):
    code = "turn_in_progress"
    title = "Somebody else has the turn"
    remedy = (
        "`turn` says who writes in this session and until when. Wait for `Retry-After` seconds and "
        "ask for the turn, or stop it with `POST /api/sessions/{id}/turn/stop`. What the person "
        "says, and a stop of a message, go in meanwhile. If the turn is yours, send its number in "
        "`Session-Turn`."
    )

    def __init__(
        self,
        detail: str | None = None,
        *,
        retry_after: int = 1,
        turn: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, turn=turn)


class TurnLost(Conflict):
    code = "turn_lost"
    title = "This turn is over, and nothing was written"
    remedy = (
        "It expired, was stopped or was taken by another run: stop writing, or take a new turn and "
        "read what was written since. `turn` says who has it now, if anybody."
    )
