"""Coming into another's session by a link, and leaving one."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit import AuditService
from session_api.database.engine import Database, repeated_on_conflict
from session_api.ports import Clock, Ids
from session_api.problems import SessionNotFound
from session_api.security.caller import Access, Caller
from session_api.sharing.reads import LinkPlace, ShareReader
from session_api.sharing.repository import MemberRepository, ShareRepository, StoredShare
from session_api.sharing.service import Invited, SharingService, admit, require_account, token_hash
from session_api.sharing_problems import AlreadyReached, ShareLinkNotFound
from session_api.sync import Change, Journal, LockedSession


class JoiningService:
    """Called by the sharing router, for those with whom something is shared."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        sharing: SharingService,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._database = database
        self._audit = audit
        self._sharing = sharing
        self._clock = clock
        self._ids = ids
        self._reader = ShareReader(database, clock)

    async def join(self, caller: Caller, token: str) -> UUID:
        """Comes in by a link; the session's id. Whoever came in by it before is in already.

        Raises AccountNeeded, ShareLinkNotFound, AlreadyReached and TooManyShares.
        """
        require_account(caller)
        place = await self._reader.link(
            token_hash(token), caller.principal.tenant_id, caller.principal.issuer
        )
        if place is None:
            raise ShareLinkNotFound
        if place.owner_id == caller.principal.owner_id:
            raise AlreadyReached("It is your own session.")
        await self._join(caller, place)
        return place.session_id

    @repeated_on_conflict
    async def _join(self, caller: Caller, place: LinkPlace) -> None:
        now, session_id = self._clock(), place.session_id
        async with self._database.transaction() as connection:
            try:
                locked = await Journal(connection, place.owner_id).lock(session_id)
            except SessionNotFound:
                raise ShareLinkNotFound from None
            shares = ShareRepository(connection, place.owner_id)
            # Only under the lock it is sure what is left of it.
            link = await shares.find(session_id, place.link_id)
            if link is None or not link.counts(now):
                raise ShareLinkNotFound
            if await self._is_in(connection, caller, shares, place, link):
                return
            if link.used_up:
                raise ShareLinkNotFound
            await self._sharing.require_room(shares, session_id)
            share_id = self._ids()
            await shares.add(
                {
                    "session_id": session_id,
                    "id": share_id,
                    "user_id": caller.principal.subject,
                    "link_id": link.id,
                    "token_hash": None,
                    "max_uses": None,
                    "uses": 0,
                    "role": link.role,
                    "fingerprint": b"",  # no request repeats what the service named itself
                    "created_at": now,
                    "expires_at": link.expires_at,
                }
            )
            person = Invited.by(caller.principal, caller.principal.subject)
            await admit(connection, person, place.owner_id, session_id, share_id, at=now)
            await shares.use(session_id, link.id)
            changes = [Change("share.created", share_id), Change("share.updated", link.id)]
            facts = {"share_id": str(share_id), "link_id": str(link.id), "role": link.role}
            await self._log(
                connection, caller, place.owner_id, locked, changes, "share.joined", facts
            )

    async def _is_in(
        self,
        connection: AsyncConnection,
        caller: Caller,
        shares: ShareRepository,
        place: LinkPlace,
        link: StoredShare,
    ) -> bool:
        """Whether the caller came in by this link before. Raises ShareLinkNotFound where the share
        they were given then has expired: the owner ended it for them.
        """
        members = MemberRepository(connection, caller.principal.owner_id)
        there = await members.of(place.session_id)
        if there is None or there[0] != place.owner_id:
            return False
        share = await shares.find(place.session_id, there[1])
        if share is None or share.link_id != link.id:
            return False
        if not share.counts(self._clock()):
            raise ShareLinkNotFound
        return True

    @repeated_on_conflict
    async def leave(self, caller: Caller, session_id: UUID) -> None:
        """Gives up what was shared with the caller, be it expired. Raises SessionNotFound."""
        there = await self._reader.membership(caller.principal.owner_id, session_id)
        if there is None:
            raise SessionNotFound
        host_id, share_id = there
        async with self._database.transaction() as connection:
            locked = await Journal(connection, host_id).lock(session_id)
            removed = await ShareRepository(connection, host_id).remove(session_id, share_id)
            if not removed:
                raise SessionNotFound
            changes = [Change("share.deleted", share_id)]
            facts = {"share_id": str(share_id)}
            await self._log(connection, caller, host_id, locked, changes, "share.left", facts)

    async def _log(
        self,
        connection: AsyncConnection,
        caller: Caller,
        host_id: UUID,
        locked: LockedSession,
        changes: list[Change],
        event: str,
        facts: dict[str, Any],
    ) -> None:
        """In the owner's trail, with the caller as actor."""
        there = caller.within(Access("viewer", host_id, locked.tenant_id))
        await Journal(connection, host_id).advance(
            locked,
            changes,
            at=self._clock(),
            actor=caller.actor,
            told=[self._audit.event(there, event, session_id=locked.session_id, **facts)],
        )
