"""Assets as answers show them."""

from typing import Literal
from uuid import UUID

from session_api.fields import Answer, Timestamp


class Asset(Answer):
    """A file of a session, its mission, or one of the mission's hops."""

    id: UUID
    session_id: UUID
    scope: Literal["session", "mission", "hop"]
    mission_id: UUID | None
    hop_id: UUID | None
    name: str
    content_type: str
    size: int
    sha256: str | None
    status: Literal["pending", "ready"]
    created_at: Timestamp
    ready_at: Timestamp | None
