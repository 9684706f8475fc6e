"""Who is here and who types: said between processes, kept in memory for as long as it is renewed,
and stored nowhere.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from session_api.json_text import encode_json
from session_api.live.streams.events import Event
from session_api.sync.fanout import Asides, Listening, SessionKey

BEAT_SECONDS: Final = 10.0
"""How often a process says who is here on its side."""

SILENT_SECONDS: Final = 25.0
"""Whoever was not named for so long is gone: their process may have died."""

TYPING_SECONDS: Final = 6.0
"""Typing ends by itself unless it is said again."""

STATE_BYTES: Final = 512
MEMBERS_SHOWN: Final = 200
"""More than these are here only in part, as far as streams are told."""
_SAID_AT_ONCE: Final = 1_500


@dataclass(frozen=True, slots=True)
class Member:
    """One connection of somebody. `since` is RFC 3339; `state` is whatever their app says."""

    connection_id: str
    user_id: str
    device_id: str
    since: str
    state: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return {
            "connection_id": self.connection_id,
            "user_id": self.user_id,
            "device_id": self.device_id,
            "since": self.since,
            "state": self.state,
        }


@dataclass(slots=True)
class _Seen:
    member: Member
    process: str
    heard_at: float
    typing_until: float = 0.0


class Presence:
    """Who is in one session, on whichever replica, as this process knows it.

    Asides may be lost, so each process repeats who is on its side; whoever is not repeated expires.
    `tell` hands an event to the streams of this process, but for one.
    """

    def __init__(
        self,
        key: SessionKey,
        asides: Asides,
        *,
        process: str,
        tell: Callable[[SessionKey, Event, UUID | None], None],
        ticks: Callable[[], float],
    ) -> None:
        """`ticks` are seconds since some moment."""
        self._key = key
        self._asides = asides
        self._process = process
        self._tell = tell
        self._ticks = ticks
        self._here: dict[str, _Seen] = {}
        self._hearing: Listening | None = None
        self._beat_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether anybody of this process takes part."""
        return self._hearing is not None

    def close(self) -> None:
        if self._hearing is not None:
            self._asides.forget(self._key, self._hearing)
            self._hearing = None

    # Of this process

    def enter(self, member: Member) -> list[dict[str, Any]]:
        """Somebody comes. Returns who is here then, themselves included."""
        now = self._ticks()
        if self._hearing is None:
            self._hearing = self._asides.listen(self._key, self._take_in)
            self._say({"ask": True})
            self._beat_at = now + BEAT_SECONDS
        self._note(member, self._process, now)
        self._say({"here": [member.document()]})
        return [seen.member.document() for seen in list(self._here.values())[:MEMBERS_SHOWN]]

    def leave(self, connection_id: str) -> None:
        """Somebody of this process goes."""
        self._forget(connection_id)
        self._say({"left": connection_id})
        if not any(True for _ in self._own()):
            self.close()
            self._here.clear()

    def change(self, connection_id: str, state: Mapping[str, Any]) -> None:
        """Somebody of this process shows another state."""
        seen = self._here.get(connection_id)
        if seen is not None:
            member = replace(seen.member, state=state)
            self._note(member, self._process, self._ticks())
            self._say({"here": [member.document()]})

    def type(self, connection_id: str, typing: bool) -> None:
        """Somebody of this process types, or stops."""
        if self._note_typing(connection_id, typing):
            self._say({"typing": connection_id, "on": typing})

    def look(self) -> None:
        """Once in a while: says again who is here, and lets go who is silent."""
        if self._hearing is None:
            return
        now = self._ticks()
        for connection_id, seen in list(self._here.items()):
            if seen.process != self._process and now - seen.heard_at > SILENT_SECONDS:
                self._forget(connection_id)
            elif seen.typing_until and now >= seen.typing_until:
                self._note_typing(connection_id, False)
        if now >= self._beat_at:
            self._beat(now)

    # Of the others

    def _take_in(self, said: Mapping[str, Any]) -> None:
        """What is odd is passed over: who may use the database or Redis may say anything."""
        process = said.get("process")
        if not isinstance(process, str) or process == self._process:
            return
        if said.get("ask") is True:
            self._beat_at = 0.0
        for told in _list_of(said.get("here")):
            member = _member(told)
            if member is not None and not self._is_own(member.connection_id):
                self._note(member, process, self._ticks())
        left, typing = said.get("left"), said.get("typing")
        if isinstance(left, str) and not self._is_own(left):
            self._forget(left)
        if isinstance(typing, str) and not self._is_own(typing):
            self._note_typing(typing, said.get("on") is True)

    def _is_own(self, connection_id: str) -> bool:
        seen = self._here.get(connection_id)
        return seen is not None and seen.process == self._process

    # What is known

    def _own(self) -> Iterator[Member]:
        return (seen.member for seen in self._here.values() if seen.process == self._process)

    def _note(self, member: Member, process: str, now: float) -> None:
        seen = self._here.get(member.connection_id)
        if seen is None:
            self._here[member.connection_id] = _Seen(member, process, now)
            self._tell_presence("joined", member)
            return
        seen.heard_at = now
        if seen.member != member:
            seen.member = member
            self._tell_presence("changed", member)

    def _forget(self, connection_id: str) -> None:
        seen = self._here.pop(connection_id, None)
        if seen is not None:
            self._tell_presence("left", seen.member)

    def _note_typing(self, connection_id: str, typing: bool) -> bool:
        """Whether it says anything new, to others too: typing is said again to last."""
        seen = self._here.get(connection_id)
        if seen is None:
            return False
        was, seen.typing_until = (
            seen.typing_until,
            self._ticks() + TYPING_SECONDS if typing else 0.0,
        )
        if bool(was) != typing:
            told = {"typing": typing, **_who(seen.member)}
            self._tell(self._key, Event("typing", encode_json(told)), _uuid(connection_id))
        return typing or bool(was)

    def _tell_presence(self, what: str, member: Member) -> None:
        told = {"event": what, "member": member.document()}
        self._tell(self._key, Event("presence", encode_json(told)), _uuid(member.connection_id))

    # Saying

    def _beat(self, now: float) -> None:
        self._beat_at = now + BEAT_SECONDS
        together: list[dict[str, Any]] = []
        size = 0
        for member in list(self._own()):
            document = member.document()
            needed = len(encode_json(document).encode())
            if together and size + needed > _SAID_AT_ONCE:
                self._say({"here": together})
                together, size = [], 0
            together.append(document)
            size += needed
        if together:
            self._say({"here": together})

    def _say(self, message: Mapping[str, Any]) -> None:
        self._asides.say(self._key, {"process": self._process, **message})


def _uuid(connection_id: str) -> UUID | None:
    try:
        return UUID(connection_id)
    except ValueError:
        return None


def _who(member: Member) -> dict[str, str]:
    return {
        "connection_id": member.connection_id,
        "user_id": member.user_id,
        "device_id": member.device_id,
    }


def _list_of(told: Any) -> list[Any]:
    return told if isinstance(told, list) else []


def _member(told: Any) -> Member | None:
    if not isinstance(told, dict):
        return None
    names = ("connection_id", "user_id", "device_id", "since")
    texts = [told.get(name) for name in names]
    state = told.get("state")
    if not isinstance(state, dict) or not all(isinstance(text, str) for text in texts):
        return None
    connection_id, user_id, device_id, since = map(str, texts)
    return Member(connection_id, user_id, device_id, since, state)
