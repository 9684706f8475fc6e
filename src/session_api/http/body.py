"""Reading request bodies strictly: what PostgreSQL, JSON readers or people would trip over later
is refused here, once, for every route.
"""

import json
import math
from collections.abc import Iterable
from typing import Any

import jiter

MAX_DEPTH = 100
_MAX_INTEGER = 2**63 - 1
_MIN_INTEGER = -(2**63)


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
    infinities, lone surrogates, U+0000, integers beyond 64 bits, numbers beyond a double, and
    nesting deeper than 100.
    """
    try:
        value = jiter.from_json(body, catch_duplicate_keys=True, allow_inf_nan=False)
    except ValueError as error:
        raise PoisonError("", f"is not valid JSON: {error}") from None
    _refuse_poison(value)
    return value


def _refuse_poison(root: Any) -> None:
    level: list[tuple[str, Any]] = [("", root)]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise PoisonError(level[0][0], f"is nested deeper than {MAX_DEPTH} levels")
        level = [child for pointer, value in level for child in _children(pointer, value)]


def _children(pointer: str, value: Any) -> Iterable[tuple[str, Any]]:
    """What a value holds, with pointers to it. Raises PoisonError for a value itself poison."""
    match value:
        case dict():
            for key in value:
                _refuse_text(pointer, key)
            return [(f"{pointer}/{_escaped(key)}", child) for key, child in value.items()]
        case list():
            return [(f"{pointer}/{place}", child) for place, child in enumerate(value)]
        case str():
            _refuse_text(pointer, value)
        case float() if not math.isfinite(value):
            raise PoisonError(pointer, "is a number beyond what a double can hold")
        case int() if not _MIN_INTEGER <= value <= _MAX_INTEGER:
            raise PoisonError(pointer, "is an integer beyond 64 bits")
    return ()


def _refuse_text(pointer: str, text: str) -> None:
    if "\x00" in text:
        raise PoisonError(pointer, "holds U+0000, which can't be stored")


def _escaped(key: str) -> str:
    """A key as a token of a JSON pointer (RFC 6901 § 3)."""
    return key.replace("~", "~0").replace("/", "~1")
