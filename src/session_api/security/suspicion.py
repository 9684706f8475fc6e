"""Noticing that a token is used as a stolen one would be: by what changes from request to request.

Nothing here is proof. A phone that leaves the house changes its network, a browser that is updated
changes nothing of what is looked at. So each cause has a severity, and is told once in a while.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from session_api.security.fingerprints import Agent

Cause = Literal[
    "address_changed", "program_changed", "device_changed", "impossible_pace", "two_places"
]
Severity = Literal["notice", "warning", "critical"]
SEVERITIES: Final[dict[Cause, Severity]] = {
    "address_changed": "notice",
    "program_changed": "warning",
    "device_changed": "warning",
    "impossible_pace": "critical",
    "two_places": "critical",
}
"""Networks change by themselves; programs do not; and nobody is in two places."""

TOGETHER: Final = timedelta(seconds=60)
"""Back at a place that was left so lately: somebody is still there."""

MOMENT: Final = timedelta(seconds=1)
"""So far back may be when somebody was last seen at a place."""

MOVES: Final = 4
"""So many changes of network within `TOGETHER` are more than a person makes on the way."""

_PLACES: Final = 8
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_Kind = Literal["program", "IPv4", "IPv6"]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One thing noticed. `before` and `after` are coarse, as they may be stored."""

    cause: Cause
    before: str
    after: str

    @property
    def severity(self) -> Severity:
        return SEVERITIES[self.cause]


class Trail:
    """Where one token was used lately: two hundred bytes for one that stays where it is.

    IPv4 and IPv6 are told apart and never compared: one browser uses both at once (RFC 8305).
    """

    __slots__ = ("_device", "_here", "_last", "_left", "_look_at", "_moves", "_told")

    def __init__(self) -> None:
        # The program and network of the last look, and when there is the next if they stay.
        self._last: tuple[Agent | None, str | None] = (None, None)
        self._look_at = _EPOCH
        # The program and the networks in use, and since when each was last seen.
        self._here: dict[_Kind, tuple[Agent | str, datetime]] = {}
        self._device: UUID | None = None
        self._left: dict[Agent | str, datetime] = {}
        self._moves: tuple[datetime, ...] = ()
        self._told: dict[Cause, datetime] = {}

    def follow(
        self, agent: Agent, block: str | None, device: UUID | None, now: datetime
    ) -> list[Suspicion]:
        """What is noticed at one more request; mostly nothing. `device` None: it named none."""
        last_agent, last_block = self._last
        if (
            now < self._look_at
            and agent is last_agent
            and block == last_block
            and (device is None or device == self._device)
        ):
            return []
        self._last = (agent, block)
        self._look_at = now + MOMENT
        found: list[Suspicion] = []
        before = self._change("program", agent, now)
        if isinstance(before, Agent):
            cause: Cause = "two_places" if self._is_in_use(agent, now) else "program_changed"
            found.append(Suspicion(cause, before.summary, agent.summary))
        if block is not None:
            before = self._change("IPv6" if ":" in block else "IPv4", block, now)
            if isinstance(before, str):
                found.append(Suspicion(self._move(block, now), before, block))
        if device is not None and device != self._device:
            if self._device is not None:
                found.append(Suspicion("device_changed", str(self._device), str(device)))
            self._device = device
        return found

    def untold(
        self, found: list[Suspicion], now: datetime, window: timedelta
    ) -> Iterator[Suspicion]:
        """Of what was noticed, what was not told of within `window`; from now on it was."""
        for suspicion in found:
            told_at = self._told.get(suspicion.cause)
            if told_at is None or now - told_at >= window:
                self._told[suspicion.cause] = now
                yield suspicion

    def _change(self, kind: _Kind, place: Agent | str, now: datetime) -> Agent | str | None:
        """Takes note of a place in use; returns the one that it took the place of, if any."""
        here = self._here.get(kind)
        self._here[kind] = (place, now)
        # Mostly the very same object, which need not be compared field by field.
        if here is None or here[0] is place or here[0] == place:
            return None
        before, seen_at = here
        self._left.pop(before, None)
        self._left[before] = seen_at
        if len(self._left) > _PLACES:
            del self._left[next(iter(self._left))]
        return before

    def _move(self, block: str, now: datetime) -> Cause:
        self._moves = (*self._moves, now)[-MOVES:]
        if self._is_in_use(block, now):
            return "two_places"
        if len(self._moves) == MOVES and now - self._moves[0] <= TOGETHER:
            return "impossible_pace"
        return "address_changed"

    def _is_in_use(self, place: Agent | str, now: datetime) -> bool:
        left_at = self._left.get(place)
        return left_at is not None and now - left_at <= TOGETHER
