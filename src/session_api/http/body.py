"""Reading request bodies strictly: what PostgreSQL, JSON readers or people would trip over later
is refused here, once, for every route.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import jiter

MAX_DEPTH = 100
MAX_VALUES = 200_000
"""A hundred messages of many parts have a few thousand. Looking at this many takes well under a
tenth of a second, in which nobody else is served."""

_MAX_INTEGER = 2**63 - 1
_MIN_INTEGER = -(2**63)
_NUL_ESCAPE = b"\\u0000"


class PoisonError(ValueError):
    """A body that is not JSON, or JSON that must not come in. `pointer` says where (RFC 6901)."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer
        self.detail = detail


class _Fault(NamedTuple):
    """What is wrong with the value at a place of a level of the whole, both counted from zero."""

    depth: int
    place: int
    detail: str


def parse_json(body: bytes) -> Any:
    """The value of a JSON body.

    Raises PoisonError for what is not JSON (RFC 8259) in UTF-8, for duplicate keys, NaN and
    infinities, lone surrogates, U+0000, integers beyond 64 bits, numbers beyond a double, nesting
    deeper than 100, and more than 200,000 values.
    """
    if _has_too_many(body):
        raise _too_many()
    try:
        value = jiter.from_json(body, catch_duplicate_keys=True, allow_inf_nan=False)
    except ValueError as error:
        raise PoisonError("", f"is not valid JSON: {error}") from None
    # A NUL can only come in as this escape: jiter refuses the bare byte.
    if (fault := _fault(value, look_for_nul=_NUL_ESCAPE in body)) is not None:
        raise PoisonError(_pointer_to(value, fault.depth, fault.place), fault.detail)
    return value


def _too_many() -> PoisonError:
    return PoisonError("", f"holds more than {MAX_VALUES} values")


def _has_too_many(body: bytes) -> bool:
    """Whether a body surely holds more values than may be, found out without parsing it.

    What is let through holds at most twice as many: every value but the last of an array or object
    is followed by a comma, and there is one last value for each bracket that opens. Both count.
    """
    commas, brackets = _separators(body)
    if commas < MAX_VALUES and brackets <= MAX_VALUES:
        return False
    # Some stand in text. Without its escapes, nothing of text is left outside the quotes.
    bare = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    if bare.count(b'"') > 4 * MAX_VALUES:  # two for a text, two for its key
        return True
    commas, brackets = map(sum, zip(*map(_separators, bare.split(b'"')[::2]), strict=True))
    return commas >= MAX_VALUES or brackets > MAX_VALUES


def _separators(body: bytes) -> tuple[int, int]:
    return body.count(b","), body.count(b"[") + body.count(b"{")


def _fault(root: Any, *, look_for_nul: bool) -> _Fault | None:
    """The first value that must not come in. Level by level, so depth costs no stack."""
    level = [root]
    depth = seen = 0
    while level:
        seen += len(level)
        if seen > MAX_VALUES:
            raise _too_many()
        if depth == MAX_DEPTH:
            return _Fault(depth, 0, f"is nested deeper than {MAX_DEPTH} levels")
        below: list[Any] = []
        for place, value in enumerate(level):
            if isinstance(value, dict):
                if look_for_nul and any("\x00" in key for key in value):
                    return _Fault(depth, place, "holds U+0000 in a key, which can't be stored")
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif (detail := _wrong_with(value, look_for_nul=look_for_nul)) is not None:
                return _Fault(depth, place, detail)
        level = below
        depth += 1
    return None


def _wrong_with(value: Any, *, look_for_nul: bool) -> str | None:
    if isinstance(value, str):
        if look_for_nul and "\x00" in value:
            return "holds U+0000, which can't be stored"
    elif isinstance(value, float):
        if not math.isfinite(value):
            return "is a number beyond what a double can hold"
    elif isinstance(value, int) and not _MIN_INTEGER <= value <= _MAX_INTEGER:
        return "is an integer beyond 64 bits"
    return None


def _pointer_to(root: Any, depth: int, place: int) -> str:
    """Where a value stands: looked for only once it is known to be wrong. By its place in its
    level, since the same object may stand in several (`null`, small numbers, short texts).
    """
    level: list[tuple[str, Any]] = [("", root)]
    for _ in range(depth):
        level = [child for pointer, value in level for child in _children(pointer, value)]
    return level[place][0]


def _children(pointer: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, child in value.items():
            # RFC 6901 § 3
            yield f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", child
    elif isinstance(value, list):
        for place, child in enumerate(value):
            yield f"{pointer}/{place}", child
