"""The list of what the service's role may do is what the service does: no less, and no more.

No less, because every test of the service runs as that role. No more is shown here: each privilege
is taken away in turn, and one of the statements that the service has run must then be refused.
"""

import re
from pathlib import Path

import asyncpg
import httpx
from fastapi import FastAPI

from session_api.database.grants import ALL, GRANTS
from session_api.lifecycle import JobRunner
from session_api.lifecycle.runner import run_to_the_end
from session_api.models import METADATA
from session_api.sessions.rotation import KeyRotation
from session_api.settings import Settings
from tests.support.operations import guarded
from tests.support.people import MovableClock, Person
from tests.support.sealed import ROTATING, ring
from tests.support.statements import statements_of
from tests.support.workspace import Sql, has_all_for, has_workspace

SERVICE = "session_api_service"
Pair = tuple[str, str]


async def _asks_for_everything(
    app: FastAPI, ann: Person, clock: MovableClock, folder: Path
) -> None:
    """Every operation, every job, a rotation, and what only an earlier version's data brings."""
    for operation in guarded():
        # Somebody else for each: some of them sign out whoever asks.
        asking = Person(operation.name, httpx.ASGITransport(app), app.state.settings, clock)
        async with asking as person:
            ids = await has_all_for(person, operation)
            request = operation.request()
            answer = await person.request(operation.method, operation.at(ids), **request)
        assert answer.status_code < 500, answer.text
    await app.state.device_writer.write_down()
    await app.state.follower.start()
    await app.state.follower.look()
    assert (await ann.get("/readyz")).status_code == 200
    lost = await has_workspace(ann)
    files = f"/api/sessions/{lost['session_id']}/assets"
    await ann.post(f"{files}/upload", files={"file": ("hello.txt", b"hello")})
    await ann.post(files, json={"name": "a.txt", "content_type": "text/plain", "size": 5})
    _lose_objects(folder)
    runner = JobRunner(
        app.state.jobs.all, app.state.leases, clock, interval=app.state.settings.job_interval
    )
    for days in (0, 2, 30):
        clock.move(days=days)
        await runner.run_once()
    for job in app.state.jobs.thorough(clock()):
        await run_to_the_end(job, app.state.leases, clock)
    await app.state.leftovers.at(clock())
    await KeyRotation(app.state.database, ring(ROTATING)).rotate()


def _lose_objects(folder: Path) -> None:
    for found in folder.rglob("*"):
        if found.is_file() and found.name != "installation":
            found.unlink()


async def _needed(sql: Sql, asked: set[str]) -> set[Pair]:
    """The privileges without which one of the statements is refused."""
    needed: set[Pair] = set()
    for table, privileges in GRANTS.items():
        about = [text for text in asked if re.search(rf"\b{table}\b", text)]
        for privilege in privileges:
            undone = sql.transaction()
            await undone.start()
            await sql.execute(f"REVOKE {privilege} ON {table} FROM {SERVICE}")
            await sql.execute(f"SET LOCAL ROLE {SERVICE}")
            if await _refuses_one(sql, about):
                needed.add((table, privilege))
            await undone.rollback()
    return needed


async def _refuses_one(sql: Sql, statements: list[str]) -> bool:
    for text in statements:
        try:
            async with sql.transaction():
                # Who may run a statement is looked at before it is explained, not before it is
                # planned; and generic, because of its parameters we know the places alone.
                await sql.execute(f"EXPLAIN (GENERIC_PLAN) {text}")
        except asyncpg.InsufficientPrivilegeError:
            return True
    return False


async def test_every_privilege_is_needed_by_a_statement_that_the_service_runs(
    app: FastAPI, ann: Person, clock: MovableClock, sql: Sql, settings: Settings
) -> None:
    assert settings.storage is not None
    with statements_of(app.state.database) as asked:
        await _asks_for_everything(app, ann, clock, Path(settings.storage.removeprefix("file://")))
    explainable = {
        text for text in set(asked) if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)", text)
    }
    granted = {(table, privilege) for table, held in GRANTS.items() for privilege in held}
    assert len(explainable) > 50
    assert granted - await _needed(sql, explainable) == set()


async def test_the_service_runs_as_a_role_that_has_this_list_and_nothing_else(
    app: FastAPI, sql: Sql
) -> None:
    row = await app.state.database.fetch_row("SELECT current_user AS name")
    assert row["name"] == SERVICE
    held = await sql.fetch(
        """
        SELECT c.relname, acl.privilege_type
          FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS acl
         WHERE c.relnamespace = 'public'::regnamespace AND acl.grantee <> c.relowner
        """
    )
    assert {tuple(row) for row in held} == {
        (table, privilege) for table, privileges in GRANTS.items() for privilege in privileges
    }


def test_every_table_has_a_decision() -> None:
    assert GRANTS.keys() == METADATA.tables.keys() | {"alembic_version"}


def test_what_is_only_added_to_can_be_neither_changed_nor_removed() -> None:
    assert set(ALL) - set(GRANTS["audit_events"]) == {"UPDATE", "DELETE"}
