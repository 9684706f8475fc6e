"""`make bench`, or `.venv/bin/python -m benchmarks`."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_urlsafe
from time import time
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import typer
from jose import jwt
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.measuring import SERVICE, Effort, Result, measure
from benchmarks.paths import ADK, FLOOR, PEERS, TUTORIAL, measured_paths
from benchmarks.peers import adk
from benchmarks.population import MESSAGE, Places, populate, populate_adk, populate_tutorial
from benchmarks.processes import (
    BenchFailed,
    Server,
    running_adk,
    running_floor,
    running_service,
    running_tutorial,
)
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
    long_chat: Annotated[
        int, typer.Option(min=100, help="Messages of the chat that a page is read out of.")
    ] = 1000,
    peers: Annotated[
        str, typer.Option(help="Whom to measure beside the service, comma-separated.")
    ] = ",".join(PEERS),
    write: Annotated[bool, typer.Option("--write", help="Write benchmarks/RESULTS.md.")] = False,
) -> None:
    """Measure the service beside its floor and its peers, and print the ratios."""
    use_wrk = not own and shutil.which("wrk") is not None
    effort = Effort(seconds, rounds, connections, use_wrk)
    console = Console(width=None if Console().is_terminal else 160)
    try:
        sizes = Sizes(chats, long_chat)
        results, postgresql, adk_version = _run(effort, sizes, only, set(peers.split(",")))
    except BenchFailed as failure:
        typer.echo(f"bench: {failure}", err=True)
        raise typer.Exit(1) from None
    found = surroundings(postgresql, use_wrk=use_wrk, adk=adk_version)
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


@dataclass(frozen=True)
class Sizes:
    """How much there is to work on."""

    chats: int
    long_chat: int


def _run(effort: Effort, sizes: Sizes, only: str, peers: set[str]) -> tuple[list[Result], str, str]:
    """Everything from an empty folder to the results, and the names of PostgreSQL and ADK."""
    with ExitStack() as stack:
        folder = stack.enter_context(_folder())
        service, token = stack.enter_context(running_service(folder / "data"))
        # Joins the server that the service has started.
        database = stack.enter_context(open_embedded(folder / "data"))
        servers = {SERVICE: service}
        tutorial = Places("", "", "", [])
        if TUTORIAL in peers:
            secret = token_urlsafe(32)
            url = asyncio.run(_new_database(database.url, "tutorial"))
            servers[TUTORIAL] = stack.enter_context(running_tutorial(folder, url, secret))
            tutorial = populate_tutorial(
                _base(servers[TUTORIAL]),
                _token(secret),
                chats=sizes.chats,
                long_chat=sizes.long_chat,
            )
        population = populate(
            _base(service), token, chats=sizes.chats, long_chat=sizes.long_chat, tutorial=tutorial
        )
        adk_version = "ADK was not measured"
        if ADK in peers:
            url = asyncio.run(_new_database(database.url, "adk"))
            servers[ADK] = stack.enter_context(running_adk(folder, adk.installed(), url))
            populate_adk(_base(servers[ADK]), population)
            adk_version = f"google-adk {adk.version()}, api_server"
        owner_id, actor, postgresql = asyncio.run(_look_up(database.url, population.workspace))
        if FLOOR in peers:
            environment = {
                "FLOOR_DATABASE_URL": database.url,
                "FLOOR_OWNER": owner_id,
                "FLOOR_ACTOR": actor,
                "FLOOR_MESSAGE": MESSAGE,
            }
            servers[FLOOR] = stack.enter_context(running_floor(folder, environment))
        paths = [path for path in measured_paths(population) if path.name.startswith(only)]
        progress = stack.enter_context(_progress())
        rounds = progress.add_task("Measuring", total=len(paths) * effort.rounds)
        results = [
            measure(path, servers, effort=effort, done=lambda: progress.advance(rounds))
            for path in paths
        ]
        return results, postgresql, adk_version


def _base(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def _token(secret: str) -> str:
    """For the peer after the tutorials, as long as the service's own."""
    claims = {"sub": "demo", "tenant": "default", "iat": int(time()), "exp": int(time()) + 86_400}
    return str(jwt.encode({**claims, "jti": str(uuid4())}, secret, algorithm="HS256"))


async def _new_database(url: str, name: str) -> str:
    """An empty one on the same server, as SQLAlchemy's asyncpg dialect names it."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme="postgresql+asyncpg", path=f"/{name}"))


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
