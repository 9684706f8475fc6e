"""What must be true of a history. Pure functions: calls in, faults found out, in words.

The version is the witness: every change of a session has its own, given under one lock. That makes
each check one walk over the sorted calls, instead of a search for an order that would explain them
(as for registers without versions: Gibbons and Korach 1997, exponential in the worst case).
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from tests.faults.history.chats import chat_is_whole, texts_only_grow
from tests.faults.history.records import Call, History

BACK_WITHIN_SECONDS = 5.0

Check = Callable[[Sequence[Call]], Iterator[str]]

_BY_KIND = {
    "put": {412, 409},
    "patch": {412, 409},
    "append": {412, 409},
    "grow": {409},
    "finish": {409},
    "remove": {404, 409},  # 404 where an earlier attempt had done it
    "step": {409},
    "touch": {409},
    "read": {404},
    "page": {404},
    "erase": {404},
}
_CODES_503 = {"database_unavailable", "shutting_down", "timed_out"}
_CODES_409 = {"session_not_active", "message_not_in_progress"}


def check(history: History) -> list[str]:
    """Everything that is wrong with a history, the worst first where one thing brings another."""
    wrong = [fault for call in history.calls for fault in answer_is_allowed(call)]
    for session, calls in history.by_session().items():
        for of_session in PER_SESSION:
            wrong += of_session(calls)
        wrong += versions_have_no_gaps(calls, history.base.get(session))
    wrong += [
        f"it did not come back within {BACK_WITHIN_SECONDS} s of: {fault}"
        for fault in history.faults
        if max(fault.back_after_seconds, default=0) > BACK_WITHIN_SECONDS
    ]
    return wrong


def answer_is_allowed(call: Call) -> Iterator[str]:
    """A refusal is one that the contract has for this request, never a 500."""
    status = call.status
    if status is None or call.outcome == "ok":
        return
    if status == 503:
        if call.code not in _CODES_503 or not call.retry_after:
            yield f"a 503 without its code or Retry-After: {call}"
    elif status not in _BY_KIND.get(call.kind, ()):
        yield f"not an answer to such a request: {call}"
    elif status == 409 and call.code not in _CODES_409:
        yield f"a conflict that can't be: {call}"
    elif status == 412 and call.if_match is None:
        yield f"a precondition that nobody set: {call}"


def versions_follow_real_time(calls: Sequence[Call]) -> Iterator[str]:
    """Who begins after another's answer sees at least what that one saw, and writes after it.

    So no acknowledged write is lost or hidden from a later reader, nobody goes back, and the order
    of versions is one in which things really happened.
    """
    seen = [call for call in calls if call.outcome == "ok" and call.version is not None]
    # Of two at one moment, one had not ended when the other began.
    moments = sorted(
        [(call.start, 0, place) for place, call in enumerate(seen)]
        + [(call.end, 1, place) for place, call in enumerate(seen)]
    )
    floors: dict[int, tuple[int, Call]] = {}
    highest: tuple[int, Call] | None = None
    for _, is_end, place in moments:
        call = seen[place]
        assert call.version is not None
        if not is_end:
            if highest is not None:
                floors[place] = highest
            continue
        if highest is None or call.version > highest[0]:
            highest = (call.version, call)
        if place not in floors:
            continue
        floor, earlier = floors[place]
        if call.applied and call.version - call.steps < floor:
            yield f"written below what was seen before: {call}; before it: {earlier}"
        elif call.version < floor:
            yield f"stale: {call}; before it: {earlier}"


def versions_are_given_once(calls: Sequence[Call]) -> Iterator[str]:
    """No two changes have the same version."""
    before: Call | None = None
    for call in _applied(calls):
        if before is not None and _first(call) <= _last(before):
            yield f"two changes of one version: {before} and {call}"
        if before is None or _last(call) > _last(before):
            before = call


def versions_have_no_gaps(calls: Sequence[Call], base: int | None) -> Iterator[str]:
    """Between two changes there are no more versions than others can have taken."""
    if base is None:
        return
    unplaced = [call for call in calls if call.steps and call.might_be_done and not call.applied]
    begun = _Steps((other.start, other.steps) for other in unplaced)
    over = _Steps((other.end, other.steps) for other in unplaced if other.outcome == "ok")
    last, since = base, float("-inf")
    missing = 0
    for call in _applied(calls):
        gap = _first(call) - last - 1
        if gap > 0:
            missing += gap
            # Those begun by then, without those that were surely over before the change before.
            could = begun.up_to(call.end) - over.up_to(since)
            if gap > could:
                yield f"versions {last + 1} to {_first(call) - 1} are nobody's: {call}"
        if _last(call) > last:
            last, since = _last(call), call.start
    if missing > sum(call.steps for call in unplaced):
        yield f"{missing} versions are nobody's in {calls[0].session}"


class _Steps:
    """Versions that may have been taken, by time."""

    def __init__(self, taken: Iterable[tuple[float, int]]) -> None:
        ordered = sorted(taken)
        self._times = [time for time, _ in ordered]
        self._sums = [0, *accumulate(steps for _, steps in ordered)]

    def up_to(self, time: float) -> int:
        return self._sums[bisect_right(self._times, time)]


def registers_keep_the_last_write(calls: Sequence[Call]) -> Iterator[str]:
    """A value that was overwritten never comes back, and none comes that nobody has sent."""
    names = {name for call in calls for name in (*call.sets, *call.shows)}
    for name in sorted(names):
        yield from _register(name, [c for c in calls if name in c.sets or name in c.shows])


def _register(name: str, calls: Sequence[Call]) -> Iterator[str]:
    writers = {call.sets[name]: call for call in calls if name in call.sets}
    seen: dict[str | None, list[Call]] = {}
    for call in calls:
        if call.outcome == "ok" and name in call.shows and call.version is not None:
            seen.setdefault(call.shows[name], []).append(call)
    for value, by in seen.items():
        writer = None if value is None else writers.get(value)
        if value is not None and writer is None:
            yield f"{name} is {value!r}, which nobody set: {by[0]}"
        elif writer is not None and not writer.might_be_done:
            yield f"{name} was set by a write that was refused: {writer}; seen by {by[0]}"
        elif writer is not None and (early := min(by, key=lambda c: c.end)).end < writer.start:
            yield f"{name} was seen before it was set: {early}; set by {writer}"
    yield from _in_blocks(name, seen)
    yield from _not_stale(name, writers, seen)


def _in_blocks(name: str, seen: dict[str | None, list[Call]]) -> Iterator[str]:
    """By version, each value is there for one stretch: else a write was lost or done twice."""
    stretches = sorted(
        ((min(by, key=_last), max(by, key=_last), value) for value, by in seen.items()),
        key=lambda stretch: _last(stretch[0]),
    )
    for (_, end, value), (start, _, other) in pairwise(stretches):
        if _last(start) <= _last(end):
            yield (
                f"{name} was {value!r}, then {other!r}, then {value!r} again:"
                f" {start}; and after it {end}"
            )


def _not_stale(
    name: str, writers: dict[str, Call], seen: dict[str | None, list[Call]]
) -> Iterator[str]:
    """Nobody sees a value that was overwritten by a write which had ended when they began."""
    ended = sorted((c for c in writers.values() if c.outcome == "ok"), key=lambda c: c.end)
    ends = [call.end for call in ended]
    latest: list[Call] = []
    for call in ended:
        latest.append(call if not latest or call.start > latest[-1].start else latest[-1])
    for value, by in seen.items():
        over = writers[value].over if value in writers else float("-inf")
        for call in by:
            # Strictly before: what ended at the moment of the beginning was not before it.
            place = bisect_right(ends, call.start)
            while place and ends[place - 1] >= call.start:
                place -= 1
            if place and latest[place - 1].start > over:
                yield f"{name} is {value!r}, overwritten by {latest[place - 1]}: {call}"


def preconditions_hold(calls: Sequence[Call]) -> Iterator[str]:
    """Of writers with one view one wins, and a writer is refused for a reason only."""
    for scope in ("fields", "chat"):
        changes = [call for call in calls if call.scope == scope and call.might_be_done]
        placed = _applied(changes)
        firsts = [_first(call) for call in placed]
        for call in calls:
            if call.scope != scope or call.if_match is None:
                continue
            # The changes after what the writer had seen.
            later = placed[bisect_right(firsts, call.if_match) :]
            if call.applied:
                between = [each for each in later[:2] if _last(each) < _first(call)]
                if between:
                    yield f"won though it had not seen {between[0]}: {call}"
            elif call.status == 412 and not (
                any(each.start < call.end for each in later)
                or any(_may_follow(each, call) for each in changes)
            ):
                yield f"refused though nothing had changed: {call}"


def _may_follow(change: Call, call: Call) -> bool:
    """Whether a change without a known version may be later than what a refused writer had seen."""
    assert call.if_match is not None
    return (
        not change.applied
        and change.start < call.end
        and (change.version is None or change.version > call.if_match)
    )


def lifecycle_is_kept(calls: Sequence[Call]) -> Iterator[str]:
    """A session is there until it is erased, and takes writes unless it is completed."""
    erased = [call for call in calls if call.erases]
    moves = [call for call in calls if call.moves and call.might_be_done]
    for call in calls:
        gone = [each for each in erased if each is not call]
        if call.code in ("session_not_found", "not_found"):
            if not any(each.start < call.end for each in gone):
                yield f"a session is gone that nobody erased: {call}"
        elif call.outcome == "ok" and any(
            each.outcome == "ok" and each.end < call.start for each in gone
        ):
            yield f"an erased session is there again: {call}"
        if call.code in (*_CODES_409, "completed") and not _may_be_completed(call, moves):
            yield f"a session is said to be completed that can't be: {call}"
        elif call.applied and not call.creates and _must_be_completed(call, moves):
            yield f"a completed session took a write: {call}"


def _may_be_completed(call: Call, moves: Sequence[Call]) -> bool:
    if call.code == "message_not_in_progress":  # it stays cancelled when the session is resumed
        return any(move.moves == "complete" and move.start < call.end for move in moves)
    return any(
        move.moves == "complete"
        and move.start < call.end
        and not any(
            other.moves == "resume"
            and other.outcome == "ok"
            and other.start > move.over
            and other.end < call.start
            for other in moves
        )
        for move in reversed(moves)  # mostly it is the latest
    )


def _must_be_completed(call: Call, moves: Sequence[Call]) -> bool:
    completed = [
        move
        for move in moves
        if move.moves == "complete" and move.outcome == "ok" and move.end < call.start
    ]
    if not completed:
        return False
    last = max(completed, key=lambda move: move.start)
    return not any(
        other.moves == "resume" and other.start < call.end and other.over > last.start
        for other in moves
    )


def _applied(calls: Iterable[Call]) -> list[Call]:
    """The changes whose versions are known, by version."""
    return sorted((call for call in calls if call.applied), key=_first)


def _first(call: Call) -> int:
    return _last(call) - call.steps + 1


def _last(call: Call) -> int:
    assert call.version is not None
    return call.version


PER_SESSION: tuple[Check, ...] = (
    versions_are_given_once,
    versions_follow_real_time,
    registers_keep_the_last_write,
    preconditions_hold,
    chat_is_whole,
    texts_only_grow,
    lifecycle_is_kept,
)
