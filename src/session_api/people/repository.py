"""Every statement on users."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from session_api.models import Guest, User
from session_api.sign_in_problems import TokenRevoked


class Named(Protocol):
    """A person as a token names one."""

    @property
    def owner_id(self) -> UUID: ...
    @property
    def tenant_id(self) -> str: ...
    @property
    def issuer(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def is_guest(self) -> bool: ...


class PeopleRepository:
    """The owners' rows, inside a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def admit(self, person: Named) -> None:
        """Holds a guest where they are until the transaction ends; does nothing for accounts.

        To be called first by whatever makes something new that hangs on nothing but the person:
        while it is under way nobody merges the guest, and of one who was merged nothing is left
        behind. Raises TokenRevoked for one who was merged, or is over.
        """
        if not person.is_guest:
            return
        result = await self._connection.execute(
            select(col(Guest.merged_into))
            .where(col(Guest.owner_id) == person.owner_id)
            .with_for_update(read=True)
        )
        row = result.one_or_none()
        if row is None or row[0] is not None:
            raise TokenRevoked

    async def ensure(self, person: Named, *, at: datetime) -> None:
        """Makes the row that the person's tree hangs on, if it is not there yet.

        A guest's always is. Raises as `admit`.
        """
        if person.is_guest:
            await self.admit(person)
            return
        await self._connection.execute(
            insert(User)
            .values(
                owner_id=person.owner_id,
                tenant_id=person.tenant_id,
                issuer=person.issuer,
                subject=person.subject,
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
