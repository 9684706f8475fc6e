"""A guest who signed in takes along what they made: all of it into the account, or nothing."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit import AuditService
from session_api.database.engine import (
    Database,
    TransactionConflict,
    repeated_on_conflict,
    violated_constraint,
)
from session_api.devices.revocations_repository import add_revocations
from session_api.guest_problems import AccountNeeded, GuestMerged, GuestTokenInvalid
from session_api.guests.merge_repository import BATCH, MergeRepository, Sealed
from session_api.guests.repository import GuestRepository, GuestState
from session_api.people import PeopleRepository
from session_api.ports import Clock
from session_api.problems import IdConflict, Unauthorized
from session_api.security import GuestTokens, Principal
from session_api.security.caller import Caller
from session_api.security.revocations import Revocation, RevocationList
from session_api.sessions.metadata import MetadataVault, SealedColumn
from session_api.sharing import ShareLinks
from session_api.sync import Journal

NAMED_AT_MOST: Final = 100
"""Ids that a conflict names of each kind."""

_IDS = {"pk_user_sessions", "pk_missions"}


class GuestMerge:
    """Called by the guests router.

    A merge takes the guest's own row alone, then the locks of all sessions and missions: so it
    waits for every write under way, and whoever comes later finds nothing to write to. What is new
    and hangs on no session holds the guest's row meanwhile (`PeopleRepository.admit`).
    """

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        vault: MetadataVault,
        tokens: GuestTokens,
        revocations: RevocationList,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._vault = vault
        self._tokens = tokens
        self._revocations = revocations
        self._clock = clock

    async def merge(self, caller: Caller, guest_token: str) -> dict[str, Any]:
        """Moves all that the token's guest has to the caller; what was moved. Repeatable.

        The token may have expired, as long as it could be renewed; a repeat needs no more than
        that it is the guest's. Afterwards no token of the guest's counts any longer. Raises
        AccountNeeded, GuestTokenInvalid, GuestMerged and IdConflict.
        """
        if caller.principal.is_guest:
            raise AccountNeeded
        try:
            guest = self._tokens.read_renewable(guest_token)
        except Unauthorized as refused:
            raise GuestTokenInvalid(refused.detail) from None
        moved, revoked = await self._merge(caller, guest)
        for each in revoked:
            self._revocations.add(each, self._clock())
        return moved

    @repeated_on_conflict
    async def _merge(
        self, caller: Caller, guest: Principal
    ) -> tuple[dict[str, Any], list[Revocation]]:
        account, now = caller.principal, self._clock()
        async with self._database.transaction() as connection:
            guests = GuestRepository(connection, guest.owner_id)
            state = await guests.lock()
            if state is not None and state.moved is not None:
                if state.merged_into != account.owner_id:
                    raise GuestMerged
                return state.moved, []
            await self._require_renewable(guests, guest, state)
            await PeopleRepository(connection).ensure(account, at=now)
            moved = await self._move(connection, guest, account)
            await guests.merged(account.owner_id, moved, at=now)
            revoked = self._revoked(guest)
            await add_revocations(connection, revoked)
            await self._tell(connection, caller, guest, moved)
        return moved, revoked

    async def _require_renewable(
        self, guests: GuestRepository, guest: Principal, state: GuestState | None
    ) -> None:
        now = self._clock()
        if state is None or min(state.renewable_until, guest.token_ends_at) <= now:
            raise GuestTokenInvalid("The guest did not come back in time.")
        try:
            self._revocations.check(guest, (), now)
        except Unauthorized:
            raise GuestTokenInvalid("The guest signed this token out.") from None
        if await guests.has_revoked(guest):
            raise GuestTokenInvalid("The guest signed this token out.")

    async def _move(
        self, connection: AsyncConnection, guest: Principal, account: Principal
    ) -> dict[str, Any]:
        moving = MergeRepository(connection, guest.owner_id, account.owner_id)
        sessions = await moving.lock_sessions()
        missions = await moving.lock_missions()
        if taken := await moving.taken():
            named = {kind: list(map(str, ids[:NAMED_AT_MOST])) for kind, ids in taken.items()}
            raise IdConflict(
                "The account has some of the guest's ids itself, so nothing was moved.",
                conflicts={"sessions": [], "missions": [], **named},
            )
        try:
            for start in range(0, len(sessions), BATCH):
                sealed = await moving.sealed(sessions[start : start + BATCH])
                await moving.copy_sessions(
                    {
                        session_id: self._sealed_anew(guest, account, session_id, each)
                        for session_id, each in sealed.items()
                    },
                    tenant_id=account.tenant_id,
                )
            # The account's row is held by now: nobody can share one of these ids with it.
            shared = await ShareLinks(connection, account.owner_id).claimed(sessions)
            if shared:
                raise IdConflict(
                    "Others' sessions of some of the guest's ids are shared with the account, so "
                    "nothing was moved.",
                    conflicts={"sessions": sorted(map(str, shared)), "missions": []},
                )
            assets = await moving.move_the_rest(tenant_id=account.tenant_id)
        except IntegrityError as error:
            if violated_constraint(error) in _IDS:
                raise TransactionConflict("the account made one of these ids meanwhile") from None
            raise
        await moving.remove_what_was_copied()
        journal = Journal(connection, guest.owner_id)
        for session_id in sessions:
            journal.left(session_id)
        return {
            "sessions": list(map(str, sessions)),
            "missions": list(map(str, missions)),
            "assets": assets,
        }

    def _sealed_anew(
        self, guest: Principal, account: Principal, session_id: UUID, sealed: Sealed
    ) -> Sealed:
        def handed_over(column: SealedColumn, ciphertext: bytes) -> bytes:
            return self._vault.handed_over(
                guest.owner_id, account.owner_id, session_id, column, ciphertext
            )

        metadata, fingerprint = sealed
        return handed_over("metadata", metadata), handed_over("fingerprint", fingerprint)

    def _revoked(self, guest: Principal) -> list[Revocation]:
        """Every token of the guest's; this one by itself as well, should a clock be ahead."""
        now = self._clock()
        until = self._revocations.expiry(now)
        return [
            Revocation(guest.owner_id, "everywhere", b"", now, until),
            Revocation(guest.owner_id, "token", guest.token.fingerprint, now, until),
        ]

    async def _tell(
        self,
        connection: AsyncConnection,
        caller: Caller,
        guest: Principal,
        moved: dict[str, Any],
    ) -> None:
        """In the trail of both."""
        counts = {
            "sessions": len(moved["sessions"]),
            "missions": len(moved["missions"]),
            "assets": moved["assets"],
        }
        await self._audit.record(
            connection,
            caller,
            "guest.merged",
            session_id=None,
            severity="notice",
            guest=guest.subject,
            **counts,
        )
        await self._audit.record_for(
            connection,
            guest.owner_id,
            guest.tenant_id,
            "guest.merged",
            origin=caller.origin,
            session_id=None,
            severity="notice",
            **counts,
        )
