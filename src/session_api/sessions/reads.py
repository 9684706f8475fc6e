"""How sessions read: whole workspaces in one statement, their JSON built by PostgreSQL.

The shapes are those of the schemas; a test holds them together. Metadata is the one thing that
PostgreSQL can't read: its ciphertext comes beside the JSON, for the service to open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal
from uuid import UUID

import asyncpg

from session_api.assets.reads import assets_document, lost_assets
from session_api.chat.reads import chat_document
from session_api.database.engine import Database
from session_api.database.sql import rfc3339
from session_api.missions.reads import mission_of_session
from session_api.pages import Place
from session_api.turns.reads import turn_document

Part = Literal["chat", "mission", "assets"]
ALL_PARTS: frozenset[Part] = frozenset({"chat", "mission", "assets"})
NO_PARTS: frozenset[Part] = frozenset()

_ACTIVITY = "s.last_activity_at"
# Where the same statement touches the session, its answer shows the touch.
_DUE = "<= $2::timestamptz - $3::interval"
_TOUCHED_ACTIVITY = f"CASE WHEN {_ACTIVITY} {_DUE} THEN $2 ELSE {_ACTIVITY} END"


_PERSON = "(SELECT u.subject FROM users u WHERE u.owner_id = s.owner_id)"
_CHAT = """(SELECT c.id FROM chats c
                                WHERE c.owner_id = s.owner_id AND c.session_id = s.id)"""


def _fields(last_activity: str = _ACTIVITY, person: str = _PERSON, chat: str = _CHAT) -> str:
    """The members of a session that are always there; `s` is a row of user_sessions."""
    return f"""
                   'id', s.id,
                   'user_id', {person},
                   'name', s.name,
                   'status', s.status,
                   'chat_id', {chat},
                   'mission_id', (SELECT m.id FROM missions m
                                   WHERE m.owner_id = s.owner_id AND m.session_id = s.id),
                   'turn', {turn_document("s")},
                   'version', s.version,
                   'created_at', {rfc3339("s.created_at")},
                   'updated_at', {rfc3339("s.updated_at")},
                   'last_activity_at', {rfc3339(last_activity)},
                   'completed_at', {rfc3339("s.completed_at")},
                   'abandoned_at', {rfc3339("s.abandoned_at")},
                   'archived_at', {rfc3339("s.archived_at")}"""


SUMMARY = f"""{_fields()},
                   'message_count', s.message_count,
                   'asset_count', (SELECT count(*) FROM assets a
                                    WHERE a.owner_id = s.owner_id AND a.session_id = s.id
                                      AND a.status = 'ready' AND a.lost_at IS NULL)"""
"""The members of a session in a list; `s` is a row of user_sessions."""


def session_document(
    parts: frozenset[Part],
    messages: str = "NULL",
    last_activity: str = _ACTIVITY,
    *,
    person: str = _PERSON,
    chat: str = _CHAT,
) -> str:
    """SQL for the columns of a StoredSession from the row `s`, with the parts asked for.

    `messages` is SQL for how many of the latest messages the chat shows; `person` and `chat` for
    the owner's name and the chat's id, where they can't be looked up yet.
    """
    members = _fields(last_activity, person, chat)
    if "chat" in parts:
        members += f",\n                   'chat', {chat_document('s', messages)}"
    if "mission" in parts:
        members += f",\n                   'mission', {mission_of_session('s')}"
    if "assets" in parts:
        members += f",\n                   'assets', {assets_document('s')}"
    lost = lost_assets("s") if "assets" in parts else "NULL::uuid[]"
    return f"""
               s.id, s.version, s.metadata_ciphertext,
               json_build_object({members}
               )::text AS body,
               {lost} AS lost_assets"""


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as PostgreSQL hands it over: JSON without its metadata, and the ciphertext."""

    id: UUID
    version: int
    metadata_ciphertext: bytes
    body: str
    lost_assets: Sequence[UUID] | None = None
    """Of the parts that were asked for."""


