"""Changing over to another key: every value comes along, nothing else moves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from benchmarks.plans import Mode, nodes, plan_of
from session_api.database.engine import Database
from session_api.sessions.rotation import KeyRotation
from session_api.sessions.rotation.repository import (
    BEFORE_ALL,
    SealedValues,
    census_statement,
    page_statement,
)
from tests.support.counters import counted_from_now, updates
from tests.support.database import Server
from tests.support.people import Person
from tests.support.races import Holder
from tests.support.sealed import (
    LOST_KEY,
    NEW_KEY,
    OLD_KEY,
    ROTATING,
    all_but_sealed,
    fingerprint_of,
    has_sealed_sessions,
    opened,
    ring,
    until_under,
)
from tests.support.settings import test_settings
from tests.support.workspace import Sql

MANY = 20_000
PAGE = 200


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(test_settings(database_url))
    yield made
    await made.close()


@pytest.fixture
def rotation(database: Database) -> KeyRotation:
    return KeyRotation(database, ring(ROTATING))


class Asked:
    """What a database was asked, counted on the driver itself."""

    def __init__(self, database: Database) -> None:
        self.statements: list[str] = []
        self._database = database

    async def __aenter__(self) -> "Asked":
        self._pooled = await self._database.engine.raw_connection()
        driver: Any = self._pooled.driver_connection
        self._driver = driver
        self._driver.add_query_logger(self._note)
        self._pooled.close()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(0)
        self._driver.remove_query_logger(self._note)

    def _note(self, query: asyncpg.connection.LoggedQuery) -> None:
        if "user_sessions" in query.query:  # the driver also looks up types, once
            self.statements.append(query.query)

    def count(self, word: str) -> int:
        return sum(word in statement for statement in self.statements)


async def test_20_000_sessions_come_under_the_first_key_by_two_statements_a_page(
    sql: Sql, database: Database
) -> None:
    made = await has_sealed_sessions(sql, ring(OLD_KEY), MANY)
    before = await all_but_sealed(sql)
    shares: list[float] = []
    async with Asked(database) as asked:
        done = await KeyRotation(database, ring(ROTATING), page_size=PAGE).rotate(shares.append)
    assert (done.first, done.sessions, done.rotated, done.held) == ("new", MANY, 2 * MANY, 0)
    assert set(done.unreadable.values()) == {0}
    # One more read finds that the last page, being full, was the last.
    assert asked.count("UPDATE user_sessions") == MANY // PAGE
    assert len(asked.statements) == 2 * MANY // PAGE + 1
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert await all_but_sealed(sql) == before
    # The old key is no longer needed.
    readable = await opened(sql, ring(NEW_KEY))
    assert readable == {key: ({"of": str(key)}, fingerprint_of(key)) for _, key in made}


async def test_where_nothing_is_due_nothing_is_fetched_or_written(
    sql: Sql, database: Database
) -> None:
    await has_sealed_sessions(sql, ring(NEW_KEY), 1_000)
    before = await sql.fetch("SELECT ctid, xmin FROM user_sessions ORDER BY id")
    async with Asked(database) as asked:
        done = await KeyRotation(database, ring(ROTATING), page_size=300).rotate()
    assert (done.sessions, done.rotated) == (1_000, 0)
    assert len(asked.statements) == 4
    assert await sql.fetch("SELECT ctid, xmin FROM user_sessions ORDER BY id") == before
    page = await SealedValues(database, page_size=300).page(
        BEFORE_ALL, but=ring(ROTATING).current_head
    )
    assert (page.sessions, page.values) == (300, ())


@pytest.mark.parametrize("column", ["metadata", "fingerprint"])
async def test_one_value_of_a_session_can_be_due_alone(
    sql: Sql, database: Database, rotation: KeyRotation, column: str
) -> None:
    select = f"SELECT id, {column}_ciphertext FROM user_sessions"
    await has_sealed_sessions(sql, ring(OLD_KEY), 3, owners=1)
    await rotation.rotate()
    new = [tuple(row) for row in await sql.fetch(select)]
    await KeyRotation(database, ring(f"{OLD_KEY},{NEW_KEY}")).rotate()
    await sql.executemany(f"UPDATE user_sessions SET {column}_ciphertext = $2 WHERE id = $1", new)
    assert (await rotation.rotate()).rotated == 3
    assert {tuple(row) for row in await sql.fetch(select)} == set(new)
    assert len(await opened(sql, ring(NEW_KEY))) == 3


async def test_no_sessions_at_all(rotation: KeyRotation) -> None:
    shares: list[float] = []
    done = await rotation.rotate(shares.append)
    assert (done.sessions, done.rotated, shares) == (0, 0, [1.0])
    assert (await rotation.census()).keys == {"new": 0, "test": 0}


@pytest.mark.parametrize("metadata_bytes", [200, 1_800, 60_000])
async def test_rotation_adds_nothing_to_the_indexes(
    sql: Sql, database: Database, server: Server, database_url: str, metadata_bytes: int
) -> None:
    await counted_from_now(server, sql, database_url, "user_sessions")
    count = 400 if metadata_bytes < 10_000 else 100
    await has_sealed_sessions(sql, ring(OLD_KEY), count, metadata={"draft": "x" * metadata_bytes})
    await KeyRotation(database, ring(ROTATING), page_size=20).rotate()
    await database.close()  # a connection tells what it counted when it ends, at the latest
    updated, hot = await updates(sql, "user_sessions", at_least=count)
    assert updated == count
    assert hot / updated >= 0.9, (hot, updated)


# What can't be read


async def test_what_can_not_be_read_stays_as_it_is_and_is_named(
    sql: Sql, rotation: KeyRotation
) -> None:
    made = await has_sealed_sessions(sql, ring(OLD_KEY), 10, owners=2)
    rows = {row["id"]: row for row in await sql.fetch("SELECT * FROM user_sessions")}
    (_, cut), (_, swapped), (_, other), (_, empty), (owner, lost) = made[:5]
    harm = {
        cut: bytes(rows[cut]["metadata_ciphertext"])[:-1],
        swapped: bytes(rows[other]["metadata_ciphertext"]),
        empty: b"",
        lost: ring(LOST_KEY).encrypt(
            b"{}", purpose="user_sessions.metadata", owner_id=owner, record_id=lost
        ),
    }
    for session_id, blob in harm.items():
        await sql.execute(
            "UPDATE user_sessions SET metadata_ciphertext = $2 WHERE id = $1", session_id, blob
        )
    done = await rotation.rotate()
    assert done.rotated == 20 - 4
    assert done.unreadable == {"key_missing": 1, "ciphertext_invalid": 3}
    assert {(value.session_id, value.column, value.code) for value in done.named} == {
        (cut, "metadata", "ciphertext_invalid"),
        (swapped, "metadata", "ciphertext_invalid"),
        (empty, "metadata", "ciphertext_invalid"),
        (lost, "metadata", "key_missing"),
    }
    for session_id, blob in harm.items():
        stored = "SELECT metadata_ciphertext FROM user_sessions WHERE id = $1"
        assert await sql.fetchval(stored, session_id) == blob
    assert (await rotation.rotate()).rotated == 0


async def test_the_census_tells_missing_keys_broken_values_and_what_is_no_value(
    sql: Sql, rotation: KeyRotation
) -> None:
    made = await has_sealed_sessions(sql, ring(OLD_KEY), 10, owners=2)
    await rotation.rotate()
    last = "8 * (length(metadata_ciphertext) - 1)"
    flipped = f"set_bit(metadata_ciphertext, {last}, 1 - get_bit(metadata_ciphertext, {last}))"
    renamed = "overlay(metadata_ciphertext PLACING 'gon'::bytea FROM 3 FOR 3)"
    for (_, session_id), value in zip(
        made,
        ["''::bytea", "'\\x0103'::bytea", "'plain text'::bytea", renamed, flipped],
        strict=False,
    ):
        await sql.execute(
            f"UPDATE user_sessions SET metadata_ciphertext = {value} WHERE id = $1", session_id
        )
    counted, verified = await rotation.census(), await rotation.verify()
    assert counted.keys == verified.keys == {"new": 16, "test": 0}
    assert counted.missing == verified.missing == {"gon": 1}
    assert counted.malformed == verified.malformed == 3
    assert (counted.broken, verified.broken) == (None, {"new": 1, "test": 0})
    assert counted.sessions == verified.sessions == 10


# Beside others


async def test_a_session_that_somebody_holds_is_waited_for(
    sql: Sql, database_url: str, rotation: KeyRotation
) -> None:
    made = await has_sealed_sessions(sql, ring(OLD_KEY), 10, owners=2)
    _, held = made[4]
    async with Holder(database_url) as holder:
        await holder.does("SELECT FROM user_sessions WHERE id = $1 FOR NO KEY UPDATE", held)
        rotating = asyncio.create_task(rotation.rotate())
        await until_under(sql, ring(NEW_KEY), 9)
        assert not rotating.done()
        await holder.commit()
        done = await rotating
    assert (done.rotated, done.held) == (20, 0)


async def test_a_session_that_is_held_all_the_time_is_left_for_the_next_run(
    sql: Sql, database_url: str, database: Database
) -> None:
    made = await has_sealed_sessions(sql, ring(OLD_KEY), 10, owners=2)
    hasty = KeyRotation(database, ring(ROTATING), page_size=3, tries=2, pause_seconds=0.001)
    async with Holder(database_url) as holder:
        await holder.does("SELECT FROM user_sessions WHERE id = $1 FOR NO KEY UPDATE", made[4][1])
        done = await hasty.rotate()
        assert (done.rotated, done.held) == (18, 2)
    done = await hasty.rotate()
    assert (done.rotated, done.held) == (2, 0)


async def test_what_is_written_between_reading_and_replacing_stays(
    ann: Person, sql: Sql, database: Database
) -> None:
    patched, deleted, calm = [
        await ann.has_session(session_metadata={"draft": "first"}) for _ in range(3)
    ]
    values = SealedValues(database, page_size=10)
    page = await values.page(BEFORE_ALL, but=ring(NEW_KEY).current_head)
    await ann.patch(f"/api/sessions/{patched['id']}", {"session_metadata": {"draft": "second"}})
    await ann.delete(f"/api/sessions/{deleted['id']}")
    stale = [(value, b"a stale form of it") for value in page.values]
    # Both values of the calm one and the fingerprint of the patched one.
    assert await values.replace(stale) == 3
    now = await ann.sees(patched["id"])
    assert (now["session_metadata"], now["damaged"]) == ({"draft": "second"}, [])
    assert (await ann.get(f"/api/sessions/{deleted['id']}")).status_code == 404
    assert (await ann.sees(calm["id"]))["session_metadata"] is None


async def test_what_is_written_by_a_transaction_that_is_under_way_stays(
    sql: Sql, database_url: str, rotation: KeyRotation
) -> None:
    ((owner, session_id),) = await has_sealed_sessions(sql, ring(OLD_KEY), 1, owners=1)
    fresh = ring(OLD_KEY).encrypt(
        b'{"draft":"second"}',
        purpose="user_sessions.metadata",
        owner_id=owner,
        record_id=session_id,
    )
    async with Holder(database_url) as holder:
        await holder.does(
            "UPDATE user_sessions SET metadata_ciphertext = $2, version = 2 WHERE id = $1",
            *(session_id, fresh),
        )
        rotating = asyncio.create_task(rotation.rotate())
        await asyncio.sleep(0.1)
        await holder.commit()
        await rotating
    assert (await opened(sql, ring(NEW_KEY)))[session_id][0] == {"draft": "second"}


async def test_two_rotations_at_once_do_the_work_of_one(sql: Sql, database: Database) -> None:
    await has_sealed_sessions(sql, ring(OLD_KEY), 2_000)
    both = [
        KeyRotation(database, ring(ROTATING), page_size=100, pause_seconds=0.001).rotate()
        for _ in range(2)
    ]
    first, second = await asyncio.gather(*both)
    assert first.rotated + second.rotated == 4_000
    assert first.held == second.held == 0
    assert len(await opened(sql, ring(NEW_KEY))) == 2_000


# How PostgreSQL finds a page


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("what", ["page", "census"])
async def test_a_page_is_found_by_the_primary_key_and_nothing_is_sorted_for_it(
    sql: Sql, mode: Mode, what: str
) -> None:
    made = await has_sealed_sessions(sql, ring(OLD_KEY), MANY)
    await sql.execute("ANALYZE user_sessions")
    statement, size = (page_statement(200), 200) if what == "page" else (census_statement(500), 500)
    after: tuple[Any, ...] = made[MANY // 2]
    if what == "page":
        after = (*after, r"\x01036e6577")
    plan = await plan_of(sql, statement, after, mode=mode, run=True)
    scans = [node for node in nodes(plan) if "Relation Name" in node]
    assert [(node["Node Type"], node["Index Name"]) for node in scans] == [
        ("Index Scan", "pk_user_sessions")
    ]
    assert scans[0]["Actual Rows"] == size
    assert "Filter" not in scans[0]
    if what == "page":
        assert "Sort" not in {node["Node Type"] for node in nodes(plan)}
