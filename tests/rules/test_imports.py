"""Imports only go down, so that any part can be read, tested and replaced without those above it.

The bug it prevents: two services that call each other. Then none can be understood alone, a change
in one breaks the other, and somebody hides the ring in a function or behind TYPE_CHECKING.
"""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.rules.source import Module, imports, modules, written

# From the top. A module imports from lines below its own and from its own part; parts on one line
# do not know each other.
LAYERS = (
    ("cli",),
    ("seeding",),
    ("app", "bootstrap"),
    ("api", "running", "demo"),
    ("*.router",),
    ("http",),
    ("telemetry",),
    ("lifecycle",),
    ("live", "guests", "handoff"),
    ("sessions",),
    ("turns",),
    ("missions", "chat"),
    ("assets", "devices", "sharing"),
    ("sync",),
    ("people", "audit"),
    ("pages",),
    ("models", "database", "security"),
    ("fields", "settings"),
    (
        *("edge_settings", "edge_problems", "sign_in_settings", "sign_in_problems"),
        *("sync_settings", "sync_problems", "stream_settings", "stream_problems"),
        *("handoff_problems", "turn_problems", "guest_settings", "guest_problems"),
        *("sharing_settings", "sharing_problems"),
    ),
    ("problems", "ports", "json_text", "logs", "durations", "figures"),
    ("",),  # the package itself, with its version
)

# What a feature keeps to itself: others call its service, links or reads.
PRIVATE = {"router", "examples", "schemas", "repository"}
FEATURES = {
    *("sessions", "missions", "assets", "chat", "people", "audit", "lifecycle", "devices"),
    *("live", "guests", "turns", "sharing", "handoff"),
}
EXCEPTIONS = {
    # A session is answered with its parts in it.
    ("session_api.sessions.schemas", "session_api.assets.schemas"),
    ("session_api.sessions.schemas", "session_api.chat.schemas"),
    ("session_api.sessions.schemas", "session_api.missions.schemas"),
    ("session_api.sessions.schemas", "session_api.turns.schemas"),
    ("session_api.sessions.examples", "session_api.chat.examples"),
    ("session_api.sessions.examples", "session_api.missions.examples"),
    # So is what is handed over.
    ("session_api.handoff.router", "session_api.sessions.schemas"),
    ("session_api.handoff.examples", "session_api.sessions.examples"),
    # What is shared is answered as a session.
    ("session_api.sharing.router", "session_api.sessions.schemas"),
    ("session_api.sharing.examples", "session_api.sessions.examples"),
    # A change tells of a thing as its own answers do.
    ("session_api.live.changes.schemas", "session_api.assets.schemas"),
    ("session_api.live.changes.schemas", "session_api.chat.schemas"),
    ("session_api.live.changes.schemas", "session_api.missions.schemas"),
    ("session_api.live.changes.schemas", "session_api.sessions.schemas"),
    ("session_api.live.changes.examples", "session_api.chat.examples"),
    # The jobs look for idle sessions of all owners, which no service does for a caller.
    ("session_api.lifecycle.jobs", "session_api.sessions.repository"),
}

PLACE = {part: place for place, line in enumerate(LAYERS) for part in line}


def part_of(name: str) -> str:
    """The part of the table that a module belongs to."""
    parts = [*name.split(".")[1:], ""]
    if parts[0] in FEATURES and {"router", "examples"} & set(parts[1:]):
        return "*.router"
    return parts[0]


def upward(module: Module) -> list[str]:
    """The imports of a module that do not go down."""
    own = part_of(module.name)
    return [
        f"{module.path}:{line} imports {target}"
        for line, target in imports(module)
        if part_of(target) != own and PLACE[part_of(target)] <= PLACE[own]
    ]


def private(module: Module) -> list[tuple[str, str]]:
    """What a module of a feature imports of another feature's private rooms."""
    return [
        (module.name, target)
        for _, target in imports(module)
        if module.feature in FEATURES
        and target.split(".")[1] in FEATURES - {module.feature}
        and target.split(".")[-1] in PRIVATE
    ]


def hidden(module: Module) -> list[str]:
    """Imports where nobody looks for them: in functions and behind TYPE_CHECKING."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inside = {
        inner.lineno
        for outer in ast.walk(module.tree)
        if isinstance(outer, functions)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    return [f"{module.path}:{line}" for line in sorted(inside)] + (
        [f"{module.path} uses TYPE_CHECKING"] if "TYPE_CHECKING" in module.text else []
    )


def test_every_part_has_its_place_in_the_table() -> None:
    assert {part_of(module.name) for module in modules()} <= PLACE.keys()


def test_imports_go_down() -> None:
    assert [fault for module in modules() for fault in upward(module)] == []


def test_no_ring_of_modules() -> None:
    known = {module.name for module in modules()}
    graph = {module.name: {t for _, t in imports(module) if t in known} for module in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as ring:
        pytest.fail(f"these import each other: {ring.args[1]}")


def test_no_import_hides() -> None:
    assert [fault for module in modules() for fault in hidden(module)] == []


def test_a_feature_keeps_its_rooms_to_itself() -> None:
    found = {pair for module in modules() for pair in private(module)}
    assert found - EXCEPTIONS == set()
    assert EXCEPTIONS - found == set(), "an exception that nothing needs any longer"


# Each rule bites


@pytest.mark.parametrize(
    ("name", "line", "faults"),
    [
        ("session_api.sessions.service", "from session_api.chat.service import ChatService", 0),
        ("session_api.chat.service", "from session_api.sessions.service import X", 1),
        ("session_api.chat.service", "from session_api.missions import links", 1),
        ("session_api.chat.service", "from session_api.http.errors import problem_answer", 1),
        ("session_api.chat.router", "from session_api.http.answers import json_answer", 0),
        ("session_api.problems", "import session_api.settings", 1),
        ("session_api.app", "from session_api import __version__", 0),
    ],
)
def test_what_goes_up_is_found(name: str, line: str, faults: int) -> None:
    assert len(upward(written(line, name=name))) == faults


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("import asyncio", 0),
        ("def f():\n    import asyncio", 1),
        ("async def f():\n    from x import y", 1),
        ("from typing import TYPE_CHECKING", 1),
    ],
)
def test_what_hides_is_found(text: str, faults: int) -> None:
    assert len(hidden(written(text))) == faults


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("from session_api.missions.links import MissionLinks", 0),
        ("from session_api.missions.repository import MissionRepository", 1),
        ("from session_api.missions.schemas import Mission", 1),
        ("from session_api.sessions.schemas import Session", 0),
    ],
)
def test_what_enters_a_private_room_is_found(line: str, faults: int) -> None:
    assert len(private(written(line, name="session_api.sessions.service"))) == faults
