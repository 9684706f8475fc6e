"""What the commands share: the options that all take, and how each says what it did."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

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


Done = Callable[[float], None]
"""Takes how much of the total is done by now."""


def progress_bar(title: str, total: float, *, in_percent: bool) -> AbstractContextManager[Done]:
    """A bar on standard error; none where that is no terminal, so that a failure is one line.

    Beside it stands how much of the total is done, or that in percent.
    """
    # Drawn by rich, which `serve` never needs, and would hold in memory.
    bar: AbstractContextManager[Done] = import_module("session_api.cli.progress").bar(
        title, total, in_percent=in_percent
    )
    return bar