@cache
def one_statement(parts: frozenset[Part]) -> str:
    """One session of an owner: $1 owner, $2 session, $3 number of messages."""
    # $3 is named in any case: a statement with a parameter it never uses has no type for it.
    return f"""
    SELECT {session_document(parts, "$3::int")}
      FROM user_sessions s
     WHERE s.owner_id = $1 AND s.id = $2 AND $3::int IS NOT NULL
"""


# $1 owner, $2 session. Asked first where a browser has seen a version: nearly always nothing has
# changed, and to set up the whole of a session costs four times as much, also where nothing of it
# is built.
_VERSION = """
    SELECT version FROM user_sessions WHERE owner_id = $1 AND id = $2
"""

# The touch skips a session whose row a writer holds: that write counts as activity anyway, and a
# reader never waits for a writer.
_TOUCHED = f"""
           touched AS (
           UPDATE user_sessions u
              SET last_activity_at = $2
             FROM (
                   SELECT t.owner_id, t.id
                     FROM user_sessions t
                     JOIN target ON (target.owner_id, target.id) = (t.owner_id, t.id)
                    WHERE t.status = 'active' AND t.last_activity_at {_DUE}
                      FOR NO KEY UPDATE OF t SKIP LOCKED
                  ) AS due
            WHERE (u.owner_id, u.id) = (due.owner_id, due.id)
           )"""

# $1 owner, $2 now, $3 least time between two touches, $4 number of messages.
_ACTIVE = f"""
      WITH target AS MATERIALIZED (
           SELECT *
             FROM user_sessions
            WHERE owner_id = $1 AND status = 'active'
            ORDER BY last_activity_at DESC, id DESC
            LIMIT 1
           ),{_TOUCHED}
    SELECT {session_document(ALL_PARTS, "$4::int", _TOUCHED_ACTIVITY)}
      FROM target s
"""

# As _ACTIVE, and $5 the session that is asked for. An abandoned one is only reported: making it
# active again is a change, with a version and an audit event.
_RECOVER = f"""
      WITH given AS (
           SELECT status FROM user_sessions WHERE owner_id = $1 AND id = $5
           ), target AS MATERIALIZED (
           SELECT *
             FROM user_sessions
            WHERE owner_id = $1 AND status = 'active'
              AND NOT EXISTS (SELECT FROM given WHERE given.status = 'abandoned')
            ORDER BY coalesce(id = $5, false) DESC, last_activity_at DESC, id DESC
            LIMIT 1
           ),{_TOUCHED}
    SELECT (SELECT given.status FROM given) AS given_status, shown.*
      FROM (VALUES (1)) AS always
      LEFT JOIN LATERAL (
           SELECT {session_document(ALL_PARTS, "$4::int", _TOUCHED_ACTIVITY)}
             FROM target s
           ) AS shown ON true
"""

# $1 owner, $2 session, $3 now, $4 least time between two touches. An UPDATE that waited for another
# writer sees the row as that one left it, the rest of the statement as it was before: `missed` is a
# touch that was due by the one and not by the other.
_TOUCH = """
      WITH touched AS (
           UPDATE user_sessions u
              SET last_activity_at = $3
            WHERE u.owner_id = $1 AND u.id = $2 AND u.status = 'active'
              AND u.last_activity_at <= $3::timestamptz - $4::interval
           RETURNING u.id
           )
    SELECT s.status,
           s.status = 'active' AND s.last_activity_at <= $3::timestamptz - $4::interval
              AND NOT EXISTS (SELECT FROM touched) AS missed
      FROM user_sessions s
     WHERE s.owner_id = $1 AND s.id = $2
"""

