"""The rules of a chat: reading, changing and deleting messages."""

from typing import Any
from uuid import UUID

from session_api.audit import AuditService, NewEvent
from session_api.chat.reads import ChatReader
from session_api.chat.repository import (
    ChatRepository,
    StoredMessage,
)
from session_api.chat.schemas import MessagePatch
from session_api.database.engine import (
    Database,
    repeated_on_conflict,
)
from session_api.fields import merged_object
from session_api.json_text import decode_json, encode_json
from session_api.ports import Clock
from session_api.security.caller import Caller
from session_api.sync import Change, Journal, Precondition


class ChatService:
    """Called by the chat router."""

    def __init__(self, database: Database, audit: AuditService, clock: Clock) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    async def page(
        self,
        caller: Caller,
        session_id: UUID,
        *,
        before: int | None,
        after: int | None,
        limit: int,
    ) -> str:
        """A page of messages as JSON. Raises SessionNotFound."""
        reader = ChatReader(self._database, caller.owner_id)
        return await reader.page(session_id, before=before, after=after, limit=limit)

    async def message(self, caller: Caller, session_id: UUID, message_id: UUID) -> tuple[str, int]:
        """A message as JSON and its version. Raises SessionNotFound or MessageNotFound."""
        return await ChatReader(self._database, caller.owner_id).message(session_id, message_id)

    @repeated_on_conflict
    async def change(
        self,
        caller: Caller,
        session_id: UUID,
        message_id: UUID,
        body: MessagePatch,
        *,
        expected: Precondition | None,
    ) -> tuple[str, int]:
        """Edits or ends a message; returns it as JSON and its version.

        What the message has and is already changes nothing, so a repeat is safe.

        While somebody has the turn, others may stop what is being written and edit what is not.
        Raises SessionNotFound, MessageNotFound, SessionNotActive, TurnLost, TurnInProgress,
        VersionMismatch, MessageNotInProgress or ValidationFailed.
        """
        async with self._database.transaction() as connection:
            journal = Journal(connection, caller.owner_id)
            chat = ChatRepository(connection, caller.owner_id)
            locked = await journal.lock(session_id, turn=caller.turn)
            now = self._clock()
            message = await chat.one(session_id, message_id, bodies=True)
            status = None if body.status == message.status else body.status
            content = _new_content(message, body)
            metadata = _new_metadata(message, body)
            edited = content is not None or metadata is not None
            if status is None and not edited:
                return (await chat.show(session_id, [message_id]))[1:-1], message.version
            if message.written_by_agent and (edited or status != "cancelled"):
                locked.fence.require_for_agent(now)
            locked.fence.require(now)
            if expected is not None:
                expected.require(changed_in=message.version, current=locked.version)
            locked.require_active()
            if status is not None:
                message.require_in_progress()
            shown = await chat.change(
                message,
                content=content,
                text_length=len(body.content) if isinstance(body.content, str) else None,
                metadata=metadata,
                status=status,
                edited_at=now if edited else None,
                version=locked.version + 1,
            )
            version = await journal.advance(
                locked,
                [Change("message.updated", message_id)],
                at=now,
                actor=caller.actor,
                chat_changed=True,
                told=[self._changed(caller, session_id, message, content, metadata, status)],
            )
            return shown, version

    @repeated_on_conflict
    async def delete(
        self,
        caller: Caller,
        session_id: UUID,
        message_id: UUID,
        *,
        expected: Precondition | None,
    ) -> None:
        """Removes a message for good.

        Raises SessionNotFound, MessageNotFound, SessionNotActive, TurnLost or VersionMismatch.
        """
        async with self._database.transaction() as connection:
            journal = Journal(connection, caller.owner_id)
            chat = ChatRepository(connection, caller.owner_id)
            locked = await journal.lock(session_id, turn=caller.turn)
            now = self._clock()
            message = await chat.one(session_id, message_id)
            locked.fence.require(now)
            if expected is not None:
                expected.require(changed_in=message.version, current=locked.version)
            locked.require_active()
            await chat.delete(message)
            await journal.advance(
                locked,
                [Change("message.deleted", message_id, {"seq": message.seq})],
                at=now,
                actor=caller.actor,
                messages_removed=1,
                told=[
                    self._audit.event(
                        caller,
                        "message.deleted",
                        session_id=session_id,
                        message_id=str(message_id),
                        seq=message.seq,
                    )
                ],
            )

    def _changed(
        self,
        caller: Caller,
        session_id: UUID,
        message: StoredMessage,
        content: str | None,
        metadata: str | None,
        status: str | None,
    ) -> NewEvent:
        changed = {"content": content, "metadata": metadata, "status": status}
        moved: dict[str, Any] = {} if status is None else {"from": message.status, "to": status}
        return self._audit.event(
            caller,
            "message.updated",
            session_id=session_id,
            message_id=str(message.id),
            fields=[name for name, value in changed.items() if value is not None],
            **moved,
        )


def _new_content(message: StoredMessage, body: MessagePatch) -> str | None:
    """The content as JSON text, None where it stays as it is."""
    if "content" not in body.model_fields_set:
        return None
    content = encode_json(body.content)
    return None if content == _canonical(message.content) else content


def _new_metadata(message: StoredMessage, body: MessagePatch) -> str | None:
    """The merged metadata as JSON text, None where it stays as it is."""
    if "metadata" not in body.model_fields_set:
        return None
    present = decode_json(message.metadata or "{}")
    metadata = encode_json(merged_object(present, body.metadata, "/metadata"))
    return None if metadata == _canonical(message.metadata) else metadata


def _canonical(stored: str | None) -> str | None:
    """Stored JSON as we write it: PostgreSQL escapes the text that it has put together."""
    return None if stored is None else encode_json(decode_json(stored))
