"""A whole run: from an empty folder to everything that was found."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from benchmarks.costs import Costs, Updates, count, updates
from benchmarks.generator import running_generator
from benchmarks.ground import Ground, ground, temporary_folder
from benchmarks.growth import Growth, among_sessions, in_a_chat
from benchmarks.measuring import SERVICE, Effort, Measuring, Result
from benchmarks.paths import ADK, FLOOR, TUTORIAL, Path, measured_paths
from benchmarks.peers import adk
from benchmarks.population import (
    MESSAGE,
    NOWHERE,
    Population,
    Sizes,
    populate,
    populate_adk,
    populate_tutorial,
)
from benchmarks.processes import (
    Server,
    Start,
    running_adk,
    running_floor,
    running_tutorial,
    started,
)
from benchmarks.waiting import Waits, wait
from benchmarks.workers import Doubling, Memory, Soak, Starts, double, memory_of, soak, starts
from session_api.database.migrations import migrate

PARTS: Final = ("costs", "paths", "waits", "growth", "workers", "soak", "starts")
"""What can be measured, in the order in which it is."""

_WORKERS_PATHS = ("recovery", "light read")


@dataclass(frozen=True)
class Plan:
    """What is measured. `only` is how the names of the paths begin; times are seconds."""

    effort: Effort
    sizes: Sizes
    parts: frozenset[str]
    peers: frozenset[str]
    only: tuple[str, ...]
    many_sessions: int
    wait_seconds: float
    soak_seconds: float
    starts: int


@dataclass
class Findings:
    """What came of it. What was not measured is empty."""

    postgresql: str = ""
    adk: str = ""
    costs: list[Costs] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    updates: Updates = field(default_factory=lambda: Updates(0, 0))
    waits: list[Waits] = field(default_factory=list)
    growth: list[Growth] = field(default_factory=list)
    doublings: list[Doubling] = field(default_factory=list)
    fresh: dict[str, Memory] = field(default_factory=dict)
    used: dict[str, Memory] = field(default_factory=dict)
    soak: Soak | None = None
    starts: Starts | None = None

    def as_json(self) -> dict[str, Any]:
        """Every reading."""
        return {
            "postgresql": self.postgresql,
            "adk": self.adk,
            "results": [result.as_json() for result in self.results],
            "costs": [asdict(costs) for costs in self.costs],
            "updates": asdict(self.updates),
            "waits": [asdict(waits) for waits in self.waits],
            "growth": [
                {"of": growth.of, "few": growth.few, "many": growth.many, "costs": growth.costs}
                for growth in self.growth
            ],
            "doublings": [
                {"path": doubling.result.path.name, "gains": doubling.gains, "busy": doubling.busy}
                for doubling in self.doublings
            ],
            "memory": {
                when: {side: asdict(memory) for side, memory in found.items()}
                for when, found in (("fresh", self.fresh), ("used", self.used))
            },
            "soak": None if self.soak is None else asdict(self.soak),
            "starts": None if self.starts is None else asdict(self.starts),
        }


Say = Callable[[str], None]


def run(plan: Plan, say: Say, start: Start = started, *, durable: bool = True) -> Findings:
    """Measures; `say` is told what comes next, the rest is as for `ground`. Raises BenchFailed."""
    found = Findings()
    with temporary_folder() as folder:
        with ground(folder, start, durable=durable) as here:
            migrate(here.settings)  # not by the service, whose memory after its start counts
            found.postgresql = f"{asyncio.run(here.postgresql())}, embedded"
            with running_generator() as generator:
                _measure(plan, found, here, Measuring(generator, plan.effort), say)
        if "starts" in plan.parts:
            say("Starting on a prepared folder")
            found.starts = starts(here, plan.starts)
    return found


def _measure(plan: Plan, found: Findings, here: Ground, measuring: Measuring, say: Say) -> None:
    say(f"Populating with {plan.sizes.sessions:,} sessions")
    with ExitStack() as stack:
        servers, urls, population = _populated(stack, here, plan, found)
        every_path = measured_paths(population)
        paths = [path for path in every_path if path.name.startswith(plan.only)]
        if "costs" in plan.parts:
            say("Counting statements and bytes")
            found.costs = count(paths, servers, urls, here, measuring.generator)
        if "paths" in plan.parts:
            before = asyncio.run(updates(here))
            for path in paths:
                say(path.name)
                found.results.append(measuring.measure(path, servers))
            found.updates = asyncio.run(updates(here)).since(before)
        if "waits" in plan.parts:
            say("Waiting at fixed rates")
            found.waits = wait(measuring, paths, servers, found.results, plan.wait_seconds)
        found.used = {side: memory_of(server) for side, server in servers.items()}
        if "growth" in plan.parts:
            say("Recovery of a long chat")
            found.growth.append(in_a_chat(measuring, servers[SERVICE], population))
    # The peers are gone: who is idle takes CPU as well.
    _measure_processes(plan, found, measuring, here, every_path, population, say)


def _measure_processes(
    plan: Plan,
    found: Findings,
    measuring: Measuring,
    here: Ground,
    paths: Sequence[Path],
    population: Population,
    say: Say,
) -> None:
    """The parts that start services of their own."""
    if "workers" in plan.parts:
        say("Two workers beside one")
        doubled = [path for path in paths if path.name.startswith(_WORKERS_PATHS)]
        found.doublings = double(measuring, here, doubled)
    if "soak" in plan.parts:
        say(f"{plan.soak_seconds:g} seconds of load on one worker")
        found.soak = soak(measuring, here, paths, plan.soak_seconds)
    if "growth" in plan.parts:
        say(f"Recovery among {plan.many_sessions:,} sessions")
        many = among_sessions(measuring, here, population, plan.sizes, many=plan.many_sessions)
        found.growth.append(many)


def _populated(
    stack: ExitStack, here: Ground, plan: Plan, found: Findings
) -> tuple[dict[str, Server], Mapping[str, str], Population]:
    """Who is measured, started and filled, the URLs of their databases, and what is in them."""
    service = stack.enter_context(here.replica("service"))
    found.fresh[SERVICE] = memory_of(service)
    servers = {SERVICE: service}
    urls = {SERVICE: here.environment["DATABASE_URL"], FLOOR: here.url}
    tutorial = NOWHERE
    if TUTORIAL in plan.peers:
        there = here.empty("tutorial")
        urls[TUTORIAL] = there.url
        server = running_tutorial(here.folder, there.sqlalchemy_url, here.secret)
        servers[TUTORIAL] = stack.enter_context(server)
        found.fresh[TUTORIAL] = memory_of(servers[TUTORIAL])
        tutorial = populate_tutorial(there, servers[TUTORIAL].base, plan.sizes)
    population = populate(here, service.base, plan.sizes, tutorial)
    if ADK in plan.peers:
        there = here.empty("adk")
        urls[ADK] = there.url
        server = running_adk(here.folder, adk.installed(), there.sqlalchemy_url)
        servers[ADK] = stack.enter_context(server)
        found.fresh[ADK] = memory_of(servers[ADK])
        found.adk = f"google-adk {adk.version()}, api_server"
        populate_adk(servers[ADK].base, population)
    if FLOOR in plan.peers:
        environment = _of_floor(here, population)
        servers[FLOOR] = stack.enter_context(running_floor(here.folder, environment))
        found.fresh[FLOOR] = memory_of(servers[FLOOR])
    return servers, urls, population


def _of_floor(here: Ground, population: Population) -> dict[str, str]:
    row = asyncio.run(
        here.row(
            "SELECT owner_id, subject FROM users JOIN user_sessions USING (owner_id) WHERE id = $1",
            population.workspace,
        )
    )
    return {
        "FLOOR_DATABASE_URL": here.url,
        "FLOOR_OWNER": str(row["owner_id"]),
        "FLOOR_ACTOR": row["subject"],
        "FLOOR_MESSAGE": MESSAGE,
    }
