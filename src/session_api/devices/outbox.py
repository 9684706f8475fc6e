"""What requests leave behind, until somebody writes it down."""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from session_api.security import Principal
from session_api.security.caller import Caller
from session_api.security.fingerprints import Agent
from session_api.security.revocations import Revocation
from session_api.security.suspicion import Suspicion

ROOM: Final = 10_000
"""Of each kind, some megabytes: while the database is away, the latest are kept."""


TOKENS_OF_A_DEVICE: Final = 50
"""That are signed out with it; a client that uses more at once has tokens that live shortly."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A token was seen with a device; `issued_at` long ago where it does not say."""

    token_hash: bytes
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Touch:
    """A device was seen, and with these tokens for the first time. `issued_at` is that of the token
    it came with, the latest of several.
    """

    principal: Principal
    device: UUID
    agent: Agent
    address: str | None
    first_at: datetime
    last_at: datetime
    issued_at: datetime
    tokens: tuple[Binding, ...] = ()

    def after(self, earlier: "Touch") -> "Touch":
        """The two as one."""
        tokens = {each.token_hash: each for each in (*earlier.tokens, *self.tokens)}
        return replace(
            self,
            first_at=earlier.first_at,
            issued_at=max(self.issued_at, earlier.issued_at),
            tokens=tuple(tokens.values())[-TOKENS_OF_A_DEVICE:],
        )


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something was noticed in a request."""

    caller: Caller
    device: UUID
    suspicion: Suspicion
    reauthenticate: bool


@dataclass(slots=True)
class Outbox:
    """Filled by requests, emptied by the writer; bounded."""

    touches: dict[tuple[UUID, UUID], Touch] = field(default_factory=dict)
    marks: dict[tuple[UUID, bytes], Revocation] = field(default_factory=dict)
    noticed: deque[Noticed] = field(default_factory=lambda: deque(maxlen=ROOM))

    def __bool__(self) -> bool:
        return bool(self.touches or self.marks or self.noticed)

    def touch(self, touch: Touch) -> None:
        key = (touch.principal.owner_id, touch.device)
        earlier = self.touches.pop(key, None)
        self.touches[key] = touch if earlier is None else touch.after(earlier)
        _make_room(self.touches)

    def mark(self, revocation: Revocation) -> None:
        self.marks[revocation.owner_id, revocation.value] = revocation
        _make_room(self.marks)

    def take(self, count: int) -> "Outbox":
        """The oldest, up to so many of each kind; they are no longer here."""
        taken = Outbox()
        for mine, theirs in ((self.touches, taken.touches), (self.marks, taken.marks)):
            _move(mine, theirs, count)
        for _ in range(min(count, len(self.noticed))):
            taken.noticed.append(self.noticed.popleft())
        return taken

    def put_back(self, other: "Outbox") -> None:
        """What could not be written; what came meanwhile is younger."""
        younger = list(self.touches.values())
        self.touches = dict(other.touches)
        for touch in younger:
            self.touch(touch)
        self.marks = {**other.marks, **self.marks}
        self.noticed = deque((*other.noticed, *self.noticed), ROOM)
        _make_room(self.marks)


def _move(source: dict[Any, Any], target: dict[Any, Any], count: int) -> None:
    for key in list(islice(source, count)):
        target[key] = source.pop(key)


def _make_room(kept: dict[Any, Any]) -> None:
    """The oldest leave."""
    while len(kept) > ROOM:
        del kept[next(iter(kept))]
