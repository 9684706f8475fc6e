"""A lease on a job, kept in the database: one holder at a time, and no holder for ever."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from session_api.database.engine import Database
from session_api.models import JobLease


class Leases:
    """The leases of one holder, a name that no other process has."""

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder
        self.held: set[str] = set()
        """The jobs that this holder is at, as far as it knows."""

    async def take(self, job: str, *, now: datetime, lasts: timedelta, renew: bool = True) -> bool:
        """Takes or renews the lease until `now + lasts`; False while another holds it.

        The lease of a holder that died can be taken once it has run out. One that is not to be
        renewed must have run out even for its holder: so something happens once in a while, however
        many ask.
        """
        mine = {"holder": self._holder, "expires_at": now + lasts}
        is_free = col(JobLease.expires_at) <= now
        statement = insert(JobLease).values(name=job, **mine)
        statement = statement.on_conflict_do_update(
            index_elements=["name"],
            set_=mine,
            where=or_(is_free, col(JobLease.holder) == self._holder) if renew else is_free,
        )
        async with self._database.transaction() as connection:
            result = await connection.execute(statement.returning(col(JobLease.name)))
            taken = result.scalar_one_or_none() is not None
        if renew:
            (self.held.add if taken else self.held.discard)(job)
        return taken

    async def give_back(self, job: str) -> None:
        """Lets another process take the job at once."""
        self.held.discard(job)
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(JobLease).where(
                    col(JobLease.name) == job, col(JobLease.holder) == self._holder
                )
            )
