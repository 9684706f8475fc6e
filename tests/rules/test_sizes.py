"""Files stay small enough to be read at once, and say in their name what they hold.

The bug it prevents: the service that bursts. Every rule is in it, so every change is too, and what
it does not want to hold goes into a `utils` that everything imports.
"""

import pytest

from tests.rules.source import Module, modules, written

LINES = 351
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "constants", "misc", "base_utils"}


def too_long(module: Module) -> bool:
    return module.text.count("\n") > LINES


def says_nothing(module: Module) -> bool:
    return not SAYS_NOTHING.isdisjoint(module.name.split("."))


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    assert [module.path for module in modules() if too_long(module)] == []


def test_every_file_says_in_its_name_what_it_holds() -> None:
    assert [module.path for module in modules() if says_nothing(module)] == []


@pytest.mark.parametrize(("lines", "fault"), [(LINES, False), (LINES + 1, True)])
def test_a_long_file_is_found(lines: int, fault: bool) -> None:
    assert too_long(written("pass\n" * lines)) is fault


@pytest.mark.parametrize(("name", "fault"), [("merge", False), ("utils", True)])
def test_a_name_that_says_nothing_is_found(name: str, fault: bool) -> None:
    assert says_nothing(written("", name=f"session_api.chat.{name}")) is fault
