"""What row-level security would cost the hot statements: `python -m benchmarks.isolation`.

The service has none; docs/decisions.md says why, and these are its figures. One town
(`benchmarks.town`) on a PostgreSQL made for that alone, with policies on every table that has an
owner, FORCEd. Each statement is run in turn by

* a role that policies do not concern (BYPASSRLS): the statement as it is;
* the same role, with the owner set inside the statement, the one way that takes no more round
  trips: what the setting costs before any policy is looked at;
* a role that they do concern, with the policy as a function call and as a sub-select.

Rounds are interleaved, ratios are medians of a round's ratios. CPU is that of the PostgreSQL
process alone, from the kernel's count of nanoseconds (Linux), so that others on the machine disturb
little; pages do not depend on the machine at all.
"""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from pydantic import SecretStr

from benchmarks.plans import nodes, pages, plan_of
from benchmarks.statements import _CREATED, _SHOWN, _TOUCH_AFTER, _sent
from benchmarks.town import NOW, Sql, Town, Workspace, build_town
from session_api.chat.reads import _PAGE
from session_api.chat.repository import _ADD
from session_api.database.embedded import open_embedded
from session_api.database.migrations import migrate
from session_api.models import METADATA
from session_api.ports import new_id
from session_api.sessions.reads import _RECOVER, _TOUCH, NO_PARTS, one_statement
from session_api.settings import Settings
from session_api.sync.journal import _ADVANCE, _LOCK

# An unset setting is null, one that was set in an earlier transaction is empty: no rows in both.
_OWNER = "nullif(current_setting('session_api.owner', true), '')::uuid"
POLICIES = {
    "function call": f"owner_id = {_OWNER}",
    "sub-select": f"owner_id = (SELECT {_OWNER})",
}
AS_IT_IS, OWNER_SET = "as it is", "owner set"

_READS: dict[str, tuple[str, Callable[[Workspace], tuple[Any, ...]]]] = {
    "recover": (
        _RECOVER,
        lambda at: (at.owner_id, NOW, _TOUCH_AFTER, _SHOWN, at.session_id),
    ),
    "one session, alone": (
        one_statement(NO_PARTS),
        lambda at: (at.owner_id, at.session_id, _SHOWN),
    ),
    "activity, not due": (_TOUCH, lambda at: (at.owner_id, at.session_id, NOW, _TOUCH_AFTER)),
    "page of messages": (
        _PAGE,
        lambda at: (at.owner_id, at.session_id, 2**63 - 1, None, _SHOWN),
    ),
}

Run = Callable[[Sql], Awaitable[Any]]


def with_owner(statement: str) -> str:
    """The statement, which tells policies its $1 before it looks at any row.

    A lateral sub-query that can't be flattened (OFFSET 0) and needs the setting's result is run
    after it. What writes must stay at the top, and is run when it is asked for or at the end.
    """
    cut = statement.rindex("\n    SELECT") if statement.lstrip().startswith("WITH") else 0
    return f"""{statement[:cut]}
    SELECT shown.*
      FROM (SELECT set_config('session_api.owner', $1::uuid::text, true) AS owner) AS wall
     CROSS JOIN LATERAL (
           SELECT * FROM ({statement[cut:]}) AS whole WHERE wall.owner IS NOT NULL OFFSET 0
           ) AS shown
"""


@dataclass
class Side:
    """A connection of one role, and how it runs what is measured."""

    sql: Sql
    pid: int
    run: Run
    cpu_us: list[float] = field(default_factory=list)
    wait_us: list[float] = field(default_factory=list)

    async def round(self, times: int) -> None:
        cpu, begun = _cpu_ns(self.pid), time.perf_counter_ns()
        for _ in range(times):
            await self.run(self.sql)
        self.wait_us.append((time.perf_counter_ns() - begun) / times / 1000)
        self.cpu_us.append((_cpu_ns(self.pid) - cpu) / times / 1000)


