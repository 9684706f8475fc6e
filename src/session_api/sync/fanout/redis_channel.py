"""The fan-out by Redis' or Valkey's PUBLISH and SUBSCRIBE."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Literal

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from session_api.sync.fanout.link import Link

ANSWER_SECONDS: Final = 2.0
QUIET_SECONDS: Final = 15.0
"""After so long without a word we say one to ourselves; where that is not heard within as long, the
connection is given up.
"""

_WORD: Final = ""

_LOST: Final = (RedisError, OSError, TimeoutError)


class RedisChannel:
    """One connection a process that listens, and another one that publishes."""

    source: Final[Literal["redis"]] = "redis"

    def __init__(
        self,
        url: SecretStr,
        *,
        quiet_seconds: float = QUIET_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        """Raises ValueError for what is no address."""
        self._quiet_seconds = quiet_seconds
        # Who listens does not try again by itself: the link does, which knows that hints were lost.
        self._listener = _client(url, retries=0, answers_in=answer_seconds)
        # A connection that lay idle while the server was started again is noticed when it is used.
        self._publisher = _client(url, retries=1, answers_in=answer_seconds)
        # Channels, unlike keys, are those of all databases of a server.
        number = self._listener.connection_pool.connection_kwargs.get("db", 0)
        self._channel = f"session-api:{number}"
        self._link = Link("redis", _LOST)
        self._listening = False

    @property
    def lost(self) -> bool:
        return self._link.lost

    @property
    def reconnects(self) -> int:
        return self._link.reconnects

    async def listen_for_ever(
        self, heard: Callable[[str], None], connected: Callable[[], None]
    ) -> None:
        try:
            await self._link.keep(partial(self._listen, heard, connected))
        finally:
            await self._listener.aclose()
            await self._publisher.aclose()

    async def send(self, payloads: Sequence[str]) -> None:
        if not self._listening:
            return
        try:
            for payload in payloads:
                await self._publisher.publish(self._channel, payload)
        except _LOST as error:
            self._link.is_lost(error)
        else:
            self._link.is_up()

    async def _listen(self, heard: Callable[[str], None], connected: Callable[[], None]) -> None:
        async with self._listener.pubsub() as subscription:
            await subscription.subscribe(self._channel)
            asked = False
            try:
                while True:
                    message = await subscription.get_message(timeout=self._quiet_seconds)
                    if message is None:
                        if asked:
                            raise TimeoutError
                        await self.send([_WORD])
                    elif message["type"] == "subscribe":
                        self._listening = True
                        self._link.is_up()
                        connected()
                    elif message["type"] == "message" and message["data"] != _WORD.encode():
                        heard(message["data"].decode("utf-8", "replace"))
                    asked = message is None
            finally:
                self._listening = False


def _client(url: SecretStr, *, retries: int, answers_in: float) -> Any:
    return Redis.from_url(
        url.get_secret_value(),
        socket_timeout=answers_in,
        socket_connect_timeout=answers_in,
        retry=Retry(NoBackoff(), retries),
    )
