"""The presences of all sessions that somebody of this process takes part in."""

import asyncio
from uuid import UUID

from session_api.live.streams.events import Event
from session_api.live.streams.presence import Presence
from session_api.live.streams.stream import Stream
from session_api.sync.fanout import Asides, SessionKey


class Attendance:
    """Which streams take part in what is said beside their sessions."""

    def __init__(self, asides: Asides, *, process: str) -> None:
        """`process` names this one to the others."""
        self._asides = asides
        self._process = process
        self._presences: dict[SessionKey, Presence] = {}
        self._talking: dict[SessionKey, set[Stream]] = {}

    def presence_of(self, stream: Stream) -> Presence:
        """Of the stream's session; from now on the stream is told of it, until `leave`."""
        self._talking.setdefault(stream.key, set()).add(stream)
        presence = self._presences.get(stream.key)
        if presence is None:
            presence = self._presences[stream.key] = Presence(
                stream.key,
                self._asides,
                process=self._process,
                tell=self._tell,
                ticks=asyncio.get_running_loop().time,
            )
        return presence

    def leave(self, stream: Stream) -> None:
        """The stream takes part no longer."""
        talking = self._talking.get(stream.key, set())
        if stream not in talking:
            return
        talking.remove(stream)
        self._presences[stream.key].leave(str(stream.id))
        if not talking:
            del self._talking[stream.key]
            self._presences.pop(stream.key).close()

    def look(self) -> None:
        """Once in a while, at each."""
        for presence in list(self._presences.values()):
            presence.look()

    def _tell(self, key: SessionKey, event: Event, but: UUID | None) -> None:
        for stream in self._talking.get(key, ()):
            if stream.id != but:
                stream.offer(event)
