"""What clients write down: every call with its beginning, its end, and what it was told."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["ok", "refused", "unknown"]
"""`unknown`: no answer came, or a 503, whose commit may have been carried out."""

Move = Literal["complete", "resume"]
Register = str
"""A thing with one value: the name, a key of the metadata, the output of a tool step."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as a page shows it."""

    seq: int
    id: str
    words: int
    """Of a message that grows, how many; 0 for any other. -1: its text was never sent like that."""


@dataclass(frozen=True, slots=True)
class Page:
    """Messages in the order in which they came, and the stretch of the chat that they make up."""

    shown: tuple[Shown, ...]
    first_seq: int
    last_seq: int | None = None
    """None: to the end of the chat."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as its client saw it. Times are seconds of one clock."""

    kind: str
    session: str
    start: float
    end: float
    outcome: Outcome = "ok"
    client: int = 0
    status: int | None = None
    code: str | None = None
    retry_after: bool = False

    version: int | None = None
    """Of the session, as the answer tells it."""

    applied: bool = False
    """It was surely this request that made the change, whose last version is `version`."""

    steps: int = 0
    """Versions that its change takes; at most, where it was not surely this request's."""

    if_match: int | None = None
    scope: Literal["fields", "chat", ""] = ""
    """What the change belongs to, which is what If-Match is held against."""

    sets: Mapping[Register, str] = field(default_factory=dict)
    shows: Mapping[Register, str | None] = field(default_factory=dict)
    """At `version`. What nobody has set yet is None."""

    adds: tuple[str, ...] = ()
    seqs: tuple[int, ...] = ()
    """Of the messages in `adds`, where the answer told them."""

    grows: tuple[str, int] | None = None
    """A message, and how many words it has when this is done."""

    removes: str | None = None
    page: Page | None = None
    moves: Move | None = None
    creates: bool = False
    erases: bool = False

    @property
    def might_be_done(self) -> bool:
        """It was, or nobody knows."""
        return self.outcome != "refused"

    @property
    def over(self) -> float:
        """When it can't have an effect any more: never, while nobody knows what became of it."""
        return self.end if self.outcome == "ok" else float("inf")

    def __str__(self) -> str:
        told = f"{self.status or 'no answer'}{f' {self.code}' if self.code else ''}"
        at = "" if self.version is None else f" at version {self.version}"
        return (
            f"{self.kind} by {self.client} [{self.start:.3f}–{self.end:.3f}] {told}{at}"
            f" in {self.session[:8]}"
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done to the service, until when, and how long after that each replica took to take
    a write.
    """

    name: str
    start: float
    end: float
    back_after_seconds: tuple[float, ...]

    def __str__(self) -> str:
        back = ", ".join(f"{seconds:.2f} s" for seconds in self.back_after_seconds)
        return f"{self.start:7.2f} {self.name} for {self.end - self.start:.2f} s, back in {back}"


@dataclass
class History:
    """All calls and faults of a run."""

    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    base: dict[str, int] = field(default_factory=dict)
    """The version at which the clients began, of each session that was there before them."""

    def by_session(self) -> dict[str, list[Call]]:
        """The calls of each session, by their beginning."""
        found: dict[str, list[Call]] = defaultdict(list)
        for call in sorted(self.calls, key=lambda call: call.start):
            found[call.session].append(call)
        return dict(found)
