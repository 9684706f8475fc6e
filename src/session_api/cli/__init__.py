"""The command line: `session-api serve`, and the tools beside it.

Each command says what it did in a line, with `--json` in a JSON object, and on failure exits
non-zero with one line that says what to do. It composes the parts; no rule of the business here.
"""

import sys
from typing import Never

import typer

from session_api.cli.commands import app
from session_api.cli.failures import Failure, one_line

__all__ = ["main"]


def main() -> Never:
    """The console script."""
    try:
        app()
    except Failure as failure:
        typer.echo(f"session-api: {one_line(failure)}", err=True)
        sys.exit(1)
    sys.exit(0)