# $1 owner, $2 statuses or null, $3 pattern or null, $4 and $5 the place to go on from, $6 limit.
_LIST = f"""
    SELECT json_build_object({SUMMARY}
               )::text AS body,
           s.last_activity_at, s.id, s.version, s.metadata_ciphertext
      FROM user_sessions s
     WHERE s.owner_id = $1
       AND ($2::text[] IS NULL OR s.status = ANY ($2))
       AND ($3::text IS NULL OR s.name ILIKE $3)
       AND ($4::timestamptz IS NULL OR (s.last_activity_at, s.id) < ($4, $5::uuid))
     ORDER BY s.last_activity_at DESC, s.id DESC
     LIMIT $6
"""


class SessionReader:
    """One owner's sessions, read outside any transaction, a statement a call."""

    def __init__(self, database: Database, owner_id: UUID) -> None:
        self._database = database
        self._owner_id = owner_id

    async def one(
        self, session_id: UUID, parts: frozenset[Part], messages: int
    ) -> StoredSession | None:
        """One session with its parts, or None."""
        return _stored(
            await self._database.fetch_row(
                one_statement(parts), self._owner_id, session_id, messages
            )
        )

    async def one_unless_seen(
        self, session_id: UUID, parts: frozenset[Part], messages: int, seen: Sequence[int]
    ) -> StoredSession | int | None:
        """As `one`; only the version where it is one of `seen`. Of another it takes a statement
        more.
        """
        row = await self._database.fetch_row(_VERSION, self._owner_id, session_id)
        if row is None or row["version"] in seen:
            return None if row is None else int(row["version"])
        return await self.one(session_id, parts, messages)

    async def active(
        self, *, now: datetime, touch_after: timedelta, messages: int
    ) -> StoredSession | None:
        """The most recently active session, touched; None where there is none."""
        return _stored(
            await self._database.fetch_row(_ACTIVE, self._owner_id, now, touch_after, messages)
        )

    async def recover(
        self, session_id: UUID | None, *, now: datetime, touch_after: timedelta, messages: int
    ) -> tuple[str | None, StoredSession | None]:
        """The status of the session asked for, and the active session to go on with, touched.

        The latter is the one asked for if it is active, else the most recently active one. None
        where there is none, or where the one asked for is abandoned and can be resumed.
        """
        row = await self._database.fetch_row(
            _RECOVER, self._owner_id, now, touch_after, messages, session_id
        )
        assert row is not None  # noqa: S101 - the statement always has a row
        return row["given_status"], _stored(row)

    async def touch(self, session_id: UUID, *, now: datetime, touch_after: timedelta) -> str | None:
        """Touches an active session and returns its status, None where there is none."""
        arguments = (self._owner_id, session_id, now, touch_after)
        row = await self._database.fetch_row(_TOUCH, *arguments)
        while row is not None and row["missed"]:
            # It changed while we waited for it; each turn means that somebody else has written.
            row = await self._database.fetch_row(_TOUCH, *arguments)
        return None if row is None else str(row["status"])

    async def page(
        self,
        *,
        statuses: list[str] | None,
        name_contains: str | None,
        after: Place | None,
        limit: int,
    ) -> list[tuple[StoredSession, datetime]]:
        """Up to `limit` summaries with their place in time, latest activity first."""
        at, session_id = after or (None, None)
        pattern = None if name_contains is None else f"%{_literal(name_contains)}%"
        rows = await self._database.fetch_rows(
            _LIST, self._owner_id, statuses, pattern, at, session_id, limit
        )
        return [
            (
                StoredSession(row["id"], row["version"], row["metadata_ciphertext"], row["body"]),
                row["last_activity_at"],
            )
            for row in rows
        ]


def _stored(row: asyncpg.Record | None) -> StoredSession | None:
    if row is None or row["body"] is None:
        return None
    return StoredSession(
        row["id"], row["version"], row["metadata_ciphertext"], row["body"], row["lost_assets"]
    )


def _literal(text: str) -> str:
    """Text that stands for itself in a LIKE pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
