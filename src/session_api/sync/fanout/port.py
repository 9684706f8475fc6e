"""The port between the processes of a service."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol

PAYLOAD_BYTES: Final = 7_900
"""The longest text that is sent, in UTF-8. PostgreSQL takes less than 8,000 bytes."""


class FanOut(Protocol):
    """Carries short texts between all processes of a service: hints, of which any may be lost.

    What arrives was sent, once or more often, in whatever order, by this process or another one, or
    by anybody else who may use the same database or Redis: who hears it believes what is sealed. A
    process hears itself as well.
    """

    @property
    def source(self) -> Literal["notify", "redis"]:
        """What wakes are counted under that came this way."""

    @property
    def lost(self) -> bool:
        """Whether the last attempt to reach the others failed. Not before there was one."""

    @property
    def reconnects(self) -> int:
        """How often the others were reached again after they were lost."""

    async def listen_for_ever(
        self, heard: Callable[[str], None], connected: Callable[[], None]
    ) -> None:
        """Connects, and again whenever the connection is lost, until cancelled; ends at once then.

        Calls `connected` whenever it begins to hear, since what was sent before is lost, and
        `heard` with each text from then on.
        """

    async def send(self, payloads: Sequence[str]) -> None:
        """Sends them all to whoever hears at the moment, outside of any transaction. Each is at
        most PAYLOAD_BYTES long. Where nobody can be reached they are dropped; raises nothing.
        """


class NoFanOut:
    """For a process that finds everything out by polling."""

    source: Final = "notify"
    lost: Final = False
    reconnects: Final = 0

    async def listen_for_ever(
        self,
        heard: Callable[[str], None],  # noqa: ARG002 - nobody tells anything
        connected: Callable[[], None],  # noqa: ARG002
    ) -> None:
        await asyncio.Event().wait()

    async def send(self, payloads: Sequence[str]) -> None:
        pass
