"""Asking a replica, and writing down what came of it."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from tests.faults.history.records import Call, History, Outcome
from tests.support.people import MERGE_PATCH

PATIENCE_SECONDS = 10.0
"""Longer than the service takes for any answer."""

HASTY_SHARE = 0.1
"""Of the requests, which are given up after a fraction of a second and sent again."""


@dataclass(frozen=True)
class Told:
    """What came back of a request, and when."""

    start: float
    end: float
    answer: httpx.Response | None

    @property
    def outcome(self) -> Outcome:
        if self.answer is None or self.answer.status_code == 503:
            return "unknown"
        return "ok" if self.answer.is_success else "refused"

    @property
    def is_ok(self) -> bool:
        return self.outcome == "ok"

    @property
    def status(self) -> int | None:
        return None if self.answer is None else self.answer.status_code

    @property
    def body(self) -> Any:
        assert self.answer is not None
        return self.answer.json()

    @property
    def code(self) -> str | None:
        if self.answer is None or self.answer.is_success:
            return None
        try:
            return str(self.answer.json()["code"])
        except (ValueError, KeyError):
            return "no problem document"

    @property
    def etag(self) -> int:
        assert self.answer is not None
        return int(self.answer.headers["etag"].strip('"'))


class Asker:
    """Sends requests to any of the replicas, each a line of the history."""

    def __init__(
        self,
        number: int,
        replicas: Sequence[httpx.AsyncClient],
        headers: Mapping[str, str],
        history: History,
        chance: random.Random,
    ) -> None:
        self.number = number
        self.history = history
        self.chance = chance
        self._replicas = replicas
        self._headers = headers

    def new_id(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    async def ask(
        self, method: str, path: str, body: Any = None, *, seen: int | None = None
    ) -> Told:
        headers = dict(self._headers)
        if method == "PATCH":
            headers |= MERGE_PATCH
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        is_hasty = self.chance.random() < HASTY_SHARE
        patience = self.chance.uniform(0.01, 0.4) if is_hasty else PATIENCE_SECONDS
        replica = self.chance.choice(self._replicas)
        start = time.monotonic()
        answer: httpx.Response | None = None
        with suppress(httpx.TransportError):
            answer = await replica.request(
                method, path, json=body, headers=headers, timeout=patience
            )
        return Told(start, time.monotonic(), answer)

    def note(self, kind: str, session: str, told: Told, **facts: Any) -> None:
        answer = told.answer
        self.history.calls.append(
            Call(
                kind=kind,
                session=session,
                start=told.start,
                end=told.end,
                outcome=told.outcome,
                client=self.number,
                status=told.status,
                code=facts.pop("code", told.code),
                retry_after=answer is not None and "retry-after" in answer.headers,
                **facts,
            )
        )

    async def rests(self) -> None:
        """Before it sends something again."""
        await asyncio.sleep(self.chance.uniform(0.02, 0.3))
