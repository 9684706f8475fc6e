"""Becoming a guest, and coming back as the same one."""

from dataclasses import dataclass
from typing import Self

from session_api.audit import AuditService
from session_api.database.engine import Database, repeated_on_conflict
from session_api.guest_problems import GuestsDisabled
from session_api.guests.repository import GuestRepository
from session_api.ports import Clock
from session_api.problems import TokenExpired
from session_api.security import GuestTokens, MintedGuest, Principal
from session_api.security.caller import Caller
from session_api.security.revocations import RevocationList
from session_api.sign_in_problems import TokenRevoked


@dataclass(frozen=True, slots=True)
class Visit:
    """The request of somebody who is nobody yet."""

    request_id: str
    host: str | None
    agent: str | None

    def by(self, guest: Principal) -> Caller:
        """As a request of the guest's."""
        return Caller(guest, self.request_id, host=self.host, agent=self.agent)


class GuestService:
    """Called by the guests router."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        tokens: GuestTokens,
        revocations: RevocationList,
        clock: Clock,
        *,
        enabled: bool,
        tenant: str,
    ) -> None:
        self._database = database
        self._audit = audit
        self._tokens = tokens
        self._revocations = revocations
        self._clock = clock
        self._enabled = enabled
        self._tenant = tenant

    def require_enabled(self) -> Self:
        """Raises GuestsDisabled."""
        if not self._enabled:
            raise GuestsDisabled
        return self

    def known(self, token: str) -> Principal:
        """The guest of a token that is renewable, by what it says itself.

        Raises TokenInvalid for whatever is no guest's, TokenExpired, TokenRevoked, and
        DatabaseUnavailable while nobody knows what was revoked.
        """
        guest = self._tokens.read_renewable(token)
        now = self._clock()
        if guest.token_ends_at <= now:
            raise TokenExpired
        self._revocations.check(guest, (), now)
        return guest

    async def begin(self, visit: Visit) -> MintedGuest:
        """Makes a guest, and their first token."""
        minted = self._tokens.new(self._tenant)
        guest = minted.principal
        async with self._database.transaction() as connection:
            await GuestRepository(connection, guest.owner_id).add(guest, at=self._clock())
            await self._audit.record(connection, visit.by(guest), "guest.created", session_id=None)
        return minted

    @repeated_on_conflict
    async def renew(self, caller: Caller) -> MintedGuest:
        """A fresh token of a guest who is `known`. The old one counts as long as it says.

        Raises TokenRevoked for one who was merged or signed this token out, on whichever replica,
        and TokenExpired for one who did not come back in time.
        """
        guest = caller.principal
        # Before it is known that it may go out: a sign-out from now on ends it with the others.
        minted = self._tokens.renewed(guest)
        async with self._database.transaction() as connection:
            guests = GuestRepository(connection, guest.owner_id)
            state = await guests.lock()
            if state is None or state.renewable_until <= self._clock():
                raise TokenExpired
            if state.merged_into is not None or await guests.has_revoked(guest):
                raise TokenRevoked
            await guests.renew(minted.principal.token_ends_at)
            await self._audit.record(connection, caller, "guest.renewed", session_id=None)
        return minted
