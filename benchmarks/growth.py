"""How cost grows with what there is: messages of a chat, sessions of everybody."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.ground import Ground
from benchmarks.measuring import SERVICE, Measuring, Result
from benchmarks.paths import Path, recoveries
from benchmarks.population import MESSAGES, Population, Sizes, populate
from benchmarks.processes import Server

MANY: Final = "many"
"""The side that has more, in a `Growth`'s readings; `measuring.SERVICE` is the one that has few."""


@dataclass(frozen=True)
class Growth:
    """What a recovery costs where there is much, for what it costs where there is little."""

    of: str
    few: int
    many: int
    result: Result

    @property
    def cost(self) -> float:
        """1 where it costs the same."""
        return self.result.ratio(MANY)

    @property
    def costs(self) -> list[float]:
        """Round by round."""
        return self.result.ratios(MANY)


def in_a_chat(measuring: Measuring, server: Server, population: Population) -> Growth:
    """Recovery of the long chat beside one of 50 messages; both show the last 50."""
    few, many = (
        recoveries([(population.token, session)])
        for session in (population.workspace, population.long_chat)
    )
    path = Path("recovery of a long chat", few, {MANY: many})
    result = measuring.measure(path, {SERVICE: server, MANY: server})
    return Growth("messages in the chat", MESSAGES, population.long_chat_messages, result)


def among_sessions(
    measuring: Measuring, here: Ground, few: Population, sizes: Sizes, *, many: int
) -> Growth:
    """Recoveries by the same number of visitors, in a database with `many` sessions beside that of
    `few`, each with a service of its own.
    """
    with ExitStack() as stack:
        there = here.empty("many")
        large = stack.enter_context(there.replica("many"))
        population = populate(there, large.base, replace(sizes, sessions=many))
        small = stack.enter_context(here.replica("few"))
        path = Path(
            "recovery among many sessions",
            recoveries(few.visitors),
            {MANY: recoveries(population.visitors)},
        )
        result = measuring.measure(path, {SERVICE: small, MANY: large})
    return Growth("sessions in the database", sizes.sessions, many, result)
