"""docs/queries.md shows the statements that the code runs, all of them and nothing else.

The bug it prevents: a statement is changed, and the page goes on explaining the old one.
"""

import re
from pathlib import Path

import pytest

from benchmarks.plans import PAGE, sql_as_shown
from benchmarks.statements import HOT, Statement
from session_api.audit import repository as audit
from session_api.chat import reads as chat
from session_api.live.changes import reads as changes
from session_api.missions import reads as missions
from session_api.sessions import reads as sessions

REMEDY = "run `make queries`"


def sections(page: str) -> dict[str, str]:
    """The page's parts by their headings."""
    parts = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def sql_in(section: str) -> list[str]:
    return re.findall(r"```sql\n(.*?)\n```", section, re.DOTALL)


def missing_indexes(statement: Statement, section: str) -> set[str]:
    named = set(re.findall(r"`((?:pk|uq|ix)_\w+)`", section))
    return {name for names in statement.indexes.values() for name in names} ^ named


def test_the_page_has_the_hot_statements_in_their_order() -> None:
    assert list(sections(PAGE.read_text())) == [statement.name for statement in HOT], REMEDY


@pytest.mark.parametrize("statement", HOT, ids=lambda statement: statement.name)
def test_the_page_shows_a_statement_as_the_code_has_it(statement: Statement) -> None:
    section = sections(PAGE.read_text())[statement.name]
    assert sql_in(section) == [sql_as_shown(statement)], REMEDY
    assert missing_indexes(statement, section) == set(), REMEDY


@pytest.mark.parametrize(
    "module", [sessions, chat, missions, audit, changes], ids=lambda m: m.__name__
)
def test_every_read_is_among_the_hot_statements(module: object) -> None:
    """What a module of reads has as a constant that is a whole statement."""
    shown = {statement.sql for statement in HOT}
    constants = {name: text for name, text in vars(module).items() if isinstance(text, str)}
    reads = {name for name, text in constants.items() if re.match(r"\s*(SELECT|WITH)\b", text)}
    assert {name for name in reads if constants[name] not in shown} == set()


def test_a_page_of_yesterday_would_be_seen(tmp_path: Path) -> None:
    first = HOT[0]
    old = PAGE.read_text().replace("LIMIT 1\n", "LIMIT 2\n", 1)
    assert sql_in(sections(old)[first.name]) != [sql_as_shown(first)]
