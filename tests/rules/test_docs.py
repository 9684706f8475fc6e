"""What our documents name is there: files, commands, settings, routes, problems.

The bug it prevents: a README that was true when it was written. Each rule is shown to bite on one
bad line.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from typer.main import get_command

from session_api.api import ROUTERS
from session_api.cli.commands import app as command_line
from session_api.problems import CATALOGUE
from session_api.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])

ROUTES = {
    re.sub(r"\{[^}]*\}", "{}", str(getattr(route, "path", ""))).rstrip("/")
    for router in ROUTERS
    for route in router.routes
}
COMMANDS = set(getattr(get_command(command_line), "commands", {}))
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
VARIABLES = {f"SESSION_API_{name.upper()}" for name in Settings.model_fields}


def missing_files(text: str) -> Iterable[str]:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target and not any(
            (folder / target).exists() for folder in (ROOT, ROOT / "docs")
        ):
            yield target


def missing_commands(text: str) -> Iterable[str]:
    for command in re.findall(r"session-api ([a-z]+)\b", text):
        if command not in COMMANDS:
            yield command


def missing_targets(text: str) -> Iterable[str]:
    for target in re.findall(r"`make ([a-z]+)`", text):
        if target not in TARGETS:
            yield target


def missing_settings(text: str) -> Iterable[str]:
    for name in re.findall(r"SESSION_API_[A-Z_]+", text):
        if name not in VARIABLES:
            yield name


def missing_routes(text: str) -> Iterable[str]:
    """Paths after a method, written in full, without `/api`, or with an ellipsis in front."""
    for path in re.findall(r"\b(?:GET|POST|PUT|PATCH|DELETE) (/[^\s`,;?:)]*|…/[^\s`,;?:)]*)", text):
        bare = re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")
        known = (
            any(route.endswith(bare.removeprefix("…")) for route in ROUTES)
            if bare.startswith("…")
            else bare in ROUTES or f"/api{bare}" in ROUTES
        )
        if not known:
            yield path


def missing_problems(text: str) -> Iterable[str]:
    for code in re.findall(r"\b(?:409|412|413|415|422|503) ([a-z]+_[a-z_]+)", text):
        if code not in CATALOGUE:
            yield code


def missing_tests(text: str) -> Iterable[str]:
    """Tests by their file, or by file and name."""
    for path, name in re.findall(r"\b(tests/[\w/]+\.py)(?:::(\w+))?", text):
        file = ROOT / path
        if not file.exists() or (name and f"def {name}(" not in file.read_text()):
            yield f"{path}::{name}"


RULES: list[tuple[Callable[[str], Iterable[str]], str, str]] = [
    (missing_files, "[map](README.md)", "[map](docs/nowhere.md)"),
    (missing_commands, "`session-api sweep`", "`session-api frobnicate`"),
    (missing_targets, "`make run`", "`make coffee`"),
    (missing_tests, "tests/http/test_tokens.py", "tests/http/test_tokens.py::test_nothing"),
    (missing_settings, "SESSION_API_JWT_SECRET", "SESSION_API_JWT_SECRETS"),
    (missing_routes, "POST /api/sessions/{id}/complete", "POST /api/sessions/{id}/explode"),
    (missing_problems, "409 id_conflict", "409 id_confusion"),
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text()
    assert {rule.__name__: found for rule, _, _ in RULES if (found := list(rule(text)))} == {}


@pytest.mark.parametrize(("rule", "good", "bad"), RULES)
def test_each_rule_tells_a_good_line_from_a_bad_one(
    rule: Callable[[str], Iterable[str]], good: str, bad: str
) -> None:
    assert list(rule(good)) == []
    assert len(list(rule(bad))) == 1
