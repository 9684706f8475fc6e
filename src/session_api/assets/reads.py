"""How assets read: the JSON that PostgreSQL builds of them, in the shape of `Asset`."""

from session_api.database.sql import rfc3339

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


def assets_document(session: str) -> str:
    """SQL for the ready assets of the row `session`, oldest first."""
    return f"""(
        SELECT coalesce(json_agg({ASSET} ORDER BY a.created_at, a.id), '[]')
          FROM assets a
         WHERE a.owner_id = {session}.owner_id AND a.session_id = {session}.id
           AND a.status = 'ready'
    )"""
