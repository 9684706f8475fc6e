"""What is shared with a person."""

from uuid import UUID

from session_api.database.engine import Database
from session_api.pages import JsonPage, Keyset
from session_api.ports import Clock, Ids
from session_api.problems import SessionNotFound
from session_api.security.caller import Caller
from session_api.sessions.metadata import MetadataVault
from session_api.sessions.shared.reads import SharedSession, shared_sessions
from session_api.sharing import SharedAccess


class SharedSessionService:
    """Called by the sharing router."""

    def __init__(
        self,
        database: Database,
        access: SharedAccess,
        vault: MetadataVault,
        keyset: Keyset,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._database = database
        self._access = access
        self._vault = vault
        self._keyset = keyset
        self._clock = clock
        self._ids = ids

    async def page(self, caller: Caller, *, limit: int, cursor: str | None) -> JsonPage:
        """Others' sessions that the caller reaches, the latest shared first. Raises
        ValidationFailed.
        """
        person_id = caller.principal.owner_id
        listing = self._keyset.of("shared sessions", person_id)
        found = await shared_sessions(
            self._database,
            person_id,
            session_id=None,
            now=self._clock(),
            told=self._access.told(caller),
            event_ids=[self._ids() for _ in range(limit)],
            told_again_after=self._access.told_again_after,
            after=listing.place(cursor),
        )
        rows = [(self._shown(each), each.shared_at, each.stored.id) for each in found]
        return listing.page(rows, limit)

    async def one(self, caller: Caller, session_id: UUID) -> str:
        """One of them as JSON. Raises SessionNotFound."""
        found = await shared_sessions(
            self._database,
            caller.principal.owner_id,
            session_id=session_id,
            now=self._clock(),
            told=self._access.told(caller),
            event_ids=[self._ids()],
            told_again_after=self._access.told_again_after,
        )
        if not found:
            raise SessionNotFound
        return self._shown(found[0])

    def _shown(self, shared: SharedSession) -> str:
        return self._vault.summary(shared.host_id, shared.stored, role=shared.role)
