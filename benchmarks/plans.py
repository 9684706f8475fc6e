"""How PostgreSQL runs the hot statements: `make queries` writes docs/queries.md.

The plans are taken in a town (`benchmarks.town`), on a PostgreSQL that is made for that alone.
"""

import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal

import asyncpg
from pydantic import SecretStr

from benchmarks.statements import HOT, Statement
from benchmarks.town import OWNERS, Sql, Town, build_town
from session_api.database.embedded import open_embedded
from session_api.database.migrations import migrate
from session_api.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "queries.md"

Mode = Literal["force_generic_plan", "force_custom_plan"]

_TITLE = """\
# Queries

The statements that a person waits for, and the two that look through everybody's rows, each with
the indexes it rests on and the plan that PostgreSQL makes. A read is one statement, whose JSON
PostgreSQL assembles; a change is a transaction of three or four, on a mission of eight or nine,
under the lock of its session's row. `make queries` writes this page, and the tests hold the code to
it: no sequential scan, no other index, and in a chat of 10,000 messages no more work than in one of
50.
"""

_READING = """\
The plans are generic ones, which PostgreSQL may use for a prepared statement from its sixth run on;
the tests look at custom ones as well. *Pages* are the 8 kB blocks that a run looks into, indexes
included, case by case. What the case shown does not need says *never executed*.
"""


async def explain(
    sql: Sql, statement: str, arguments: tuple[Any, ...], *, mode: Mode, options: str
) -> list[str]:
    """What EXPLAIN says of a prepared statement, by lines. A run that it takes is undone."""
    values = ", ".join(map(_literal, arguments))
    undone = sql.transaction()
    await undone.start()
    try:
        await sql.execute(f"SET LOCAL plan_cache_mode = {mode}")
        # As the service's connections have it.
        await sql.execute("SET LOCAL jit = off")
        await sql.execute(f"PREPARE hot AS {statement}")
        rows = await sql.fetch(f"EXPLAIN ({options}) EXECUTE hot ({values})")
        await sql.execute("DEALLOCATE hot")
    finally:
        await undone.rollback()
    return [str(row[0]) for row in rows]


async def plan_of(
    sql: Sql, statement: str, arguments: tuple[Any, ...], *, mode: Mode, run: bool = False
) -> dict[str, Any]:
    """The root of a plan; with `run`, and what running it took when all was in memory."""
    options = "FORMAT JSON, ANALYZE, BUFFERS, TIMING OFF" if run else "FORMAT JSON"
    if run:
        await explain(sql, statement, arguments, mode=mode, options=options)
    lines = await explain(sql, statement, arguments, mode=mode, options=options)
    plan: dict[str, Any] = json.loads(lines[0])[0]["Plan"]
    return plan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan and all below it."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def pages(plan: dict[str, Any]) -> int:
    """How many pages running the plan looked into."""
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


def sql_as_shown(statement: Statement) -> str:
    """The SQL as the page has it."""
    return dedent(statement.sql).strip()


async def write_page(url: str) -> None:
    """Fills the migrated, empty database and writes the page."""
    sql = await asyncpg.connect(url)
    try:
        town = await build_town(sql)
        version = str(await sql.fetchval("SHOW server_version"))
        PAGE.write_text(await _page(sql, town, version))
    finally:
        await sql.close()


async def _page(sql: Sql, town: Town, version: str) -> str:
    rows, sections = [], []
    for statement in HOT:
        section, looked_into = await _section(sql, town, statement)
        sections.append(section)
        anchor = re.sub(r"[^a-z -]", "", statement.name.lower()).replace(" ", "-")
        found = ", ".join(map(str, looked_into))
        rows.append(f"| [{statement.name}](#{anchor}) | {statement.round_trips} | {found} |")
    tables = ", ".join(f"{count:,} `{name}`" for name, count in town.sizes.items())
    taken_on = (
        f"PostgreSQL {version}, {OWNERS:,} people: {tables}. The one who asks has 2,300 sessions, "
        "the most of all, and a chat of 10,000 messages."
    )
    return "\n".join(
        [
            _TITLE,
            taken_on,
            "",
            _READING,
            "| Statement | Round trips | Pages |",
            "| --- | --- | --- |",
            *rows,
            "",
            *sections,
        ]
    )


async def _section(sql: Sql, town: Town, statement: Statement) -> tuple[str, list[int]]:
    """A statement's part of the page, and the pages that its cases look into."""
    mode: Mode = "force_generic_plan"
    cases = {name: arguments(town.long) for name, arguments in statement.cases.items()}
    looked_into = {
        name: pages(await plan_of(sql, statement.sql, arguments, mode=mode, run=True))
        for name, arguments in cases.items()
    }
    first, arguments = next(iter(cases.items()))
    options = "ANALYZE, BUFFERS OFF, COSTS OFF, TIMING OFF, SUMMARY OFF"
    plan = await explain(sql, statement.sql, arguments, mode=mode, options=options)
    used = "; ".join(
        f"{table} by {' or '.join(f'`{name}`' for name in names)}"
        for table, names in statement.indexes.items()
    )
    named = ", ".join(f"${place} {name}" for place, name in enumerate(statement.parameters, 1))
    section = [
        f"## {statement.name}",
        "",
        statement.purpose,
        "",
        f"* Run for: {statement.route}",
        f"* Round trips: {statement.round_trips}",
        f"* Rests on: {used}",
        f"* Pages: {'; '.join(f'{name}, {count}' for name, count in looked_into.items())}",
        f"* Parameters: {named}",
        "",
        _folded("SQL", "sql", sql_as_shown(statement)),
        _folded(f"Plan: {first}", "text", _trimmed(plan)),
    ]
    return "\n".join(section), list(looked_into.values())


def _folded(title: str, language: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n```{language}\n{text}\n```\n\n</details>\n"


# Differs from run to run, or from one PostgreSQL to another, and tells nothing.
_NOISE = re.compile(r" *(Index Searches|Heap Fetches|Heap Blocks|Storage|Buckets): ")


def _trimmed(lines: list[str]) -> str:
    kept = (line for line in lines if not _NOISE.match(line))
    return "\n".join(re.sub(r"(?<=\d)\.00(?= loops)|  Memory: .*", "", line) for line in kept)


def _literal(value: Any) -> str:
    """A value as EXECUTE takes it; PostgreSQL gives it the parameter's type."""
    if value is None:
        return "NULL"
    if isinstance(value, list):
        value = "{" + ",".join(map(str, value)) + "}"
    return "'" + str(value).replace("'", "''") + "'"


def main() -> None:
    """Everything, from an empty folder to the page."""
    folder = Path(tempfile.mkdtemp(prefix="session-api-plans-"))
    # The user that PostgreSQL runs as under root must pass through.
    folder.chmod(0o755)
    try:
        with open_embedded(folder / "data", durable=False) as embedded:
            migrate(Settings(database_url=SecretStr(embedded.url)))
            asyncio.run(write_page(embedded.url))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
