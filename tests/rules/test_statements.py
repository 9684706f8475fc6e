"""SQL stands in repositories, reads, the journal and the database package, and nowhere else.

The bug it prevents: a statement beside the repositories has nobody who puts the owner into its
WHERE, and nobody who counts it; one day it answers with somebody else's rows.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.rules.source import Module, calls, modules, written

ROOMS = ("repository.py", "reads.py")
PLACES = ("sync/journal.py", "lifecycle/leases.py", "database/")

_RUNS = {"execute", "executemany", "exec_driver_sql", "scalar", "scalars"} | {
    "fetch",
    "fetchrow",
    "fetchval",
    "fetch_row",
    "fetch_rows",
}
_BUILDS = {"select", "insert", "update", "delete", "text"}
_SQL = re.compile(
    r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s)"
)


def may_hold_statements(module: Module) -> bool:
    return module.path.endswith(ROOMS) or module.path.startswith(PLACES)


def statements(module: Module) -> Iterator[str]:
    """Where a module runs, builds or spells out a statement."""
    for line, call in calls(module):
        if "." in call and call.rpartition(".")[2] in _RUNS:
            yield f"{module.path}:{line} runs a statement: {call}; a repository's method does that"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _SQL.match(node.value):
                yield f"{module.path}:{node.lineno} spells SQL; move it to a repository or reads"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            for name in {alias.name for alias in node.names} & _BUILDS:
                yield f"{module.path}:{node.lineno} builds with sqlalchemy's {name}"


def test_statements_stand_where_they_belong() -> None:
    outside = [
        module
        for module in modules()
        if not may_hold_statements(module) and not module.path.startswith("models/")
    ]
    assert [fault for module in outside for fault in statements(module)] == []


def test_every_place_named_here_holds_statements() -> None:
    for place in (*ROOMS, *PLACES):
        there = [module for module in modules() if place in module.path]
        assert any(True for module in there for _ in statements(module)), place


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("await sessions.read(session_id)", 0),
        ("await connection.execute(statement)", 1),
        ("await self._database.fetch_row(X, owner_id)", 1),
        ("from sqlalchemy import select", 1),
        ("from sqlalchemy.ext.asyncio import AsyncConnection", 0),
        ('X = "\\n    SELECT name FROM users"', 1),
        ('X = "Select a session to update"', 0),
    ],
)
def test_a_statement_outside_is_found(text: str, faults: int) -> None:
    assert len(list(statements(written(text)))) == faults
