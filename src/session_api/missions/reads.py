"""How missions read: the JSON that PostgreSQL builds of them with their hops and tool steps.

The shapes are those of `Mission`, `Hop` and `ToolStep`; a test holds them together.
"""

from uuid import UUID

from session_api.database.engine import Database
from session_api.database.sql import rfc3339
from session_api.pages import Place, Row
from session_api.problems import MissionNotFound

TOOL_STEP = f"""json_build_object(
                         'id', t.id,
                         'seq', t.seq,
                         'name', t.name,
                         'status', t.status,
                         'input', t.input,
                         'output', t.output,
                         'error', t.error,
                         'started_at', {rfc3339("t.started_at")},
                         'finished_at', {rfc3339("t.finished_at")}
                     )"""

HOP = f"""json_build_object(
                   'id', h.id,
                   'seq', h.seq,
                   'name', h.name,
                   'description', h.description,
                   'status', h.status,
                   'data', h.data,
                   'tool_steps', (
                       SELECT coalesce(json_agg({TOOL_STEP} ORDER BY t.seq), '[]')
                         FROM tool_steps t
                        WHERE t.owner_id = h.owner_id AND t.mission_id = h.mission_id
                          AND t.hop_id = h.id
                   )
               )"""

MISSION = f"""json_build_object(
               'id', m.id,
               'session_id', m.session_id,
               'name', m.name,
               'description', m.description,
               'status', m.status,
               'data', m.data,
               'created_at', {rfc3339("m.created_at")},
               'updated_at', {rfc3339("m.updated_at")},
               'completed_at', {rfc3339("m.completed_at")},
               'hops', (
                   SELECT coalesce(json_agg({HOP} ORDER BY h.seq), '[]')
                     FROM hops h
                    WHERE h.owner_id = m.owner_id AND h.mission_id = m.id
               )
           )"""


def mission_of_session(session: str) -> str:
    """SQL for the mission linked to the row `session`, null where there is none."""
    return f"""(
        SELECT {MISSION}
          FROM missions m
         WHERE m.owner_id = {session}.owner_id AND m.session_id = {session}.id
    )"""


ONE = f"""
    SELECT {MISSION}::text AS body
      FROM missions m
     WHERE m.owner_id = $1 AND m.id = $2
"""

# $1 owner, $2 statuses or null, $3 and $4 the place to go on from or null, $5 limit. The place is a
# bound in any case: `OR $3 IS NULL` would keep the index from being used for it.
_LIST = f"""
    SELECT {MISSION}::text AS body, m.created_at, m.id
      FROM missions m
     WHERE m.owner_id = $1
       AND ($2::text[] IS NULL OR m.status = ANY ($2))
       AND (m.created_at, m.id) < (coalesce($3::timestamptz, 'infinity'),
                                   coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
     ORDER BY m.created_at DESC, m.id DESC
     LIMIT $5
"""


class MissionReader:
    """One owner's missions, read outside any transaction, a statement a call."""

    def __init__(self, database: Database, owner_id: UUID) -> None:
        self._database = database
        self._owner_id = owner_id

    async def one(self, mission_id: UUID) -> str:
        """A mission as JSON. Raises MissionNotFound."""
        row = await self._database.fetch_row(ONE, self._owner_id, mission_id)
        if row is None:
            raise MissionNotFound
        return str(row["body"])

    async def page(
        self, *, statuses: list[str] | None, after: Place | None, limit: int
    ) -> list[Row]:
        """Up to `limit` missions as JSON, newest first."""
        at, mission_id = after or (None, None)
        rows = await self._database.fetch_rows(
            _LIST, self._owner_id, statuses, at, mission_id, limit
        )
        return [(row["body"], row["created_at"], row["id"]) for row in rows]
