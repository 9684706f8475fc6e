"""Saving a session's own fields: replaced whole, or merged into what is there."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit import AuditService, NewEvent
from session_api.database.engine import Database, repeated_on_conflict
from session_api.fields import merged_object
from session_api.ports import Clock
from session_api.problems import MetadataUnreadable, SessionNotFound, VersionMismatch
from session_api.security.caller import Caller
from session_api.security.keyring import Unreadable
from session_api.sessions.metadata import MetadataVault
from session_api.sessions.reads import StoredSession
from session_api.sessions.repository import SessionFields, SessionRepository
from session_api.sessions.saving_repository import (
    METADATA,
    NAME,
    SeenSession,
    leave_seen,
    look,
    save_seen,
)
from session_api.sessions.schemas import SessionPatch, SessionPut
from session_api.sync import Change, Journal, LockedSession, Precondition

_FIELDS: Final = {METADATA: "session_metadata"}
"""What a column is called outside."""


class SessionSaving:
    """Called by the sessions service.

    First without a lock: one look, and one statement that writes where nothing has changed since.
    Where something has, or anything else stands in the way, once more under the session's lock,
    which is where it is decided what that is.
    """

    def __init__(
        self, database: Database, audit: AuditService, vault: MetadataVault, clock: Clock
    ) -> None:
        self._database = database
        self._audit = audit
        self._vault = vault
        self._clock = clock

    @repeated_on_conflict
    async def save(
        self,
        caller: Caller,
        session_id: UUID,
        body: SessionPut | SessionPatch,
        *,
        expected: Precondition | None,
    ) -> StoredSession:
        """Replaces the fields that were sent, or merges a patch into them.

        Raises SessionNotFound, SessionNotActive, TurnLost or VersionMismatch, and for a patch
        MetadataUnreadable and ValidationFailed.
        """
        saved = await self._save_at_once(caller, session_id, body, expected)
        if saved is None:
            saved = await self._save_locked(caller, session_id, body, expected)
        return saved

    async def _save_at_once(
        self,
        caller: Caller,
        session_id: UUID,
        body: SessionPut | SessionPatch,
        expected: Precondition | None,
    ) -> StoredSession | None:
        if caller.turn is not None or not body.model_fields_set:
            return None
        owner_id = caller.owner_id
        seen = await look(self._database, owner_id, session_id)
        if seen is None:
            raise SessionNotFound
        if seen.status != "active" or not _holds(expected, seen):
            return None
        changed = self._changed(caller, session_id, seen.fields, body)
        now = self._clock()
        if not changed:
            return await leave_seen(self._database, owner_id, session_id, seen=seen.version, at=now)
        return await save_seen(
            self._database,
            owner_id,
            session_id,
            changed,
            seen=seen.version,
            told=self._told(caller, session_id, changed),
            at=now,
            actor=caller.actor,
        )

    async def _save_locked(
        self,
        caller: Caller,
        session_id: UUID,
        body: SessionPut | SessionPatch,
        expected: Precondition | None,
    ) -> StoredSession:
        async with self._database.transaction() as connection:
            locked = await self._locked(connection, caller, session_id, expected)
            sessions = SessionRepository(connection, caller.owner_id)
            present = await sessions.fields(session_id)
            changed = self._changed(caller, session_id, present, body)
            journal = Journal(connection, caller.owner_id)
            now = self._clock()
            if changed:
                await sessions.change_fields(session_id, locked.version + 1, changed)
                await journal.advance(
                    locked,
                    [Change("session.updated", session_id)],
                    at=now,
                    actor=caller.actor,
                    told=[self._told(caller, session_id, changed)],
                )
            elif body.model_fields_set:
                await journal.touch(locked, at=now)
            return await sessions.read(session_id)

    async def _locked(
        self,
        connection: AsyncConnection,
        caller: Caller,
        session_id: UUID,
        expected: Precondition | None,
    ) -> LockedSession:
        locked = await Journal(connection, caller.owner_id).lock(session_id, turn=caller.turn)
        locked.require_writable(self._clock())
        if expected is not None:
            expected.require(changed_in=locked.fields_version, current=locked.version)
        return locked

    def _changed(
        self,
        caller: Caller,
        session_id: UUID,
        present: SessionFields,
        body: SessionPut | SessionPatch,
    ) -> dict[str, Any]:
        """The columns that differ from what is there, with what they become."""
        changed: dict[str, Any] = {}
        if "name" in body.model_fields_set and body.name != present.name:
            changed[NAME] = body.name
        metadata = self._metadata(caller, session_id, present, body)
        if metadata is not None and not self._vault.holds(
            caller.owner_id, session_id, present.metadata_ciphertext, metadata
        ):
            changed[METADATA] = self._vault.seal(caller.owner_id, session_id, metadata)
        return changed

    def _metadata(
        self,
        caller: Caller,
        session_id: UUID,
        present: SessionFields,
        body: SessionPut | SessionPatch,
    ) -> dict[str, Any] | None:
        """The whole as it is to be; None to leave it."""
        if isinstance(body, SessionPut):
            return body.session_metadata
        if "session_metadata" not in body.model_fields_set:
            return None
        try:
            opened = self._vault.open(caller.owner_id, session_id, present.metadata_ciphertext)
        except Unreadable:
            raise MetadataUnreadable from None
        return merged_object(opened, body.session_metadata, "/session_metadata")

    def _told(self, caller: Caller, session_id: UUID, changed: dict[str, Any]) -> NewEvent:
        return self._audit.event(
            caller,
            "session.updated",
            session_id=session_id,
            fields=[_FIELDS.get(name, name) for name in changed],
        )


def _holds(expected: Precondition | None, seen: SeenSession) -> bool:
    if expected is None:
        return True
    try:
        expected.require(changed_in=seen.fields_version, current=seen.version)
    except VersionMismatch:
        return False
    return True
