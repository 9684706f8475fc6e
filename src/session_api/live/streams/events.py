"""What streams carry, written once for all of a room that get it."""

from typing import Any, Final
from uuid import UUID

from session_api.json_text import encode_json
from session_api.live.changes import ReadyChange, seen_by
from session_api.live.streams.ends import End
from session_api.security.caller import Role

HEARTBEAT: Final = b":\n\n"
"""A comment, which every reader of Server-Sent Events passes over."""

# JSON text may hold line ends between its tokens, though none in a string; an event's line may not.
_ONE_LINE: Final = str.maketrans({"\n": " ", "\r": " "})


class Event:
    """One thing that a stream tells. `json` is an object.

    As a Server-Sent Event its kind is the event's name, and a change's version its id. As a frame
    of a WebSocket it is the same object with a `type` in front: `change` for every change.
    """

    __slots__ = ("_frame", "_sse", "id", "json", "kind", "type")

    def __init__(
        self, kind: str, json: str, *, id_: int | None = None, type_: str | None = None
    ) -> None:
        self.kind = kind
        self.json = json.translate(_ONE_LINE) if "\n" in json or "\r" in json else json
        self.id = id_
        self.type = type_ or kind
        self._sse: bytes | None = None
        self._frame: str | None = None

    def seen_by(self, role: Role) -> "Event":  # noqa: ARG002 - of changes alone
        """The same for somebody of this role."""
        return self

    @property
    def size(self) -> int:
        """About as many bytes as it takes to wait in a queue."""
        return len(self.json) + 100

    @property
    def sse(self) -> bytes:
        """As a Server-Sent Event."""
        if self._sse is None:
            identity = "" if self.id is None else f"id: {self.id}\n"
            text = f"{identity}event: {self.kind}\ndata: {self.json}\n\n"
            self._sse = text.encode()
        return self._sse

    @property
    def frame(self) -> str:
        """As a frame of a WebSocket."""
        if self._frame is None:
            rest = self.json[1:]
            comma = "" if rest == "}" else ","
            self._frame = f'{{"type":"{self.type}"{comma}{rest}'
        return self._frame


class ChangeEvent(Event):
    """A change. `offset` is how much of a growing message's text a reader must have to use it;
    `length` how much it has then, None where the message is whole.
    """

    __slots__ = ("entity_id", "length", "offset", "version")

    def __init__(self, change: ReadyChange, *, offset: int | None) -> None:
        super().__init__(change.kind, change.json, id_=change.version, type_="change")
        self.version = change.version
        self.entity_id: UUID = change.entity_id
        self.length = change.length
        self.offset = offset

    def seen_by(self, role: Role) -> Event:
        """A session tells each reader what they may do, and is written anew for that."""
        json = seen_by(role, self.json)
        return self if json is self.json else Event(self.kind, json, id_=self.id, type_=self.type)


def hello_event(version: int, **more: Any) -> Event:
    """The first event of a stream: all after this version will come, and nothing before it."""
    return Event("hello", encode_json({"version": version, **more}), id_=version)


def end_event(end: End) -> Event:
    """The last event of a stream."""
    return Event("end", end.json)
