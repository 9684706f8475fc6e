"""The package's own source, read as the rules read it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = "session_api"
SOURCES = Path(__file__).parents[2] / "src"


@dataclass(frozen=True)
class Module:
    """A module: its name as imports write it, its path inside the package, its text."""

    name: str
    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def feature(self) -> str:
        """The package directly below ours, or the module itself where it stands alone."""
        return [*self.name.split("."), ""][1]


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package."""
    return tuple(_read(file) for file in sorted((SOURCES / PACKAGE).rglob("*.py")))


def _read(file: Path) -> Module:
    parts = file.relative_to(SOURCES).with_suffix("").parts
    name = ".".join(part for part in parts if part != "__init__")
    path = file.relative_to(SOURCES / PACKAGE).as_posix()
    return Module(name, path, file.read_text(encoding="utf-8"))


def written(text: str, *, name: str = "session_api.chat.service") -> Module:
    """A module that a test makes up."""
    path = "/".join(name.split(".")[1:]) + ".py"
    return Module(name, path, text)


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """Line and target of each import of our own: a module where it is one, else its package."""
    known = {known.name for known in modules()}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == PACKAGE:
                    yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            for alias in node.names:
                target = f"{node.module}.{alias.name}"
                yield node.lineno, target if target in known else str(node.module)


def calls(module: Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each call, as `asyncio.sleep`; of a method on a value, `.method`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield node.lineno, _dotted(node.func)


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value)}.{name}"
        case _:
            return ""
