"""Who may write next, and how a writer that lost the right is told from one that has it.

The number decides: it is compared and raised under the session's lock alone, so that what a loser
writes is refused whatever its clock says, or that of the replica it asks. Expiry only frees.
"""

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from session_api.json_text import rfc3339
from session_api.turn_problems import TurnInProgress, TurnLost


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to write as the agent of a session: a lease with a number that only grows.

    `user_id` is who took it, `holder` a name to show, such as that of a run. It is over at
    `expires_at`, the instant itself included.
    """

    number: int
    holder: str | None
    user_id: str
    expires_at: datetime

    def held(self, at: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_at > at

    def shown(self) -> dict[str, Any]:
        """As answers have it."""
        return {
            "number": self.number,
            "holder": self.holder,
            "user_id": self.user_id,
            "expires_at": rfc3339(self.expires_at),
        }


@dataclass(frozen=True, slots=True)
class Fence:
    """A session's turn as it stands under the lock, and the number that the writer names."""

    turn: Turn | None
    named: int | None

    def require(self, at: datetime) -> None:
        """Raises TurnLost where the writer names a turn that is not the present one."""
        if self.named is None:
            return
        turn = self.turn
        if turn is None or turn.number != self.named or not turn.held(at):
            raise TurnLost(
                f"The turn {self.named} is over.", turn=None if turn is None else turn.shown()
            )

    def require_for_agent(self, at: datetime) -> None:
        """As `require`; raises TurnInProgress where the writer names none and somebody has it."""
        self.require(at)
        if self.named is None:
            self.require_nobody(at)

    def require_nobody(self, at: datetime) -> None:
        """Raises TurnInProgress while somebody has the turn."""
        if self.turn is not None and self.turn.held(at):
            left = (self.turn.expires_at - at).total_seconds()
            raise TurnInProgress(
                f"{self.turn.holder or self.turn.user_id} has the turn.",
                retry_after=max(1, ceil(left)),
                turn=self.turn.shown(),
            )
