"""How assets read: the JSON that PostgreSQL builds of them, in the shape of `Asset`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from session_api.database.engine import Database
from session_api.database.sql import rfc3339
from session_api.pages import Place, Row
from session_api.problems import AssetNotFound, SessionNotFound

ASSET = f"""json_build_object(
                   'id', a.id,
                   'session_id', a.session_id,
                   'scope', a.scope,
                   'mission_id', a.mission_id,
                   'hop_id', a.hop_id,
                   'name', a.name,
                   'content_type', a.content_type,
                   'size', a.size,
                   'sha256', a.sha256,
                   'status', a.status,
                   'created_at', {rfc3339("a.created_at")},
                   'ready_at', {rfc3339("a.ready_at")}
               )"""

# $3 status, $4 scope or null, $5 mission or null, $6 hop or null, $7 and $8 the place to go on
# from, $9 limit. A session without any still has its one row, so that it is told from none.
_PAGE = f"""
    SELECT listed.*
      FROM user_sessions s
      LEFT JOIN LATERAL (
           SELECT {ASSET}::text AS body, a.created_at, a.id
             FROM assets a
            WHERE a.owner_id = s.owner_id AND a.session_id = s.id
              AND a.status = $3 AND a.lost_at IS NULL
              AND ($4::text IS NULL OR a.scope = $4)
              AND ($5::uuid IS NULL OR a.mission_id = $5)
              AND ($6::uuid IS NULL OR a.hop_id = $6)
              AND ($7::timestamptz IS NULL OR (a.created_at, a.id) > ($7, $8::uuid))
            ORDER BY a.created_at, a.id
            LIMIT $9
           ) AS listed ON true
     WHERE s.owner_id = $1 AND s.id = $2
     ORDER BY listed.created_at, listed.id
"""


# $3 asset. A session without it still has its row, so that the one is told from the other.
COLUMNS = f"""a.id, a.session_id, a.name, a.content_type, a.size, a.sha256, a.status,
           a.fingerprint, a.object_key, a.upload_id, a.part_size, a.expires_at, a.checked_at,
           a.lost_at, {ASSET}::text AS body"""
_ONE_OR_SESSION = f"""
    SELECT {COLUMNS}
      FROM user_sessions s
      LEFT JOIN assets a ON a.owner_id = s.owner_id AND a.session_id = s.id AND a.id = $3
     WHERE s.owner_id = $1 AND s.id = $2
"""


@dataclass(frozen=True, slots=True)
class StoredAsset:
    """An asset's row, with how it reads as JSON."""

    id: UUID
    session_id: UUID
    name: str
    content_type: str
    size: int
    sha256: str | None
    status: str
    fingerprint: bytes
    object_key: str
    upload_id: str | None
    part_size: int | None
    expires_at: datetime
    checked_at: datetime
    lost_at: datetime | None
    body: str

    @property
    def ready(self) -> bool:
        return self.status == "ready"


def assets_document(session: str) -> str:
    """SQL for the ready assets of the row `session`, oldest first, without those that are lost."""
    return f"""(
        SELECT coalesce(json_agg({ASSET} ORDER BY a.created_at, a.id), '[]')
          FROM assets a
         WHERE a.owner_id = {session}.owner_id AND a.session_id = {session}.id
           AND a.status = 'ready' AND a.lost_at IS NULL
    )"""


def lost_assets(session: str) -> str:
    """SQL for the ids of ready assets whose objects vanished, null where there are none."""
    return f"""(
        SELECT array_agg(a.id ORDER BY a.created_at, a.id)
          FROM assets a
         WHERE a.owner_id = {session}.owner_id AND a.session_id = {session}.id
           AND a.status = 'ready' AND a.lost_at IS NOT NULL
    )"""


async def asset_page(
    database: Database,
    owner_id: UUID,
    session_id: UUID,
    *,
    status: str,
    scope: str | None,
    mission_id: UUID | None,
    hop_id: UUID | None,
    after: Place | None,
    limit: int,
) -> list[Row]:
    """Assets of a session, oldest first. Raises SessionNotFound."""
    rows = await database.fetch_rows(
        _PAGE,
        owner_id,
        session_id,
        status,
        scope,
        mission_id,
        hop_id,
        *(after or (None, None)),
        limit,
    )
    if not rows:
        raise SessionNotFound
    return [(row["body"], row["created_at"], row["id"]) for row in rows if row["id"] is not None]


async def read_asset(
    database: Database, owner_id: UUID, session_id: UUID, asset_id: UUID
) -> StoredAsset:
    """One asset, whatever its status. Raises SessionNotFound and AssetNotFound."""
    row = await database.fetch_row(_ONE_OR_SESSION, owner_id, session_id, asset_id)
    if row is None:
        raise SessionNotFound
    if row["id"] is None:
        raise AssetNotFound
    return StoredAsset(*row.values())
