"""What must be true of the messages in a history: each is there once, in its place, and whole."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from tests.faults.history.records import Call, Page, Shown

_NOT_THERE_YET = 200
"""More messages than can be under way at once. After so many in a row that were acknowledged after
a page was asked for, no earlier one follows."""


def chat_is_whole(calls: Sequence[Call]) -> Iterator[str]:
    """What was acknowledged is on every page that has its place, once, until it is removed."""
    places: dict[str, int] = {}
    yield from _places_are_kept(calls, places)
    appends = [call for call in calls if call.adds]
    yield from _in_order(appends)
    by_id = {message_id: call for call in reversed(appends) for message_id in call.adds}
    acknowledged: dict[str, float] = {}
    for call in appends:
        for message_id in call.adds if call.outcome == "ok" else ():
            acknowledged[message_id] = min(call.end, acknowledged.get(message_id, call.end))
    removals = [call for call in reversed(calls) if call.removes and call.might_be_done]
    begun = {call.removes or "": call for call in removals}
    done = {call.removes or "": call for call in removals if call.outcome == "ok"}
    known = sorted((places[each], each) for each in acknowledged if each in places)
    for call in calls:
        if call.page is not None and call.outcome == "ok":
            yield from _page_itself(call, call.page, by_id)
            yield from _page_lacks_none(call, call.page, known, acknowledged, begun)
            for shown in call.page.shown:
                if shown.id in done and done[shown.id].end < call.start:
                    yield f"message {shown.id} is back: {call}; removed by {done[shown.id]}"


def _places_are_kept(calls: Sequence[Call], places: dict[str, int]) -> Iterator[str]:
    """One place for each message and one message for each place; fills `places`."""
    taken: dict[int, str] = {}
    for call in calls:
        for message_id, seq in _told(call):
            if places.setdefault(message_id, seq) != seq:
                yield f"message {message_id} has places {places[message_id]} and {seq}: {call}"
            if taken.setdefault(seq, message_id) != message_id:
                yield f"place {seq} is {taken[seq]}'s and {message_id}'s: {call}"


def _told(call: Call) -> Iterator[tuple[str, int]]:
    yield from zip(call.adds, call.seqs, strict=False)
    if call.page is not None:
        yield from ((shown.id, shown.seq) for shown in call.page.shown)


def _in_order(appends: Sequence[Call]) -> Iterator[str]:
    """Places are given in the order of versions, and side by side within one request."""
    before: Call | None = None
    for call in sorted((c for c in appends if c.applied), key=lambda c: c.version or 0):
        if list(call.seqs) != list(range(call.seqs[0], call.seqs[0] + len(call.seqs))):
            yield f"a batch was torn apart: {call} has {call.seqs}"
        if before is not None and call.seqs[0] <= before.seqs[-1]:
            yield f"re-ordered: {before} has {before.seqs}, and {call} has {call.seqs}"
        before = call


def _page_itself(call: Call, page: Page, by_id: dict[str, Call]) -> Iterator[str]:
    seqs = [shown.seq for shown in page.shown]
    if seqs != sorted(set(seqs)) or len({shown.id for shown in page.shown}) != len(seqs):
        yield f"a page out of order, or with a message twice: {call} {seqs}"
    for shown in page.shown:
        append = by_id.get(shown.id)
        if append is None:
            yield f"message {shown.id} is nobody's: {call}"
        elif append.start > call.end:
            yield f"message {shown.id} was seen before it was sent: {call}"
        if shown.words < 0:
            yield f"message {shown.id} has a text that nobody sent: {call}"


def _page_lacks_none(
    call: Call,
    page: Page,
    known: Sequence[tuple[int, str]],
    acknowledged: dict[str, float],
    removals: Mapping[str, Call],
) -> Iterator[str]:
    there = {shown.id for shown in page.shown}
    later = 0
    for seq, message_id in known[bisect_left(known, (page.first_seq, "")) :]:
        if later > _NOT_THERE_YET or (page.last_seq is not None and seq > page.last_seq):
            return
        if acknowledged[message_id] >= call.start:
            later += 1
            continue
        later = 0
        removal = removals.get(message_id)
        if message_id not in there and (removal is None or removal.start > call.end):
            yield f"message {message_id} at place {seq} is lost: {call}"


def texts_only_grow(calls: Sequence[Call]) -> Iterator[str]:
    """A growing message has every acknowledged word, and none that was not sent."""
    growths: dict[str, list[Call]] = {}
    seen: dict[str, list[tuple[Call, Shown]]] = {}
    for call in calls:
        if call.grows is not None:
            growths.setdefault(call.grows[0], []).append(call)
    for call in calls:
        for shown in () if call.page is None or call.outcome != "ok" else call.page.shown:
            if shown.id in growths:
                seen.setdefault(shown.id, []).append((call, shown))
    for message_id, by in seen.items():
        for call, shown in by:
            yield from _words(call, shown, growths[message_id])
        placed = [(c.version, s.words, c) for c, s in by if c.version is not None]
        placed.sort(key=lambda each: each[:2])
        for (_, words, earlier), (_, fewer, call) in pairwise(placed):
            if fewer < words:
                yield f"message {message_id} lost words: {earlier} has {words}, {call} {fewer}"


def _words(call: Call, shown: Shown, growths: Sequence[Call]) -> Iterator[str]:
    least = most = 0
    for growth in growths:
        assert growth.grows is not None
        if growth.outcome == "ok" and growth.end < call.start:
            least = max(least, growth.grows[1])
        if growth.might_be_done and growth.start < call.end:
            most = max(most, growth.grows[1])
    if shown.words < least:
        yield f"message {shown.id} has {shown.words} words, {least} were acknowledged: {call}"
    if shown.words > most:
        yield f"message {shown.id} has {shown.words} words, {most} were sent: {call}"