def _cpu_ns(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def _reading(statement: str, arguments: tuple[Any, ...]) -> Run:
    return lambda sql: sql.fetchrow(statement, *arguments)


def _appending(at: Workspace, begin: str) -> Run:
    """A message as the service appends one; the owner is set in the round trip of BEGIN."""

    async def append(sql: Sql) -> None:
        message_id = str(new_id())
        sent = _sent(1).replace(_CREATED.split('"entity_id":"')[1][:36], message_id)
        created = _CREATED.replace(_CREATED.split('"entity_id":"')[1][:36], message_id)
        await sql.execute(begin)
        locked = await sql.fetchrow(_LOCK, at.owner_id, at.session_id)
        assert locked is not None
        version, seq = locked["version"], locked["message_seq"]
        await sql.fetchrow(_ADD, at.owner_id, at.session_id, sent, seq, version, NOW)
        advance = (at.owner_id, at.session_id, version, NOW, "bench", created, 1, version + 1)
        await sql.execute(_ADVANCE, *advance, 1, 1, True)
        await sql.execute("COMMIT")

    return append


async def _prepare(sql: Sql) -> None:
    for role, attribute in (("bench_free", "BYPASSRLS"), ("bench_walled", "NOBYPASSRLS")):
        await sql.execute(f"CREATE ROLE {role} {attribute}")
        await sql.execute(f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {role}")


async def _wall(sql: Sql, policy: str) -> None:
    for table in METADATA.tables.values():
        if "owner_id" in table.columns:
            await sql.execute(
                f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
                f"DROP POLICY IF EXISTS wall ON {table.name};"
                f"CREATE POLICY wall ON {table.name} USING ({policy})"
            )


async def _as(url: str, role: str) -> Sql:
    sql = await asyncpg.connect(url, server_settings={"jit": "off", "timezone": "UTC"})
    await sql.execute(f"SET SESSION AUTHORIZATION {role}")
    return sql


async def _compare(url: str, runs: dict[str, tuple[str, Run]], rounds: int) -> dict[str, Side]:
    sides = {}
    for name, (role, run) in runs.items():
        sql = await _as(url, role)
        sides[name] = Side(sql, await sql.fetchval("SELECT pg_backend_pid()"), run)
        await sides[name].round(20)  # from the sixth on with the plan that stays
    times = max(20, int(50_000 / sides[AS_IT_IS].wait_us[0]))
    for side in sides.values():
        side.cpu_us.clear()
        side.wait_us.clear()
    for number in range(rounds):
        order = list(sides.values())
        for side in order if number % 2 else reversed(order):
            await side.round(times)
    for side in sides.values():
        await side.sql.close()
    return sides


def _told(name: str, sides: dict[str, Side]) -> str:
    base = sides[AS_IT_IS]
    cells = [f"{statistics.median(base.cpu_us):.0f}"]
    for side in list(sides.values())[1:]:
        for mine, theirs in ((side.cpu_us, base.cpu_us), (side.wait_us, base.wait_us)):
            ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
            cells.append(f"{ratio - 1:+.0%}")
    return f"| {name} | {' | '.join(cells)} |"


async def _pages(url: str, town: Town) -> list[str]:
    """What recovering looks into, for two chats of the owner of most sessions."""
    told = []
    for name, role, wrapped in (
        ("as it is", "bench_free", False),
        ("with the policy", "bench_walled", True),
    ):
        sql = await _as(url, role)
        found = []
        for at in (town.short, town.long):
            statement, arguments = _READS["recover"]
            text = with_owner(statement) if wrapped else statement
            plan = await plan_of(sql, text, arguments(at), mode="force_generic_plan", run=True)
            # The touch is run when all else is done, and the root does not count it.
            touch = next(node for node in nodes(plan) if node["Node Type"] == "ModifyTable")
            found.append(f"{pages(plan) + pages(touch)} for a chat of {at.messages:,} messages")
        await sql.close()
        told.append(f"Pages of a recovery, {name}: {'; '.join(found)}")
    return told


async def measure(url: str, rounds: int) -> None:
    """Fills the migrated, empty database and prints what was found."""
    sql = await asyncpg.connect(url)
    town = await build_town(sql)
    await _prepare(sql)
    print(f"PostgreSQL {await sql.fetchval('SHOW server_version')}, {rounds} rounds")
    for name, policy in POLICIES.items():
        await _wall(sql, policy)
        print(f"\nPolicy as a {name}: `{policy}`\n")
        print("| | CPU µs | owner set, CPU | round trip | with the policy, CPU | round trip |")
        print("| --- | --- | --- | --- | --- | --- |")
        begin = f"BEGIN; SET LOCAL session_api.owner = '{town.modest.owner_id}'"
        cases: dict[str, tuple[Run, Run]] = {
            case: (
                _reading(statement, arguments(town.short)),
                _reading(with_owner(statement), arguments(town.short)),
            )
            for case, (statement, arguments) in _READS.items()
        }
        cases["append"] = (_appending(town.modest, "BEGIN"), _appending(town.modest, begin))
        for case, (plain, wrapped) in cases.items():
            runs = {
                AS_IT_IS: ("bench_free", plain),
                OWNER_SET: ("bench_free", wrapped),
                "walled": ("bench_walled", wrapped),
            }
            print(_told(case, await _compare(url, runs, rounds)), flush=True)
        print("\n" + "\n".join(await _pages(url, town)), flush=True)
    await sql.close()


def main(rounds: Annotated[int, typer.Option(min=1, help="More, for less chance.")] = 30) -> None:
    """What row-level security would cost the hot statements."""
    folder = Path(tempfile.mkdtemp(prefix="session-api-isolation-"))
    # The user that PostgreSQL runs as under root must pass through.
    folder.chmod(0o755)
    try:
        with open_embedded(folder / "data", durable=False) as embedded:
            migrate(Settings(database_url=SecretStr(embedded.url)))
            asyncio.run(measure(embedded.url, rounds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    typer.run(main)
