"""A town: a database as years of use would leave it, filled in seconds, for looking at plans.

Who has how much follows Zipf's law: the first owner has thousands of sessions, most have two or
three. It is the same town every time: ids come from hashes, and times from a fixed present.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg

Sql: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWNERS = 2_000
LONG_CHAT = 10_000
SHORT_CHAT = 50

_NOW = f"timestamptz '{NOW}'"

# Ids as the service makes them, UUID version 7, so that they lie in the indexes as they would.
_FUNCTIONS = """
    CREATE FUNCTION pg_temp.id_at(at timestamptz, thing text) RETURNS uuid IMMUTABLE LANGUAGE sql AS
    $$
        SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
                || substr(md5(thing), 1, 3) || 'a' || substr(md5(thing), 4, 15))::uuid
    $$;
    CREATE FUNCTION pg_temp.bytes(thing text, times int) RETURNS bytea IMMUTABLE LANGUAGE sql AS
    $$
        SELECT decode(repeat(md5(thing), times), 'hex')
    $$
"""

# Owner n was last here some time within two months; the first and the last, with the most and the
# fewest sessions, just now.
_OWNERS = f"""
    CREATE TEMP TABLE owner AS
    SELECT n, md5('owner ' || n)::uuid AS owner_id, ceil(2300.0 / n)::int AS sessions,
           {_NOW} - interval '60 days' * (((n - 1) * 7919) % {OWNERS}) / {OWNERS}
                    * (n < {OWNERS})::int AS seen_at
      FROM generate_series(1, {OWNERS}) AS n
"""

# Ordinal 0 is an owner's latest session. Statuses are what the jobs make of the times, an hour
# ago, so that there is something left to do for them.
_SESSIONS = f"""
    CREATE TEMP TABLE session AS
    SELECT dated.*, pg_temp.id_at(created_at, n || ' ' || ordinal) AS id,
           pg_temp.id_at(created_at, 'chat ' || n || ' ' || ordinal) AS chat_id,
           pg_temp.id_at(created_at, 'mission ' || n || ' ' || ordinal) AS mission_id,
           CASE WHEN NOT is_shown THEN (n + ordinal) % 5
                WHEN n = 1 AND ordinal = 0 THEN {LONG_CHAT}
                ELSE {SHORT_CHAT} END AS messages,
           is_shown OR (n + ordinal) % 10 = 0 AS has_mission,
           is_shown OR (n + ordinal) % 20 = 0 AS has_assets,
           CASE WHEN active_at > {_NOW} - interval '25 hours' THEN 'active'
                WHEN (n + ordinal) % 3 = 0 THEN 'completed'
                WHEN active_at > {_NOW} - interval '8 days 1 hour' THEN 'abandoned'
                ELSE 'archived' END AS status
      FROM (
            SELECT owner.*, ordinal, seen_at - ordinal * interval '5 hours' AS active_at,
                   (n = 1 AND ordinal < 2) OR (n = {OWNERS} AND ordinal = 0) AS is_shown,
                   seen_at - ordinal * interval '5 hours' - interval '4 hours' AS created_at
              FROM owner, generate_series(0, sessions - 1) AS ordinal
           ) AS dated
