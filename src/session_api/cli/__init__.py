"""The command line: `session-api serve`, and the tools beside it.

Each command says what it did in a line, with `--json` in a JSON object, and on failure exits
non-zero with one line that says what to do. It composes the parts; no rule of the business here.
"""

import gc
import sys
from importlib import import_module
from typing import Never

__all__ = ["main"]


def _load_structlog_alone() -> None:
    """structlog loads rich where it finds it, for tracebacks that no log of ours draws: with what
    that brings, 4 MB of each worker and a twentieth of its start. Who needs rich later gets it.
    """
    if sys.modules.keys().isdisjoint({"structlog", "rich"}):
        sys.modules["rich"] = None  # type: ignore[assignment] # as what is not installed
        try:
            import_module("structlog")
        finally:
            del sys.modules["rich"]


_load_structlog_alone()  # before anything else is imported, in workers as well


def main() -> Never:
    """The console script."""
    # Imports leave little garbage behind, and looking for it is a fifth of the time that they take.
    # What they made stays to the end, so that no later look needs to pass over it.
    gc.disable()
    commands = import_module("session_api.cli.commands")
    failures = import_module("session_api.cli.failures")
    gc.freeze()
    gc.enable()
    try:
        commands.app()
    except failures.Failure as failure:
        print(f"session-api: {failures.one_line(failure)}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    sys.exit(0)
