"""`make bench`, or `.venv/bin/python -m benchmarks`."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.measuring import Effort
from benchmarks.paths import PEERS
from benchmarks.picture import as_svg
from benchmarks.population import Sizes
from benchmarks.processes import BenchFailed
from benchmarks.report import as_markdown, shown
from benchmarks.run import PARTS, Plan, run
from benchmarks.surroundings import surroundings
from benchmarks.targets import targets

app = typer.Typer(add_completion=False)
HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
PICTURE = HERE / "ratios.svg"


def _names(text: str, known: tuple[str, ...]) -> frozenset[str]:
    names = frozenset(name for name in text.split(",") if name)
    if unknown := names - set(known):
        raise typer.BadParameter(f"{', '.join(unknown)}: choose among {', '.join(known)}")
    return names


@app.command()
def bench(
    seconds: Annotated[float, typer.Option(min=0.1, help="Of one reading.")] = 2.0,
    rounds: Annotated[int, typer.Option(min=1, help="Readings of each side, in turn.")] = 5,
    connections: Annotated[int, typer.Option(min=1, help="Kept alive, all busy.")] = 16,
    sessions: Annotated[
        int, typer.Option(min=0, max=10_000_000, help="Of everybody else, in the database.")
    ] = 10_000,
    long_chat: Annotated[
        int, typer.Option(min=100, max=10_000, help="Messages of the longest chat.")
    ] = 10_000,
    chats: Annotated[int, typer.Option(min=1, help="Sessions that are appended to.")] = 32,
    visitors: Annotated[
        int, typer.Option(min=1, help="People who come back, where growth is measured.")
    ] = 500,
    many_sessions: Annotated[
        int, typer.Option(min=1, help="Beside which a recovery must cost no more.")
    ] = 1_000_000,
    wait: Annotated[float, typer.Option(min=0.2, help="Seconds at each fixed rate.")] = 10.0,
    soak: Annotated[float, typer.Option(min=1, help="Seconds of load for the memory.")] = 120.0,
    starts: Annotated[int, typer.Option(min=1, help="Starts on a prepared folder.")] = 5,
    parts: Annotated[
        str, typer.Option(help=f"What to measure, comma-separated: {', '.join(PARTS)}.")
    ] = ",".join(PARTS),
    only: Annotated[
        str, typer.Option(help="Only paths whose names begin so, comma-separated: recovery,list.")
    ] = "",
    peers: Annotated[
        str, typer.Option(help="Whom to measure beside the service, comma-separated.")
    ] = ",".join(PEERS),
    own: Annotated[
        bool, typer.Option("--own", help="Our load generator, even where wrk is installed.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write every reading to this file.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write benchmarks/RESULTS.md and its picture.")
    ] = False,
) -> None:
    """Measure the service beside its floor and its peers, and what it costs as things grow."""
    use_wrk = not own and shutil.which("wrk") is not None
    plan = Plan(
        effort=Effort(seconds, rounds, connections, use_wrk),
        sizes=Sizes(chats, long_chat, sessions, visitors),
        parts=_names(parts, PARTS),
        peers=_names(peers, PEERS),
        only=tuple(only.split(",")),
        many_sessions=many_sessions,
        wait_seconds=wait,
        soak_seconds=soak,
        starts=starts,
    )
    about = surroundings(use_wrk=use_wrk)
    try:
        found = run(plan, _teller())
    except BenchFailed as failure:
        typer.echo(f"bench: {failure}", err=True)
        raise typer.Exit(1) from None
    for table in shown(found):
        Console(width=None if Console().is_terminal else 160).print(table)
    text = as_markdown(found, plan, about)
    if json_file is not None:
        document = {
            "surroundings": asdict(about),
            "effort": asdict(plan.effort),
            "targets": [asdict(target) for target in targets(found)],
            **found.as_json(),
        }
        json_file.write_text(json.dumps(document, indent=2))
    if write:
        RESULTS.write_text(text)
        PICTURE.write_text(as_svg(found.results))


def _teller() -> Callable[[str], None]:
    """A line on the error output for each thing that is measured next."""
    return Console(stderr=True, highlight=False).print


if __name__ == "__main__":
    app()
