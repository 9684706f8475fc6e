"""Among many sessions, shares and people, what is looked for is found by an index."""

from typing import Any
from uuid import UUID, uuid4

from session_api.sessions.shared.reads import _SHARED
from session_api.sharing.reads import (
    _LINK,
    _MEMBERS,
    _MEMBERSHIP,
    _SHARES,
    MISSION_REACHED,
    SESSION_REACHED,
)
from tests.support.people import MovableClock, Person
from tests.support.workspace import Sql, has_workspace

_MANY = 5_000
FULL = ("users", "user_sessions", "missions", "session_shares", "session_members")
"""The tables that hold so many rows."""

_PEOPLE = """
    INSERT INTO users (owner_id, tenant_id, issuer, subject, created_at, asset_count, asset_bytes)
    SELECT gen_random_uuid(), 'default', 'session-api', 'x' || n, now(), 0, 0
      FROM generate_series(1, $1::int) n
"""
_SHARED_WITH_THEM = """
      WITH their AS (
           SELECT owner_id, gen_random_uuid() AS session_id, gen_random_uuid() AS id
             FROM users WHERE subject LIKE 'x%'
           ), made AS (
           INSERT INTO user_sessions ({columns})
           SELECT {values} FROM their CROSS JOIN (SELECT * FROM user_sessions LIMIT 1) s
           ), shared AS (
           INSERT INTO session_shares (owner_id, session_id, id, user_id, token_hash, uses, role,
                                       fingerprint, created_at)
           SELECT owner_id, session_id, id, NULL, uuid_send(id), 0, 'viewer', '', now() FROM their
           ), worked AS (
           INSERT INTO missions (owner_id, id, tenant_id, session_id, name, status, data,
                                 fingerprint, created_at, updated_at)
           SELECT owner_id, id, 'default', session_id, 'x', 'pending', '{{}}', '', now(), now()
             FROM their
           )
    INSERT INTO session_members (owner_id, session_id, host_id, share_id, shared_at)
    SELECT lead(owner_id, 1, owner_id) OVER (ORDER BY owner_id), session_id, owner_id, id, now()
      FROM their
"""


async def _crowded(sql: Sql) -> None:
    names = [
        str(row["column_name"])
        for row in await sql.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'user_sessions'"
        )
    ]
    own = {"owner_id": "their.owner_id", "id": "their.session_id"}
    values = ", ".join(own.get(name, f"s.{name}") for name in names)
    await sql.execute(_PEOPLE, _MANY)
    await sql.execute(_SHARED_WITH_THEM.format(columns=", ".join(names), values=values))
    await sql.execute("ANALYZE")


async def test_nothing_reads_a_whole_table(
    ann: Person, bob: Person, clock: MovableClock, sql: Sql
) -> None:
    ids = await has_workspace(ann)
    await ann.shares(ids["session_id"], user_id="bob")
    await _crowded(sql)
    session, mission = UUID(ids["session_id"]), UUID(ids["mission_id"])
    now, told = clock(), "{}"
    reached: tuple[Any, ...] = (now, now - now, ["viewer"], told, uuid4())
    asked: dict[str, tuple[Any, ...]] = {
        SESSION_REACHED: (bob.owner_id, session, *reached),
        MISSION_REACHED: (bob.owner_id, mission, *reached),
        _SHARED: (bob.owner_id, None, now, now - now, None, None, 21, told, [uuid4()] * 20),
        _SHARES: (ann.owner_id, session),
        _MEMBERS: (ann.owner_id, session, now),
        _MEMBERSHIP: (bob.owner_id, session),
        _LINK: (bytes(32), "default", "session-api"),
    }
    for statement, arguments in asked.items():
        plan = [row[0] for row in await sql.fetch(f"EXPLAIN {statement}", *arguments)]
        whole = [line for line in plan if any(f"Seq Scan on {name} " in line for name in FULL)]
        assert whole == [], "\n".join(plan)
