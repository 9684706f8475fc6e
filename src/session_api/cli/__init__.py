"""The command line: `session-api serve`, and the tools beside it.

Each command says what it did in a line, with `--json` in a JSON object, and on failure exits
non-zero with one line that says what to do. It composes the parts; no rule of the business here.
"""

import gc
import sys
from importlib import import_module
from typing import Never

__all__ = ["main"]


def main() -> Never:
    """The console script."""
    # Imports leave little garbage behind, yet looking for it again and again is a fifth of the time
    # that they take: once is enough. What they made stays to the end, so that no later look needs
    # to pass over it.
    gc.disable()
    commands = import_module("session_api.cli.commands")
    failures = import_module("session_api.cli.failures")
    gc.collect()
    gc.freeze()
    gc.enable()
    try:
        commands.app()
    except failures.Failure as failure:
        print(f"session-api: {failures.one_line(failure)}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    sys.exit(0)
