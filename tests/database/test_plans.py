"""How PostgreSQL runs the hot statements when the tables are full.

Both kinds of plans: custom ones, made for the values, and generic ones, made once for any values,
which PostgreSQL may change over to when it has run a prepared statement five times.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from benchmarks.plans import Mode, nodes, pages, plan_of
from benchmarks.statements import HOT, Arguments, Statement
from benchmarks.town import Sql, Town, build_town
from session_api.database.migrations import migrate
from session_api.models import METADATA
from tests.support.database import Server, database_of
from tests.support.settings import test_settings

MODES: tuple[Mode, ...] = ("force_custom_plan", "force_generic_plan")

CASES = [
    pytest.param(statement, arguments, id=f"{statement.name}: {case}")
    for statement in HOT
    for case, arguments in statement.cases.items()
]
# Not those that page through what an owner has: who has more fills the page.
OF_ONE_SESSION = [
    pytest.param(statement, arguments, id=f"{statement.name}: {case}")
    for statement in HOT
    for case, arguments in statement.cases.items()
    if statement.name not in {"List sessions", "List missions", "Audit trail"}
]


@pytest.fixture(scope="module")
def full(server: Server) -> Iterator[tuple[str, Town]]:
    """The address of a full database, and what is in it."""
    name = f"town_{uuid4().hex}"
    url = database_of(server.url, name)

    async def build() -> Town:
        connection = await asyncpg.connect(url)
        try:
            return await build_town(connection)
        finally:
            await connection.close()

    asyncio.run(server.execute(f"CREATE DATABASE {name}"))
    migrate(test_settings(url))
    yield url, asyncio.run(build())
    asyncio.run(server.execute(f"DROP DATABASE {name} WITH (FORCE)"))


@dataclass(frozen=True)
class Place:
    """A connection to a full database."""

    sql: Sql
    town: Town


@pytest.fixture
async def place(full: tuple[str, Town]) -> AsyncIterator[Place]:
    url, town = full
    connection = await asyncpg.connect(url)
    yield Place(connection, town)
    await connection.close()


async def pages_to_find(
    place: Place, statement: Statement, values: tuple[Any, ...], mode: Mode
) -> int:
    """How many pages it takes to find the rows. Writing them is luck: a row whose page is full
    moves to another, and into every index.
    """
    # What earlier runs wrote and undid would be looked into again.
    await place.sql.execute("VACUUM user_sessions, session_changes, chat_messages")
    plan = await plan_of(place.sql, statement.sql, values, mode=mode, run=True)
    # By what looks for rows: what a WITH writes and nobody reads is in no total.
    return sum(pages(node) for node in nodes(plan) if _looks_for_rows(node))


def _looks_for_rows(node: dict[str, Any]) -> bool:
    return "Relation Name" in node and node["Node Type"] != "ModifyTable"


def sequential_scans(plan: dict[str, Any]) -> list[str]:
    return [node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"]


def tables_looked_into(plan: dict[str, Any]) -> set[str]:
    """Those that are only written to have no scan."""
    return {node["Relation Name"] for node in nodes(plan) if _looks_for_rows(node)}


def indexes_used(plan: dict[str, Any]) -> set[str]:
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("statement", "arguments"), CASES)
async def test_a_hot_statement_uses_the_indexes_it_says_and_no_sequential_scan(
    place: Place, statement: Statement, arguments: Arguments, mode: Mode
) -> None:
    plan = await plan_of(place.sql, statement.sql, arguments(place.town.long), mode=mode)
    documented = {name for names in statement.indexes.values() for name in names}
    assert sequential_scans(plan) == []
    assert tables_looked_into(plan) == set(statement.indexes)
    assert indexes_used(plan) - documented == set()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("statement", "arguments"), CASES)
async def test_a_chat_of_10_000_messages_costs_what_one_of_50_costs(
    place: Place, statement: Statement, arguments: Arguments, mode: Mode
) -> None:
    short = await pages_to_find(place, statement, arguments(place.town.short), mode)
    long = await pages_to_find(place, statement, arguments(place.town.long), mode)
    # An index over more rows may be a level higher.
    assert long <= 1.5 * short + 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("statement", "arguments"), OF_ONE_SESSION)
async def test_the_owner_of_2_300_sessions_pays_what_one_of_two_pays(
    place: Place, statement: Statement, arguments: Arguments, mode: Mode
) -> None:
    modest = await pages_to_find(place, statement, arguments(place.town.modest), mode)
    busy = await pages_to_find(place, statement, arguments(place.town.short), mode)
    assert busy <= 1.5 * modest + 2


async def test_a_sequential_scan_would_be_seen(place: Place) -> None:
    statement = "SELECT count(*) FROM user_sessions WHERE name = $1"
    plan = await plan_of(place.sql, statement, ("Trip 1",), mode="force_generic_plan")
    assert sequential_scans(plan) == ["user_sessions"]
    assert tables_looked_into(plan) == {"user_sessions"}


def test_every_index_that_a_statement_names_is_there() -> None:
    there = {str(table.primary_key.name) for table in METADATA.tables.values()}
    for table in METADATA.tables.values():
        there |= {str(index.name) for index in table.indexes}
        there |= {str(constraint.name) for constraint in table.constraints}
    named = {name for statement in HOT for names in statement.indexes.values() for name in names}
    assert named - there == set()
