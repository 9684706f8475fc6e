"""Every statement on users."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from session_api.models import User
from session_api.security import Principal


class PeopleRepository:
    """The owners' rows, inside a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ensure(self, principal: Principal, *, at: datetime) -> None:
        """Makes the row that the person's tree hangs on, if it is not there yet."""
        await self._connection.execute(
            insert(User)
            .values(
                owner_id=principal.owner_id,
                tenant_id=principal.tenant_id,
                issuer=principal.issuer,
                subject=principal.subject,
                created_at=at,
                asset_count=0,
                asset_bytes=0,
            )
            .on_conflict_do_nothing()
        )

    async def lock(self, owner_id: UUID) -> None:
        """Lets one transaction at a time decide whether the person needs a new session."""
        await self._connection.execute(
            select(col(User.owner_id))
            .where(col(User.owner_id) == owner_id)
            .with_for_update(key_share=True)
        )
