"""Chains grow and are read in one pass also before PostgreSQL has counted what a load brought.

The bug it prevents: it counts about once a minute. Until then it took the backlog for a row, and an
owner's events for one: it compared every event with all that wait, and read all of an owner's to
find one of them. Minutes for what takes a second.
"""

import json
from datetime import timedelta

import pytest
from fastapi import FastAPI

from session_api.audit.chain import ChainVerifier, Export, HeadKeys
from session_api.audit.chain.repository import _IN_KEY_ORDER, _TAKE
from session_api.security import KeyRing
from session_api.settings import Settings
from tests.audit.chains import FILL, sealed
from tests.support.people import MovableClock
from tests.support.settings import KEYS, test_settings
from tests.support.workspace import Sql

SEALED = 2_000
BACKLOG = 20_000
BATCH = 1000
PAGES = 20
"""Of tables and indexes, for an event that is taken to be sealed; it takes about twelve."""
PASS = timedelta(seconds=3)
"""A statement takes a tenth of a second that looks at each event once; else more than ten."""


@pytest.fixture
def settings(database_url: str) -> Settings:
    return test_settings(database_url, statement_timeout=PASS)


@pytest.fixture
async def backlog(sql: Sql, app: FastAPI, clock: MovableClock) -> None:
    """Events that came after PostgreSQL counted those that wait, of which there were none."""
    await sql.execute("TRUNCATE audit_events, audit_unsealed, audit_seals, audit_logs")
    await sql.fetch(FILL, "village", SEALED)
    await sealed(app.state.audit_sealing, clock)
    await sql.execute("ANALYZE audit_events, audit_unsealed, audit_seals")
    counted = "SELECT reltuples FROM pg_class WHERE relname = 'audit_unsealed'"
    assert await sql.fetchval(counted) == 0
    await sql.fetch(FILL, "town", BACKLOG)


@pytest.mark.usefixtures("backlog")
async def test_a_backlog_is_verified_and_exported_in_one_pass(
    app: FastAPI, clock: MovableClock
) -> None:
    keys = HeadKeys(KeyRing.parse(KEYS).derive("audit-heads"))
    verifier = ChainVerifier(app.state.database, keys, app.state.object_store.records)
    verdict = await verifier.verify(clock(), tenant_id=None, late_after=timedelta(days=36500))
    assert (verdict.findings, verdict.events, verdict.waiting) == ([], SEALED, BACKLOG)

    lines = Export(app.state.database).lines(tenant_id=None, since=None, until=None)
    assert sum([1 async for _ in lines]) == SEALED + BACKLOG


@pytest.mark.parametrize("counted", ["few", "none"])
async def test_a_batch_costs_what_is_in_it_and_not_what_waits_behind_it(
    sql: Sql, counted: str
) -> None:
    await sql.execute("TRUNCATE audit_events, audit_unsealed, audit_seals, audit_logs")
    await sql.fetch(FILL, "town", 5 if counted == "few" else 5000)
    if counted == "none":
        await sql.execute("DELETE FROM audit_events; DELETE FROM audit_unsealed")
    await sql.execute("ANALYZE audit_events, audit_unsealed, audit_seals")
    await sql.fetch(FILL, "village", BACKLOG)
    async with sql.transaction():
        await sql.execute(_IN_KEY_ORDER)
        taking = _TAKE.replace("$1", str(BATCH))
        told = await sql.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {taking}")
    plan = json.loads(told)[0]["Plan"]
    assert plan["Actual Rows"] == BATCH
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= BATCH * PAGES
