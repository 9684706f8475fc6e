"""One run: two replicas, twenty clients, a schedule of faults; and what the history says."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx

from tests.faults.consistency import half_done
from tests.faults.history.checking import check
from tests.faults.history.clients import Client
from tests.faults.history.records import History
from tests.faults.history.schedule import Schedule
from tests.faults.history.spaces import Space, Texts, make_space
from tests.faults.replicas import Replicas, replicas
from tests.support.people import new_id

CLIENTS = 20
OWNERS = 4
SESSIONS_EACH = 2


@dataclass(frozen=True)
class Report:
    """What came of a run."""

    seed: int
    history: History
    wrong: list[str]

    def __str__(self) -> str:
        calls = self.history.calls
        outcomes = Counter(call.outcome for call in calls)
        kinds = Counter(call.kind for call in calls)
        return "\n".join(
            [
                f"seed {self.seed}: {len(calls)} calls, {dict(outcomes)}",
                f"calls: {dict(kinds.most_common())}",
                *(str(fault) for fault in self.history.faults),
                f"{len(self.wrong)} faults found",
                *self.wrong[:50],
            ]
        )


async def run(*, seconds: float, seed: int, pause_seconds: float) -> Report:
    """`pause_seconds` is how long each client rests between two requests, on average."""
    chance = random.Random(seed)
    async with replicas(2) as town, AsyncExitStack() as stack:
        https = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=each.url, timeout=10))
            for each in town.services
        ]
        headers = [
            {"Authorization": f"Bearer {town.services[0].token(f'owner-{number}')}"}
            for number in range(OWNERS)
        ]
        spaces = [
            [
                await make_space(https[0], of, shared_by=CLIENTS // OWNERS)
                for _ in range(SESSIONS_EACH)
            ]
            for of in headers
        ]
        history = History(base={space.id: space.version for mine in spaces for space in mine})
        texts = Texts()
        clients = [
            Client(
                number,
                https,
                headers[number % OWNERS],
                spaces[number % OWNERS],
                history,
                texts,
                random.Random(chance.random()),
                owners=OWNERS,
            )
            for number in range(CLIENTS)
        ]
        # Somebody else's: a recovery of an owner's may fall back to any session of theirs.
        prober = {"Authorization": f"Bearer {town.services[0].token('prober')}"}
        probe = await make_space(https[0], prober, shared_by=1)
        schedule = Schedule(town, history, chance, _Works(https, probe, prober))
        await _work(clients, schedule, seconds, pause_seconds)
        for mine, reader in zip(spaces, clients[-OWNERS:], strict=True):
            for space in mine:
                await reader.reads_everything(space)
        wrong = [*check(history), *await _in_the_tables(town)]
    return Report(seed, history, wrong)


async def _work(
    clients: Sequence[Client], schedule: Schedule, seconds: float, pause_seconds: float
) -> None:
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.work_until(over, pause_seconds))
        faults = group.create_task(schedule.run_until(over))
        await asyncio.sleep(seconds)
        over.set()
        await faults


@dataclass(frozen=True)
class _Works:
    """Asks one replica for a write, which nobody else has to do with."""

    https: Sequence[httpx.AsyncClient]
    space: Space
    headers: dict[str, str]

    async def __call__(self, replica: int) -> bool:
        try:
            answer = await self.https[replica].put(
                self.space.path, json={"name": new_id()}, headers=self.headers
            )
        except httpx.TransportError:
            return False
        return answer.status_code == 200


async def _in_the_tables(town: Replicas) -> list[str]:
    """What no client can see: counters, the log, and what the services could not explain."""
    # The highest number may be a message's that was removed since.
    found = [
        f"half done: {row}"
        for row in await half_done(town.services[0].query)
        if not (row.get("counts") and row.get("versions"))
    ]
    return found + [
        f"an unexpected error: {line}"
        for service in town.services
        for line in service.output.splitlines()
        if '"unexpected_error"' in line
    ]
