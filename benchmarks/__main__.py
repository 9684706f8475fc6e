"""`make bench`, or `.venv/bin/python -m benchmarks`."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.measuring import Effort, Result, measure
from benchmarks.paths import measured_paths
from benchmarks.population import MESSAGE, populate
from benchmarks.processes import BenchFailed, running_floor, running_service
from benchmarks.report import as_markdown, surroundings, table
from session_api.database.embedded import open_embedded

RESULTS = Path(__file__).with_name("RESULTS.md")


def bench(
    seconds: Annotated[float, typer.Option(min=0.2, help="Of one reading.")] = 3.0,
    rounds: Annotated[int, typer.Option(min=1, help="Readings of each side, in turn.")] = 5,
    connections: Annotated[int, typer.Option(min=1, help="Kept alive, all busy.")] = 16,
    chats: Annotated[int, typer.Option(min=1, help="Sessions that are appended to.")] = 32,
    only: Annotated[
        str, typer.Option(help='Only paths whose name begins so, such as "recovery".')
    ] = "",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write every reading to this file.")
    ] = None,
    own: Annotated[
        bool, typer.Option("--own", help="Our load generator, even where wrk is installed.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Write benchmarks/RESULTS.md.")] = False,
) -> None:
    """Measure the service against its floor and print the ratios."""
    use_wrk = not own and shutil.which("wrk") is not None
    effort = Effort(seconds, rounds, connections, use_wrk)
    console = Console(width=None if Console().is_terminal else 160)
    try:
        results, postgresql = _run(effort, chats, only)
    except BenchFailed as failure:
        typer.echo(f"bench: {failure}", err=True)
        raise typer.Exit(1) from None
    found = surroundings(postgresql, use_wrk=use_wrk)
    console.print(table(results))
    console.print(f"{found.machine}\n{postgresql}\nLoad: {found.generator}")
    if json_file is not None:
        document = {
            "surroundings": asdict(found),
            "effort": asdict(effort),
            "results": [result.as_json() for result in results],
        }
        json_file.write_text(json.dumps(document, indent=2))
    if write:
        RESULTS.write_text(as_markdown(results, effort, found))


def _run(effort: Effort, chats: int, only: str) -> tuple[list[Result], str]:
    """Everything from an empty folder to the results, and the name of the PostgreSQL."""
    with _folder() as folder, running_service(folder / "data") as (service, token):
        population = populate(f"http://127.0.0.1:{service.port}", token, chats=chats)
        # Joins the server that the service has started.
        with open_embedded(folder / "data") as database:
            owner_id, actor, postgresql = asyncio.run(_look_up(database.url, population.workspace))
            environment = {
                "FLOOR_DATABASE_URL": database.url,
                "FLOOR_OWNER": owner_id,
                "FLOOR_ACTOR": actor,
                "FLOOR_MESSAGE": MESSAGE,
            }
            paths = [
                path for path in measured_paths(population, token) if path.name.startswith(only)
            ]
            with running_floor(folder, environment) as floor, _progress() as progress:
                readings = progress.add_task("Measuring", total=len(paths) * effort.rounds * 2)
                return [
                    measure(
                        path,
                        floor=floor,
                        service=service,
                        effort=effort,
                        done=lambda: progress.advance(readings),
                    )
                    for path in paths
                ], postgresql


async def _look_up(url: str, session_id: str) -> tuple[str, str, str]:
    """The owner of a session and their name, and which PostgreSQL this is."""
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(
            "SELECT owner_id, subject FROM users JOIN user_sessions USING (owner_id) WHERE id = $1",
            session_id,
        )
        name = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    assert row is not None
    return str(row["owner_id"]), row["subject"], f"PostgreSQL {name}, embedded"


@contextmanager
def _folder() -> Iterator[Path]:
    """A temporary folder that the user PostgreSQL runs as may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="session-api-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


if __name__ == "__main__":
    typer.run(bench)
