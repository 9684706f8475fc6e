"""The one statement that polling asks."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from session_api.database.commits import GONE, SessionKey
from session_api.database.engine import Database

Seen: TypeAlias = tuple[SessionKey, int]
"""A session and the version that its watchers have seen."""

# A look into the primary key for each, to which the LIMIT holds PostgreSQL: it would rather read
# all of a small table. Where nothing has changed, nothing comes back.
UNLIKE: Final = """
    SELECT asked.place, session.version
      FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])
           WITH ORDINALITY AS asked (owner_id, id, seen, place)
      LEFT JOIN LATERAL (
           SELECT version
             FROM user_sessions
            WHERE owner_id = asked.owner_id AND id = asked.id
            LIMIT 1
           ) AS session ON true
     WHERE session.version IS DISTINCT FROM asked.seen
"""


async def versions_unlike(
    database: Database, seen: Sequence[Seen]
) -> Sequence[tuple[SessionKey, int]]:
    """The sessions of any owner that are at another version than that; `GONE` for those that are
    not there. For the watch alone. Raises DatabaseUnavailable.
    """
    rows = await database.fetch_rows(
        UNLIKE,
        [owner_id for (owner_id, _), _ in seen],
        [session_id for (_, session_id), _ in seen],
        [version for _, version in seen],
    )
    return [
        (seen[row["place"] - 1][0], GONE if row["version"] is None else row["version"])
        for row in rows
    ]
