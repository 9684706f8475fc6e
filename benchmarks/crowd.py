"""The crowd: the sessions of everybody else, up to millions of them, filled in by SQL.

Each is a copy, with fresh ids, of one session that the service made: the specimen. What is sealed
is bound to its row (`session_api.security.keyring`), so a copy's metadata does not open. Nobody
reads the crowd: it is there so that tables and indexes are as large as years of use leave them. Who
is read, the visitors, came through the service's routes, and a few of them between every two parts
of the crowd, so that their rows lie among the others'.

How many sessions a person has follows Zipf's law; how long the chats are, a power law from 2
messages to as many as the specimen has. Of the version log the crowd has nothing: it was trimmed.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import asyncpg

from benchmarks.ground import Ground

PARTS: Final = 10

# A page that is changed for the first time after a checkpoint goes to the log whole. Owners are in
# no order, so that would be nearly every page of every index, several times over.
_FOR_FILLING: Final = {
    "full_page_writes": "off",
    "max_wal_size": "32GB",
    "maintenance_work_mem": "256MB",
}

# A person was last here some time within a year, most of them long ago. Statuses are what the jobs
# have made of that, so that nothing is left for them to do while a run lasts.
_PLAN = """
    CREATE UNLOGGED TABLE bench_crowd AS
    SELECT aged.*, active_at - interval '4 hours' AS created_at,
           uuidv7(active_at - interval '4 hours' - now()) AS id,
           uuidv7(active_at - interval '4 hours' - now()) AS chat_id,
           CASE WHEN random() < 0.1
                THEN uuidv7(active_at - interval '4 hours' - now()) END AS mission_id,
           least({longest}, floor(2 / power(1 - random(), 0.6)))::int AS messages,
           floor(random() * {parts})::int AS part,
           CASE WHEN active_at > now() - interval '20 hours' THEN 'active'
                WHEN random() < 0.3 THEN 'completed'
                WHEN active_at > now() - interval '6 days' THEN 'abandoned'
                ELSE 'archived' END AS status
      FROM (
            SELECT owner_id, n,
                   now() + ln(1 - random()) * interval '60 days' AS active_at
              FROM (
                    SELECT n, gen_random_uuid() AS owner_id
                      FROM generate_series(1, {people}) AS n
                     OFFSET 0  -- one id a person, not one a session
                   ) AS person,
                   generate_series(1, ceil({people}::float / n)::int)
             LIMIT {sessions}
           ) AS aged;

    CREATE UNLOGGED TABLE bench_specimen AS
    SELECT m.*
      FROM chats c
      JOIN chat_messages m ON (m.owner_id, m.chat_id) = (c.owner_id, c.id)
     WHERE c.session_id = '{specimen}';

    ANALYZE bench_crowd, bench_specimen
