"""Histories made by hand: one that is good, and others in which the checker finds what is wrong.

Each bad one is the good one with one thing changed, so that nothing else can be what was found.
"""

from dataclasses import replace
from typing import Any

import pytest

from tests.faults.history.checking import check
from tests.faults.history.records import Call, Fault, History, Page, Shown

S = "a-session"


def call(kind: str, start: float, **facts: Any) -> Call:
    """One that lasts a second and works."""
    plain: dict[str, Any] = {"kind": kind, "session": S, "start": start, "end": start + 1}
    return Call(**(plain | facts))


def lost(kind: str, start: float, **facts: Any) -> Call:
    """One that had no answer."""
    return call(kind, start, outcome="unknown", **facts)


def refused(kind: str, start: float, status: int, code: str, **facts: Any) -> Call:
    return call(kind, start, outcome="refused", status=status, code=code, **facts)


def append(start: float, version: int, seq: int, *ids: str, **facts: Any) -> Call:
    seqs = tuple(range(seq, seq + len(ids)))
    taken = {"version": version, "applied": True, "seqs": seqs}
    return call("append", start, **(wants(*ids) | taken | facts))


def wants(*ids: str) -> dict[str, Any]:
    """To append these."""
    return {"adds": ids, "steps": len(ids), "scope": "chat"}


def save(start: float, version: int, value: str, **facts: Any) -> Call:
    taken = {"version": version, "applied": True, "shows": {"k": value}}
    return call("patch", start, **(writes(value) | taken | facts))


def writes(value: str) -> dict[str, Any]:
    """To set the one register."""
    return {"sets": {"k": value}, "steps": 1, "scope": "fields"}


def grow(start: float, version: int, words: int) -> Call:
    return call("grow", start, version=version, applied=True, **more(words))


def more(words: int) -> dict[str, Any]:
    """To make the message `g` so many words long."""
    return {"grows": ("g", words), "steps": 1, "scope": "chat"}


def read(start: float, version: int | None, value: str | None, *shown: Shown) -> Call:
    """Of the session with its latest messages; without a version, of a page of them."""
    shows = {} if version is None else {"k": value}
    page = Page(shown, 0) if shown else None
    return call("read", start, version=version, shows=shows, page=page)


def m(seq: int, message_id: str, words: int = 0) -> Shown:
    return Shown(seq, message_id, words)


# Versions 2 to 11, by two writers, whose requests overlap now and then.
GOOD: dict[str, Call] = {
    "first": append(0, 2, 1, "a"),
    "batch": append(2, 4, 2, "b", "c"),
    "begin": append(4, 5, 4, "g"),
    "grow": grow(6, 6, 1),
    "save": save(6.5, 7, "x"),
    "read": read(8, 7, "x", m(1, "a"), m(2, "b"), m(3, "c"), m(4, "g", 1)),
    "unsure": lost("append", 10, **wants("d")),  # and done: version 8
    "repeat": call("append", 12, version=8, seqs=(5,), status=200, **wants("d")),
    "hidden": lost("patch", 12, **writes("y")),  # and done: version 9
    "again": lost("grow", 14, **more(2)),  # and not done
    "grown": call("grow", 16, version=10, applied=False, **more(2)),
    "remove": call("remove", 18, removes="b", steps=1, scope="chat"),  # version 11
    "end": read(20, 11, "y", m(1, "a"), m(3, "c"), m(4, "g", 2), m(5, "d")),
    "page": call("page", 22, page=Page((m(3, "c"), m(4, "g", 2), m(5, "d")), 3)),
    "conditional": save(24, 12, "z", if_match=11),
    "loser": refused("patch", 24, 412, "version_mismatch", if_match=11, **writes("w")),
    "completed": call(
        "move", 26, version=13, moves="complete", steps=1, scope="fields", shows={"k": "z"}
    ),
    "too late": refused("append", 28, 409, "session_not_active", **wants("e")),
    "resumed": call(
        "move", 30, version=14, moves="resume", steps=1, scope="fields", shows={"k": "z"}
    ),
    "last": append(32, 15, 6, "f"),
    "gone": call("erase", 34, erases=True, status=204),
    "absent": refused("read", 36, 404, "session_not_found"),
}


