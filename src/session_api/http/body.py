"""Reading request bodies strictly: what PostgreSQL, JSON readers or people would trip over later
is refused here, once, for every route.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

import jiter

MAX_DEPTH = 100
MAX_VALUES = 200_000
"""A hundred messages of many parts have a few thousand. Looking at this many takes well under a
tenth of a second, in which nobody else is served."""

_MAX_INTEGER = 2**63 - 1
_MIN_INTEGER = -(2**63)
_NUL_ESCAPE = b"\\u0000"


class PoisonError(json.JSONDecodeError):
    """A body that is not JSON, or JSON that must not come in. `pointer` says where (RFC 6901).

    A JSONDecodeError because that is what FastAPI lets pass from a body that can't be read.
    """

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail, "", 0)
        self.pointer = pointer
        self.detail = detail


def parse_json(body: bytes) -> Any:
    """The value of a JSON body.

    Raises PoisonError for what is not JSON (RFC 8259) in UTF-8, for duplicate keys, NaN and
    infinities, lone surrogates, U+0000, integers beyond 64 bits, numbers beyond a double, nesting
    deeper than 100, and more than 200,000 values.
    """
    # Every value but the last of an array or object is followed by a comma, so this can't be too
    # low; it is high where text holds commas, and then the values themselves are counted.
    may_be_many = body.count(b",") >= MAX_VALUES
    if may_be_many and _commas_outside_text(body) >= MAX_VALUES:
        raise PoisonError("", f"holds more than {MAX_VALUES} values")
    try:
        value = jiter.from_json(body, catch_duplicate_keys=True, allow_inf_nan=False)
    except ValueError as error:
        raise PoisonError("", f"is not valid JSON: {error}") from None
    # A NUL can only come in as this escape: jiter refuses the bare byte.
    if (fault := _fault(value, look_for_nul=_NUL_ESCAPE in body)) is not None:
        culprit, detail = fault
        raise PoisonError(_pointer_to(culprit, value), detail)
    return value


def _commas_outside_text(body: bytes) -> int:
    """How many commas stand between values. Without text there is nothing between the quotes."""
    bare = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    return sum(part.count(b",") for part in bare.split(b'"')[::2])


def _fault(root: Any, *, look_for_nul: bool) -> tuple[Any, str] | None:
    """The first value that must not come in, and why. Level by level, so depth costs no stack."""
    level = [root]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return level[0], f"is nested deeper than {MAX_DEPTH} levels"
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                if look_for_nul and any("\x00" in key for key in value):
                    return value, "holds U+0000 in a key, which can't be stored"
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif (detail := _wrong_with(value, look_for_nul=look_for_nul)) is not None:
                return value, detail
        level = below
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


def _pointer_to(culprit: Any, root: Any) -> str:
    """Where a value stands: looked for only once it is known to be wrong."""
    level: list[tuple[str, Any]] = [("", root)]
    while level:
        for pointer, value in level:
            if value is culprit:
                return pointer
        level = [child for pointer, value in level for child in _children(pointer, value)]
    return ""


def _children(pointer: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, child in value.items():
            # RFC 6901 § 3
            yield f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", child
    elif isinstance(value, list):
        for place, child in enumerate(value):
            yield f"{pointer}/{place}", child
