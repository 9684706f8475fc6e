"""Making sessions: by request, or because a person comes back and has none."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit import AuditService
from session_api.database.engine import Database, TransactionConflict, repeated_on_conflict
from session_api.json_text import fingerprint
from session_api.people import PeopleRepository
from session_api.ports import Clock, Ids
from session_api.problems import IdConflict, SessionNotFound
from session_api.security.caller import Caller
from session_api.security.keyring import Unreadable
from session_api.sessions.creating_repository import NewSession, create, create_at_once
from session_api.sessions.metadata import MetadataVault
from session_api.sessions.reads import ALL_PARTS, StoredSession
from session_api.sessions.repository import SessionRepository
from session_api.sessions.schemas import SessionCreate
from session_api.sharing import ShareLinks
from session_api.sync import Journal, LockedSession


class SessionCreation:
    """Called by the sessions service and by recovery."""

    def __init__(
        self, database: Database, audit: AuditService, vault: MetadataVault, clock: Clock, ids: Ids
    ) -> None:
        self._database = database
        self._audit = audit
        self._vault = vault
        self._clock = clock
        self._ids = ids

    @repeated_on_conflict
    async def create(
        self, caller: Caller, body: SessionCreate, *, session_id: UUID | None
    ) -> tuple[StoredSession, bool]:
        """Creates a session with its chat; also tells whether it is new.

        A repeat of the same request answers the session as it now is. Raises IdConflict.
        """
        request = fingerprint(body.model_dump(mode="json", exclude={"id"}, exclude_defaults=True))
        new = self._new(caller, session_id, body.name, body.session_metadata, request)
        if session_id is None and not caller.principal.is_guest:
            # What the service names itself nobody has had before.
            stored = await create_at_once(self._database, caller.principal, new)
            if stored is not None:
                return stored, True
        async with self._database.transaction() as connection:
            await PeopleRepository(connection).admit(caller.principal)
            stored = await create(connection, caller.principal, new)
            if stored is not None:
                if session_id is not None:
                    await ShareLinks(connection, caller.owner_id).require_free(new.id)
                return stored, True
            await self._lock(connection, caller, new.id)
            sessions = SessionRepository(connection, caller.owner_id)
            await self._require_same_request(sessions, caller, new.id, request)
            return await sessions.read(new.id), False

    @repeated_on_conflict
    async def create_if_none_active(
        self, caller: Caller, name: str | None, *, messages: int
    ) -> tuple[StoredSession, bool]:
        """The whole of the most recently active session, else of a new one; also whether it is
        new.

        Two tabs that ask at once get the same one.
        """
        async with self._database.transaction() as connection:
            people = PeopleRepository(connection)
            await people.ensure(caller.principal, at=self._clock())
            await people.lock(caller.owner_id)
            sessions = SessionRepository(connection, caller.owner_id)
            session_id = await sessions.latest_active()
            is_new = session_id is None
            if session_id is None:
                request = fingerprint({} if name is None else {"name": name})
                new = self._new(caller, None, name, {}, request)
                await create(connection, caller.principal, new)
                session_id = new.id
            elif (await self._lock(connection, caller, session_id)).status != "active":
                raise TransactionConflict("the session left active meanwhile")
            return await sessions.read(session_id, ALL_PARTS, messages), is_new

    def _new(
        self,
        caller: Caller,
        session_id: UUID | None,
        name: str | None,
        metadata: Mapping[str, Any],
        request: bytes,
    ) -> NewSession:
        owner_id, new_id = caller.owner_id, session_id or self._ids()
        return NewSession(
            id=new_id,
            chat_id=self._ids(),
            name=name,
            metadata_ciphertext=self._vault.seal(owner_id, new_id, dict(metadata)),
            fingerprint_ciphertext=self._vault.seal_fingerprint(owner_id, new_id, request),
            at=self._clock(),
            actor=caller.actor,
            told=self._audit.event(caller, "session.created", session_id=new_id),
        )

    async def _lock(
        self, connection: AsyncConnection, caller: Caller, session_id: UUID
    ) -> LockedSession:
        """Keeps a session that was just there as it is, until it is read."""
        try:
            return await Journal(connection, caller.owner_id).lock(session_id)
        except SessionNotFound:
            raise TransactionConflict("the session was erased meanwhile") from None

    async def _require_same_request(
        self, sessions: SessionRepository, caller: Caller, session_id: UUID, request: bytes
    ) -> None:
        sealed = await sessions.fingerprint_of(session_id)
        try:
            same = self._vault.open_fingerprint(caller.owner_id, session_id, sealed) == request
        except Unreadable:
            same = False  # whether it is a repeat can't be told, so nothing is claimed
        if not same:
            raise IdConflict(f"The session {session_id} was created from another request.")
