"""How what processes tell each other is written: JSON, each text complete in itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from uuid import UUID

from session_api.database.commits import GONE, SessionKey
from session_api.json_text import decode_json, encode_json
from session_api.sync.fanout.sealing import TEXT_BYTES

Aside: TypeAlias = tuple[SessionKey, Mapping[str, Any]]

_MOVED, _ALL_MOVED, _SAID = "moved", "all", "said"
_LARGEST_VERSION: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Payload:
    """What one process tells the others. `all_moved` stands for sessions that were too many to be
    named.
    """

    all_moved: bool = False
    moved: Mapping[SessionKey, int] = field(default_factory=dict)
    asides: Sequence[Aside] = ()


def pack(payload: Payload) -> Iterator[str]:
    """As few texts as will do, none longer than TEXT_BYTES. None where there is nothing."""
    items: list[str] = []
    size = len("[]")
    for item in _items(payload):
        text = encode_json(item)
        needed = len(text.encode()) + len(",")
        if items and size + needed > TEXT_BYTES:
            yield f"[{','.join(items)}]"
            items, size = [], len("[]")
        items.append(text)
        size += needed
    if items:
        yield f"[{','.join(items)}]"


def unpack(text: str) -> Payload | None:
    """What a text tells; None for one that this version does not write."""
    try:
        return _read(decode_json(text))
    except (ValueError, TypeError, RecursionError):
        return None


def _items(payload: Payload) -> Iterator[list[Any]]:
    if payload.all_moved:
        yield [_ALL_MOVED]
    for (owner_id, session_id), version in payload.moved.items():
        yield [_MOVED, owner_id.hex, session_id.hex, version]
    for (owner_id, session_id), message in payload.asides:
        yield [_SAID, owner_id.hex, session_id.hex, message]


def _read(written: Any) -> Payload:
    if not isinstance(written, list):
        raise TypeError
    all_moved = False
    moved: dict[SessionKey, int] = {}
    asides: list[Aside] = []
    for kind, *rest in written:
        if kind == _ALL_MOVED:
            all_moved = True
            continue
        owner_hex, session_hex, told = rest
        key = UUID(_text(owner_hex)), UUID(_text(session_hex))
        if kind == _MOVED and type(told) is int and GONE <= told <= _LARGEST_VERSION:
            moved[key] = told
        elif kind == _SAID and isinstance(told, dict):
            asides.append((key, told))
        else:
            raise ValueError
    return Payload(all_moved, moved, asides)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