"""

_ROWS = """
    INSERT INTO users
           (owner_id, tenant_id, issuer, subject, created_at, asset_count, asset_bytes)
    SELECT owner_id, 'town', 'town', 'person ' || n, seen_at, 0, 0 FROM owner;

    INSERT INTO user_sessions
           (owner_id, id, tenant_id, name, status, metadata_ciphertext, fingerprint_ciphertext,
            version, fields_version, chat_version, message_seq, message_count, changes_from,
            created_at, updated_at, last_activity_at, completed_at, abandoned_at, archived_at)
    SELECT owner_id, id, 'town', 'Trip ' || ordinal, status, pg_temp.bytes('m' || n, 16),
           pg_temp.bytes('f' || n, 4), messages + 1, 1, messages + 1, messages, messages, 0,
           created_at, active_at, active_at,
           CASE WHEN status = 'completed' THEN active_at END,
           CASE WHEN status IN ('abandoned', 'archived') THEN active_at + interval '1 day' END,
           CASE WHEN status = 'archived' THEN active_at + interval '8 days' END
      FROM session
     ORDER BY created_at, id;

    INSERT INTO chats (owner_id, id, session_id, created_at)
    SELECT owner_id, chat_id, id, created_at FROM session ORDER BY created_at, id;

    INSERT INTO chat_messages
           (owner_id, chat_id, id, seq, role, content, text_length, message_metadata, asset_ids,
            status, fingerprint, version, created_at)
    SELECT owner_id, chat_id, pg_temp.id_at(at, 'message ' || id || seq), seq,
           CASE WHEN seq % 2 = 1 THEN 'user' ELSE 'assistant' END,
           to_json(repeat('When is the museum open? ', 4 + seq % 9)), 25 * (4 + seq % 9),
           '{}', '{}',
           CASE WHEN seq = messages AND is_shown THEN 'in_progress' ELSE 'complete' END,
           pg_temp.bytes('m' || seq, 2), seq + 1, at
      FROM (
            SELECT session.*, seq, created_at + (active_at - created_at) * seq / messages AS at
              FROM session, generate_series(1, messages) AS seq
           ) AS message
     ORDER BY at, id, seq;

    INSERT INTO session_changes
           (owner_id, session_id, version, kind, entity, entity_id, at, actor)
    SELECT owner_id, id, version, CASE WHEN version = 1 THEN 'session.status'
                                       ELSE 'message.created' END,
           CASE WHEN version = 1 THEN 'session' ELSE 'message' END,
           -- The session's own is version 1, so a message's version is its seq and one.
           CASE WHEN version = 1 THEN id
                ELSE pg_temp.id_at(at, 'message ' || id || version - 1) END,
           at, 'person ' || n
      FROM (
            SELECT session.*, version,
                   created_at + (active_at - created_at) * (version - 1) / greatest(messages, 1)
                   AS at
              FROM session, generate_series(1, messages + 1) AS version
           ) AS change
     ORDER BY at, id, version;

    INSERT INTO missions
           (owner_id, id, tenant_id, session_id, name, status, data, fingerprint, created_at,
            updated_at)
    SELECT owner_id, mission_id, 'town', id, 'Plan three days', 'active', '{"budget": 900}',
           pg_temp.bytes('m', 2), created_at, active_at
      FROM session
     WHERE has_mission
     ORDER BY created_at, id;

    INSERT INTO hops
           (owner_id, mission_id, id, seq, name, status, data, fingerprint, created_at, updated_at)
    SELECT owner_id, mission_id, pg_temp.id_at(created_at, 'hop ' || id || seq), seq,
           'Day ' || seq, 'active', '{}', pg_temp.bytes('h', 2), created_at, active_at
      FROM session, generate_series(1, 3) AS seq
     WHERE has_mission
     ORDER BY created_at, id, seq;

    INSERT INTO tool_steps
           (owner_id, mission_id, hop_id, id, seq, name, status, input, output, fingerprint,
            created_at, updated_at, started_at)
    SELECT hops.owner_id, mission_id, hops.id, pg_temp.id_at(created_at, 'step' || hops.id || step),
           step, 'web_search', 'active', '{"query": "opening hours"}', '{"found": 3}',
           pg_temp.bytes('s', 2), created_at, updated_at, created_at
      FROM hops, generate_series(1, 3) AS step
     ORDER BY created_at, hops.id, step;

    INSERT INTO assets
           (owner_id, session_id, id, scope, name, content_type, size, status, fingerprint,
            object_key, created_at, ready_at, expires_at, checked_at)
    SELECT owner_id, id, pg_temp.id_at(created_at, 'asset ' || id || asset), 'session',
           'map.pdf', 'application/pdf', 12, 'ready', pg_temp.bytes('a', 2),
           concat_ws('/', 'town', owner_id, id, asset), created_at, active_at, active_at, active_at
      FROM session, generate_series(1, 2) AS asset
     WHERE has_assets
     ORDER BY created_at, id, asset;

    INSERT INTO audit_events
           (owner_id, id, tenant_id, at, event, severity, actor, session_id, data)
    SELECT owner_id, pg_temp.id_at(at, event || id), 'town', at, event, 'info', 'person ' || n,
           id, '{}'
      FROM session,
           LATERAL (VALUES (created_at, 'session.created'),
                           (active_at, 'session.' || status)) AS happened (at, event)
     WHERE event <> 'session.active'
     ORDER BY at, id
"""


@dataclass(frozen=True)
class Workspace:
    """A session with a mission and two assets, whose last message is growing."""

    owner_id: UUID
    session_id: UUID
    mission_id: UUID
    version: int
    messages: int
    growing_id: UUID
    growing_length: int
    hop_id: UUID
    step_id: UUID
    asset_id: UUID


@dataclass(frozen=True)
class Town:
    """Workspaces to ask for, and how many rows each table has.

    `long` and `short`, named for their chats, are the first owner's; `modest` is as `short`, of the
    owner with the fewest sessions.
    """

    long: Workspace
    short: Workspace
    modest: Workspace
    sizes: dict[str, int]


async def build_town(sql: Sql) -> Town:
    """Fills a migrated, empty database, of which the role is superuser, and analyzes it."""
    async with sql.transaction():
        # Foreign keys are not checked row by row: that would take longer than all the rest.
        await sql.execute("SET LOCAL session_replication_role = replica")
        await sql.execute(_FUNCTIONS)
        await sql.execute(_OWNERS)
        await sql.execute(_SESSIONS)
        await sql.execute(_ROWS)
        await sql.execute("DROP TABLE session, owner")
    await sql.execute("VACUUM (FREEZE, ANALYZE)")
    return await read_town(sql)


async def read_town(sql: Sql) -> Town:
    """What a database that was filled before holds."""
    rows = await sql.fetch(
        """
        SELECT s.owner_id, s.id, m.id AS mission_id, s.version, s.message_count,
               g.id AS growing_id, g.text_length, t.hop_id, t.id AS step_id,
               (SELECT min(a.id::text)::uuid
                  FROM assets a
                 WHERE (a.owner_id, a.session_id) = (s.owner_id, s.id)
               ) AS asset_id
          FROM user_sessions s
          JOIN chats c ON (c.owner_id, c.session_id) = (s.owner_id, s.id)
          JOIN missions m ON (m.owner_id, m.session_id) = (s.owner_id, s.id)
          JOIN chat_messages g ON (g.owner_id, g.chat_id) = (c.owner_id, c.id)
                              AND g.status = 'in_progress'
          JOIN LATERAL (
               SELECT t.hop_id, t.id
                 FROM tool_steps t
                WHERE (t.owner_id, t.mission_id) = (m.owner_id, m.id)
                ORDER BY t.hop_id, t.id
                LIMIT 1
               ) AS t ON true
         ORDER BY s.message_count DESC, s.owner_id <> md5('owner 1')::uuid
        """
    )
    long, short, modest = (Workspace(*row) for row in rows)
    sizes = await sql.fetch(
        """
        SELECT relname, reltuples::bigint
          FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 1
         ORDER BY relname
        """
    )
    return Town(long, short, modest, {row["relname"]: row["reltuples"] for row in sizes})
