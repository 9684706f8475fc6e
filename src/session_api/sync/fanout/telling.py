"""Telling other processes what this one committed, and hearing what they did."""

import asyncio
from typing import Final

from session_api.database.commits import Moved
from session_api.sync.fanout.asides import Asides
from session_api.sync.fanout.outbox import Outbox
from session_api.sync.fanout.payloads import unpack
from session_api.sync.fanout.port import FanOut
from session_api.sync.fanout.sealing import Sealing
from session_api.sync.fanout.watch import Watch

PAUSE_SECONDS: Final = 0.02
"""Between two sendings: the first goes at once, what comes meanwhile goes together."""


class Telling:
    """Between the commits of this process, its watch, and the other processes."""

    def __init__(
        self, fan_out: FanOut, sealing: Sealing, outbox: Outbox, watch: Watch, asides: Asides
    ) -> None:
        self._fan_out = fan_out
        self._sealing = sealing
        self._outbox = outbox
        self._watch = watch
        self._asides = asides

    def committed(self, moved: Moved) -> None:
        """For `Database.committed`: wakes who watches here, and has the others told soon."""
        self._watch.told(moved, "own")
        self._outbox.put_moved(moved)

    async def run_for_ever(self) -> None:
        """Tells and hears until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fan_out.listen_for_ever(self._heard, self._watch.look_soon))
            group.create_task(self._tell_for_ever())

    async def _tell_for_ever(self) -> None:
        while True:
            await self._outbox.waiting.wait()
            await self._fan_out.send([self._sealing.seal(text) for text in self._outbox.take()])
            await asyncio.sleep(PAUSE_SECONDS)

    def _heard(self, sealed: str) -> None:
        text = self._sealing.open(sealed)
        payload = None if text is None else unpack(text)
        if payload is None:
            return
        if payload.all_moved:
            self._watch.look_soon()
        self._watch.told(payload.moved, self._fan_out.source)
        for key, message in payload.asides:
            self._asides.told(key, message)