def history_with(**changes: Call | None) -> History:
    """The good one with some calls changed, added, or (None) left out."""
    calls = GOOD | {name.replace("_", " "): change for name, change in changes.items()}
    return History([each for each in calls.values() if each is not None], base={S: 1})


def altered(name: str, **facts: Any) -> dict[str, Call | None]:
    return {name.replace(" ", "_"): replace(GOOD[name], **facts)}


def test_nothing_is_wrong_with_a_good_history() -> None:
    assert check(history_with()) == []


OVERTAKEN = [m(1, "a"), m(2, "b"), m(3, "c"), m(4, "g", 1)]

BAD: dict[str, tuple[dict[str, Call | None], str]] = {
    "an append is lost": (
        altered("end", page=Page((m(1, "a"), m(4, "g", 2), m(5, "d")), 0)),
        "message c at place 3 is lost",
    ),
    "the newest append is lost": (
        altered("end", page=Page((m(1, "a"), m(3, "c"), m(4, "g", 2)), 0)),
        "message d at place 5 is lost",
    ),
    "an append is lost from a page in the middle": (
        altered("page", page=Page((m(3, "c"), m(5, "d")), 3, 5)),
        "message g at place 4 is lost",
    ),
    "an append is done twice": (
        altered("end", page=Page((m(1, "a"), m(3, "c"), m(4, "g", 2), m(5, "d"), m(6, "d")), 0)),
        "message d has places 5 and 6",
    ),
    "a repeat is added under another number": (
        altered("repeat", seqs=(6,)),
        "message d has places 6 and 5",
    ),
    "two messages have one number": (
        altered("last", seqs=(5,)),
        "place 5 is d's and f's",
    ),
    "two messages changed places": (
        altered("first", seqs=(2,)) | altered("batch", seqs=(1, 3)),
        "re-ordered",
    ),
    "a batch is torn apart": (altered("batch", seqs=(2, 9)), "a batch was torn apart"),
    "a page is out of order": (
        altered("page", page=Page((m(4, "g", 2), m(3, "c"), m(5, "d")), 3)),
        "a page out of order",
    ),
    "a message comes back": (
        altered("end", page=Page((m(1, "a"), m(2, "b"), m(3, "c"), m(4, "g", 2), m(5, "d")), 0)),
        "message b is back",
    ),
    "a message is nobody's": (
        altered("read", page=Page((*OVERTAKEN, m(9, "q")), 0)),
        "message q is nobody's",
    ),
    "a message is seen before it is sent": (
        altered("read", page=Page((*OVERTAKEN, m(5, "d")), 0)),
        "seen before it was sent",
    ),
    "a text is another": (
        altered("read", page=Page((m(1, "a", -1), *OVERTAKEN[1:]), 0)),
        "has a text that nobody sent",
    ),
    "words are lost": (
        altered("end", page=Page((m(1, "a"), m(3, "c"), m(4, "g", 1), m(5, "d")), 0)),
        "has 1 words, 2 were acknowledged",
    ),
    "words are doubled": (
        altered("end", page=Page((m(1, "a"), m(3, "c"), m(4, "g", 3), m(5, "d")), 0)),
        "has 3 words, 2 were sent",
    ),
    "a text shrinks before anybody is told of its growth": (
        {
            "early": read(14.1, 9, "y", *OVERTAKEN[:3], m(4, "g", 2), m(5, "d")),
            "later": read(14.2, 10, "y", *OVERTAKEN[:3], m(4, "g", 1), m(5, "d")),
        },
        "message g lost words",
    ),
    "a version is given twice": (altered("save", version=6), "two changes of one version"),
    "versions overlap in a batch": (
        altered("batch", adds=("b", "c", "p"), steps=3, seqs=(2, 3, 4)),
        "two changes of one version",
    ),
    "versions against real time": (
        {"early": append(33, 11, 7, "h"), **altered("last", version=16)},
        "written below what was seen before",
    ),
    "a stale read": (
        {"stale": read(25.5, 11, "y", m(1, "a"), m(3, "c"), m(4, "g", 2), m(5, "d"))},
        "stale: read",
    ),
    "a version that is nobody's": (altered("batch", version=5) | {"begin": None}, "nobody's"),
    "versions that nobody knows of at the end": (
        altered("conditional", version=14, if_match=None)
        | altered("completed", version=15)
        | altered("resumed", version=16)
        | altered("last", version=30),
        "are nobody's",
    ),
    "an autosave is lost": (
        altered("end", shows={"k": "x"})
        | altered("hidden", outcome="ok", version=9, applied=True, shows={"k": "y"}),
        "k was 'x', then 'y', then 'x' again",
    ),
    "an autosave without an answer is done twice": (
        {
            "between": save(19, 12, "v"),
            "seen": read(17.5, 10, "y", m(4, "g", 2)),
            "after": read(23, 12, "y"),
            **altered("conditional", version=13, if_match=None),
        },
        "k was 'y', then 'v', then 'y' again",
    ),
    "a value that nobody set": (altered("read", shows={"k": "q"}), "'q', which nobody set"),
    "a value of a write that was refused": (
        altered("completed", shows={"k": "w"}),
        "was set by a write that was refused",
    ),
    "a value before it was set": (altered("read", shows={"k": "y"}), "before it was set"),
    "a value that was overwritten before": (
        {
            "one": call("step", 0, sets={"step": "1"}, steps=1),
            "two": call("step", 2, sets={"step": "2"}, steps=1),
            "seen": call("read", 4, version=5, shows={"step": "1"}),
        },
        "step is '1', overwritten by",
    ),
    "two win with one view": (
        {
            "loser": save(24, 13, "w", if_match=11),
            **altered("completed", version=14, shows={"k": "w"}),
        },
        "won though it had not seen",
    ),
    "two appends win with one view": (
        {"early": append(5, 6, 5, "i", if_match=4), **altered("grow", version=7)},
        "won though it had not seen",
    ),
    "refused without a reason": (
        # Without the write that nobody knows of, which would be a reason for ever.
        altered("hidden", outcome="ok", version=9, applied=True, shows={"k": "y"})
        | altered("loser", if_match=14, start=31.0, end=31.5),
        "refused though nothing had changed",
    ),
    "a completed session takes a write": (
        {"late": append(27.5, 14, 6, "j", end=28.5)},
        "a completed session took a write",
    ),
    "an active session is said to be completed": (
        {"early": refused("append", 3, 409, "session_not_active", **wants("j"))},
        "said to be completed that can't be",
    ),
    "a resumed session is said to be completed": (
        {"late": refused("append", 31.5, 409, "session_not_active", **wants("j"))},
        "said to be completed that can't be",
    ),
    "a session is gone that nobody erased": (
        altered("absent", start=20.0, end=21.0),
        "is gone that nobody erased",
    ),
    "recovery does not find it": (
        {"recover": call("recover", 5, code="not_found")},
        "is gone that nobody erased",
    ),
    "an erased session is there again": (
        {"absent": read(36, 15, "z")},
        "an erased session is there again",
    ),
    "a 500": (
        {"broken": refused("read", 3, 500, "internal_error")},
        "not an answer to such a request",
    ),
    "a 503 that does not say when to come back": (
        altered("unsure", status=503, code="database_unavailable"),
        "a 503 without its code or Retry-After",
    ),
    "an id in conflict": (
        {"clash": refused("append", 3, 409, "id_conflict", **wants("b"))},
        "a conflict that can't be",
    ),
    "a precondition that nobody set": (
        altered("loser", if_match=None),
        "a precondition that nobody set",
    ),
}


@pytest.mark.parametrize(("changes", "found"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_found(changes: dict[str, Call | None], found: str) -> None:
    wrong = check(history_with(**changes))
    assert any(found in each for each in wrong), wrong


def test_a_service_that_does_not_come_back_in_time_is_found() -> None:
    back = Fault("a fault", 1, 2, (0.5, 4.9))
    late = Fault("another", 3, 4, (0.5, 5.1))
    assert check(History(faults=[back])) == []
    (wrong,) = check(History(faults=[back, late]))
    assert "another" in wrong


@pytest.mark.parametrize(
    "extra",
    [
        lost("patch", 3, **writes("late")),  # applied never, or long after
        refused("remove", 19, 404, "message_not_found", removes="b", steps=1),
        call("recover", 28, code="completed"),
        refused("grow", 31, 409, "message_not_in_progress", **more(3)),
        lost("append", 3, status=503, code="database_unavailable", retry_after=True,
             **wants("n")),
    ],
    ids=lambda extra: extra.kind,
)  # fmt: skip
def test_what_may_happen_is_not_called_wrong(extra: Call) -> None:
    assert check(history_with(extra=extra)) == []
