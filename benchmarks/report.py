"""What a run found, for the terminal and for RESULTS.md. Every figure comes from the run."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median

from rich.table import Table

from benchmarks.costs import Cost, Costs
from benchmarks.growth import MANY, Growth
from benchmarks.load import Reading
from benchmarks.measuring import SERVICE, Result
from benchmarks.paths import PEERS
from benchmarks.run import Findings, Plan
from benchmarks.surroundings import Surroundings
from benchmarks.targets import Target, targets
from benchmarks.waiting import Waits
from benchmarks.workers import TWO, Doubling, Soak, Starts

COLUMNS = ("path", "service req/s", "p50/p99 ms", "CPU µs", *(f"× {peer}" for peer in PEERS))
"""A cell of a peer has the ratio with its spread, the target, and the peer's own rate."""


def shown(found: Findings) -> Iterator[Table]:
    """For the terminal; a target that was missed is red."""
    for title, _text, columns, rows in (*_sections(found), _targets(found)):
        table = Table(title=title)
        for place, name in enumerate(columns):
            table.add_column(name, justify="right" if place else "left")
        for cells in rows:
            table.add_row(*cells, style="red" if cells[-1] == MISSED else None)
        yield table


def row(result: Result) -> list[str]:
    """The cells of one path, in the order of the columns: medians over the rounds."""
    service = result.service
    return [
        result.path.name,
        f"{_median(service, lambda reading: reading.per_second):,.0f}",
        _latency(service),
        f"{_median(service, lambda reading: reading.cpu_us):,.0f}",
        *(_beside(result, peer) for peer in PEERS),
    ]


def _beside(result: Result, peer: str) -> str:
    if peer in result.failures:
        return "fails"
    if peer not in result.readings:
        return ""
    ratios = result.ratios(peer)
    target = result.path.targets.get(peer)
    rate = _median(result.readings[peer], lambda reading: reading.per_second)
    return (
        f"{result.ratio(peer):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        f"{'' if target is None else f', ≥ {target:g}'}; {rate:,.0f}/s"
    )


def as_markdown(found: Findings, plan: Plan, about: Surroundings) -> str:
    """The whole of RESULTS.md."""
    effort = plan.effort
    lines = [
        "# Results",
        "",
        "Written by `make bench ARGS=--write`. [README.md](README.md) tells what was measured.",
        "",
        f"- Date: {about.date}",
        f"- Machine: {about.machine}; the load generator, the server and PostgreSQL share it",
        f"- Load average before: {about.load_before:.1f}",
        f"- {found.postgresql}",
        f"- {about.versions}",
        *([f"- {found.adk}"] if found.adk else []),
        f"- Load: {about.generator}",
        f"- {effort.connections} connections, {effort.rounds} rounds of {effort.seconds:g} s",
        f"- {plan.sizes.sessions:,} others' sessions, a chat of {plan.sizes.long_chat:,} messages",
    ]
    for title, text, columns, rows in (_targets(found), *_sections(found)):
        lines += ["", f"## {title}", "", *([*text, ""] if text else []), *_rows(columns, rows)]
    return "\n".join([*lines, ""])


_Section = tuple[str, Sequence[str], Sequence[str], Sequence[Sequence[str]]]


def _sections(found: Findings) -> Iterator[_Section]:
    """Title, words, columns and rows of what was measured."""
    if found.results:
        yield (
            "Paths",
            ["![The ratios](ratios.svg)", *_failures(found.results)],
            COLUMNS,
            [row(result) for result in found.results],
        )
    if found.waits:
        yield "Latencies at fixed rates", [], WAITS, list(_waits(found.waits))
    if found.costs:
        yield "Statements and bytes of one request", [], COSTS, list(_costs(found.costs))
    if found.growth:
        yield "Growth", [], GROWTH, [_growth(growth) for growth in found.growth]
    if found.doublings:
        yield "Two workers", [], DOUBLING, [_doubling(each) for each in found.doublings]
    if found.fresh:
        yield "Memory", _soak(found.soak), MEMORY, list(_memory(found))
    if found.starts is not None:
        yield "Start", [], START, list(_starts(found.starts))


def _failures(results: Sequence[Result]) -> list[str]:
    return [
        line
        for result in results
        for failure in result.failures.values()
        for line in ("", f"Failed, under this load: {failure}")
    ]


