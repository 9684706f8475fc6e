"""What the commands share: the options that all take, and how each says what it did."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Folder of the embedded database and its secrets; unused with DATABASE_URL.",
        show_default="./.session-api",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON object instead.")]


def report(result: dict[str, Any], sentence: str, as_json: bool) -> None:
    """Prints the result as JSON, or the sentence, filled in from it."""
    typer.echo(json.dumps(result) if as_json else sentence.format(**result))


@contextmanager
def progress_bar(of_what: ProgressColumn) -> Iterator[Progress]:
    """A bar on standard error; none where that is no terminal, so that a failure is one line."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        of_what,
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        yield progress
