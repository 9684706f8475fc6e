"""What one request costs apart from time: statements of PostgreSQL, bytes of HTTP.

They are counted over a few dozen requests that are sent one by one, apart from the readings:
PostgreSQL writes down each statement meanwhile, and that takes time which must not count.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from os import SEEK_END
from pathlib import Path as FilePath
from urllib.parse import urlsplit

from benchmarks.generator import Generator, Visit
from benchmarks.ground import Ground
from benchmarks.kernel import cpu_seconds
from benchmarks.measuring import MAY_FAIL, sides_of
from benchmarks.paths import Ask, Path
from benchmarks.processes import BenchFailed, Server

_REQUESTS = 40
_FIRST = 5  # a new connection prepares its statements, and a pool may open one

# Lines begin so while statements are written down: whose they are tells the side.
_PREFIX = "bench %u/%d "
_STATEMENT = re.compile(r"^bench (\S*) LOG:  (?:statement|execute [^:]*): ", re.MULTILINE)


@dataclass(frozen=True)
class Cost:
    """Of one request, on average. BEGIN and COMMIT are statements as well; `cpu_us` is the CPU time
    of the server's process, with nobody else asking.
    """

    statements: float
    sent_bytes: float
    received_bytes: float
    cpu_us: float


@dataclass(frozen=True)
class Costs:
    """Those of a path, by side."""

    path: str
    sides: Mapping[str, Cost]


@dataclass(frozen=True)
class Updates:
    """Of the table of sessions; `hot` are those that no index hears of."""

    all: int
    hot: int

    def since(self, before: "Updates") -> "Updates":
        return Updates(self.all - before.all, self.hot - before.hot)


def count(
    paths: Sequence[Path],
    servers: Mapping[str, Server],
    urls: Mapping[str, str],
    here: Ground,
    generator: Generator,
) -> list[Costs]:
    """Of every path and side; `urls` are those of the sides' databases, which are all in one
    PostgreSQL. Raises BenchFailed; a peer that fails is left out.
    """
    found = []
    with here.configured(log_line_prefix=_PREFIX, log_statement="all"):
        for path in paths:
            sides = {}
            for side, ask in sides_of(path, servers).items():
                address = urlsplit(urls[side])
                who = f"{address.username}{address.path}"
                try:
                    sides[side] = _cost(ask, servers[side], who, here.log, generator)
                except ConnectionError as error:
                    if side not in MAY_FAIL:
                        raise BenchFailed(f"counting {path.name}, {side}: {error}") from error
            found.append(Costs(path.name, sides))
    return found


def _cost(ask: Ask, server: Server, who: str, log: FilePath, generator: Generator) -> Cost:
    """Of one side, whose statements are those of `who`. Raises ConnectionError."""
    turns = list(islice(cycle(ask.requests), _FIRST + _REQUESTS))
    generator.visit(Visit(server.port, turns[:_FIRST], ask.status))
    with log.open("rb") as written:
        written.seek(0, SEEK_END)
        before = cpu_seconds(server.pid)
        sizes = generator.visit(Visit(server.port, turns[_FIRST:], ask.status))
        cpu = cpu_seconds(server.pid) - before
        found = _STATEMENT.findall(written.read().decode(errors="replace"))
    statements = sum(whose == who for whose in found)
    sums = (statements, sizes.sent, sizes.received, cpu * 1e6)
    return Cost(*(amount / _REQUESTS for amount in sums))


async def updates(here: Ground) -> Updates:
    """Up to now."""
    row = await here.row(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'user_sessions'"
    )
    return Updates(*row)