def _rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of Markdown, whose figures stand on the right."""
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows)]


MISSED = "**no**"


def _targets(found: Findings) -> _Section:
    columns = ("target", "wanted", "measured", "met")
    return "Targets", [], columns, [_target(target) for target in targets(found)]


def _target(target: Target) -> list[str]:
    met = {True: "yes", False: MISSED, None: "can't be told here"}[target.met]
    return [target.what, target.wanted, target.measured, met]


WAITS = ("path, requests per second", "side", "p50 ms", "p90 ms", "p99 ms", "most ms", "late p99")


def _waits(waits: Sequence[Waits]) -> Iterator[list[str]]:
    for each in waits:
        for side, arrived in each.sides.items():
            latencies = (arrived.p50_ms, arrived.p90_ms, arrived.p99_ms, arrived.max_ms)
            yield [
                f"{each.path}: {each.per_second:,.0f}",
                side,
                *(f"{latency:.1f}" for latency in latencies),
                f"{arrived.late_p99_ms:.1f}",
            ]


COSTS = ("path", *(f"{side}: statements, bytes" for side in (SERVICE, *PEERS)))


def _costs(costs: Sequence[Costs]) -> Iterator[list[str]]:
    for each in costs:
        yield [each.path, *(_cost(each.sides.get(side)) for side in (SERVICE, *PEERS))]


def _cost(cost: Cost | None) -> str:
    if cost is None:
        return "–"
    return f"{cost.statements:.1f}; {cost.sent_bytes:,.0f} → {cost.received_bytes:,.0f}"


GROWTH = ("recovery with", "few", "many", "few/s", "many/s", "cost of many (spread)")


def _growth(growth: Growth) -> list[str]:
    few, many = (growth.result.rate(side) for side in (SERVICE, MANY))
    costs = growth.costs
    return [
        growth.of,
        *(f"{number:,}" for number in (growth.few, growth.many)),
        *(f"{rate:,.0f}" for rate in (few, many)),
        f"{growth.cost:.2f} ({min(costs):.2f}–{max(costs):.2f})",
    ]


DOUBLING = ("path", "one/s", "two/s", "two for one (spread)", "cores busy beside one", "so at most")


def _doubling(doubling: Doubling) -> list[str]:
    one, two = (doubling.result.rate(side) for side in (SERVICE, TWO))
    gains = doubling.gains
    return [
        doubling.result.path.name,
        *(f"{rate:,.0f}" for rate in (one, two)),
        f"{doubling.gain:.2f} ({min(gains):.2f}–{max(gains):.2f})",
        f"{doubling.busy:.0%}",
        f"{doubling.most:.2f}",
    ]


MEMORY = ("MB", "resident after start", "its own part", "resident after the run", "its own part")


def _memory(found: Findings) -> Iterator[list[str]]:
    for side, fresh in found.fresh.items():
        sizes = [fresh, found.used.get(side)]
        yield [
            side,
            *(
                f"{size / 1e6:.0f}"
                for memory in sizes
                if memory is not None
                for size in (memory.resident, memory.proportional)
            ),
        ]


def _soak(soak: Soak | None) -> list[str]:
    if soak is None:
        return []
    first = soak.samples[0][1]
    return [
        (
            f"Under {soak.seconds:,.0f} s of load ({soak.requests:,} requests) a worker held "
            f"{first / 1e6:.1f} MB before, {soak.settled / 1e6:.1f} MB in the second quarter, "
            f"{soak.end / 1e6:.1f} MB in the last, {soak.most / 1e6:.1f} MB at most."
        )
    ]


START = ("", "median s", "least s", "most s", "starts")


def _starts(starts: Starts) -> Iterator[list[str]]:
    for what, seconds in (
        ("`session-api serve`, to the first answer", starts.service),
        ("only to import FastAPI, SQLModel, asyncpg and uvicorn", starts.imports),
    ):
        times = (median(seconds), min(seconds), max(seconds))
        yield [what, *(f"{time:.2f}" for time in times), str(len(seconds))]


def _median(readings: Sequence[Reading], value: Callable[[Reading], float]) -> float:
    return median(map(value, readings))


def _latency(readings: Sequence[Reading]) -> str:
    p50 = _median(readings, lambda reading: reading.p50_ms)
    p99 = _median(readings, lambda reading: reading.p99_ms)
    return f"{p50:.1f} / {p99:.1f}"