"""

_OF_PART = "(SELECT * FROM bench_crowd WHERE part = {part} ORDER BY created_at, id) AS crowd"
_BY_MISSION = "crowd.mission_id IS NOT NULL"

# For each table: the specimen's rows beside the crowd's, and what is not copied.
_COPIES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "user_sessions": (
        f"{_OF_PART}, user_sessions AS specimen WHERE specimen.id = '{{specimen}}'",
        {
            "owner_id": "crowd.owner_id",
            "id": "crowd.id",
            "status": "crowd.status",
            "version": "crowd.messages + 1",
            "fields_version": "1",
            "chat_version": "crowd.messages + 1",
            "message_seq": "crowd.messages",
            "message_count": "crowd.messages",
            "changes_from": "crowd.messages + 1",
            "created_at": "crowd.created_at",
            "updated_at": "crowd.active_at",
            "last_activity_at": "crowd.active_at",
            "completed_at": "CASE WHEN crowd.status = 'completed' THEN crowd.active_at END",
            "abandoned_at": "CASE WHEN crowd.status IN ('abandoned', 'archived')"
            " THEN crowd.active_at + interval '1 day' END",
            "archived_at": "CASE WHEN crowd.status = 'archived'"
            " THEN crowd.active_at + interval '8 days' END",
        },
    ),
    "chats": (
        f"{_OF_PART}, chats AS specimen WHERE specimen.session_id = '{{specimen}}'",
        {
            "owner_id": "crowd.owner_id",
            "id": "crowd.chat_id",
            "session_id": "crowd.id",
            "created_at": "crowd.created_at",
        },
    ),
    "chat_messages": (
        (
            f"{_OF_PART}, generate_series(1, crowd.messages) AS place"
            " JOIN bench_specimen AS specimen ON specimen.seq = place"
        ),
        {
            "owner_id": "crowd.owner_id",
            "chat_id": "crowd.chat_id",
            "version": "specimen.seq + 1",
            "created_at": "crowd.created_at",
        },
    ),
    "missions": (
        (
            f"{_OF_PART}, missions AS specimen"
            f" WHERE specimen.session_id = '{{specimen}}' AND {_BY_MISSION}"
        ),
        {
            "owner_id": "crowd.owner_id",
            "id": "crowd.mission_id",
            "session_id": "crowd.id",
            "created_at": "crowd.created_at",
            "updated_at": "crowd.active_at",
        },
    ),
    "hops": (
        (
            f"{_OF_PART}, missions JOIN hops AS specimen ON specimen.mission_id = missions.id"
            f" WHERE missions.session_id = '{{specimen}}' AND {_BY_MISSION}"
        ),
        {"owner_id": "crowd.owner_id", "mission_id": "crowd.mission_id"},
    ),
    "tool_steps": (
        (
            f"{_OF_PART}, missions JOIN tool_steps AS specimen ON specimen.mission_id = missions.id"
            f" WHERE missions.session_id = '{{specimen}}' AND {_BY_MISSION}"
        ),
        {"owner_id": "crowd.owner_id", "mission_id": "crowd.mission_id"},
    ),
}

_PEOPLE = """
    INSERT INTO users
           (owner_id, tenant_id, issuer, subject, created_at, asset_count, asset_bytes)
    SELECT owner_id, 'default', 'session-api', 'crowd ' || n, min(created_at), 0, 0
      FROM bench_crowd
     GROUP BY owner_id, n
"""


def fill(here: Ground, specimen: str, sessions: int, between: Callable[[int], None]) -> None:
    """So many copies of the session `specimen`; calls `between` with 0, 1, … after each part."""
    with here.configured(**_FOR_FILLING):
        longest = asyncio.run(_prepare(here, specimen, sessions))
        for part in range(PARTS):
            if longest:
                asyncio.run(_copy(here, specimen, part))
            between(part)
        finish = ("DROP TABLE IF EXISTS bench_crowd, bench_specimen", "VACUUM (FREEZE, ANALYZE)")
        asyncio.run(here.execute(*finish))
    # What is left to be written to the disk is written now, and not while something is measured.
    asyncio.run(here.execute("CHECKPOINT"))


def people_for(sessions: int) -> int:
    """How many people have so many sessions, where the n-th of all has their number divided by n,
    rounded up.
    """
    low, high = 1, max(1, sessions)
    while low < high:
        middle = (low + high) // 2
        if sum(-(-middle // n) for n in range(1, middle + 1)) < sessions:
            low = middle + 1
        else:
            high = middle
    return low


async def _prepare(here: Ground, specimen: str, sessions: int) -> int:
    """The length of the longest chat that can be had; 0 where there is to be no crowd."""
    if not sessions:
        return 0
    found = await here.row("SELECT message_count FROM user_sessions WHERE id = $1", specimen)
    longest = int(found[0])
    plan = _PLAN.format(
        longest=longest,
        parts=PARTS,
        people=people_for(sessions),
        sessions=sessions,
        specimen=specimen,
    )
    await here.execute(plan, _PEOPLE)
    return longest


async def _copy(here: Ground, specimen: str, part: int) -> None:
    connection = await asyncpg.connect(here.url)
    try:
        async with connection.transaction():
            # Foreign keys are not checked row by row: that would take longer than all the rest.
            await connection.execute("SET LOCAL session_replication_role = replica")
            for table, (source, changed) in _COPIES.items():
                columns = [
                    row["column_name"]
                    for row in await connection.fetch(
                        "SELECT column_name FROM information_schema.columns"
                        " WHERE table_schema = 'public' AND table_name = $1",
                        table,
                    )
                ]
                values = [changed.get(column, f"specimen.{column}") for column in columns]
                await connection.execute(
                    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
                    f" FROM {source.format(part=part, specimen=specimen)}"
                )
    finally:
        await connection.close()
