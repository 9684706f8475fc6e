"""Appending messages: in one statement where nothing stands in the way, else step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from session_api.audit import AuditService, NewEvent
from session_api.chat.appending_repository import append_at_once
from session_api.chat.repository import ChatRepository, NewMessage
from session_api.chat.schemas import MessageCreate
from session_api.database.engine import Database, repeated_on_conflict
from session_api.json_text import fingerprint
from session_api.ports import Clock, Ids
from session_api.problems import IdConflict, Problem, ValidationFailed
from session_api.security.caller import Caller
from session_api.sync import Change, Journal, LockedSession, Precondition


@dataclass(frozen=True, slots=True)
class Appended:
    """Messages as a JSON array, the session's version, and whether anything was added."""

    messages: str
    version: int
    added: bool


class MessageAppending:
    """Called by the chat router."""

    def __init__(self, database: Database, audit: AuditService, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._ids = ids

    @repeated_on_conflict
    async def append(
        self,
        caller: Caller,
        session_id: UUID,
        bodies: Sequence[MessageCreate],
        *,
        batch: bool,
        expected: Precondition | None,
        idempotency_key: UUID | None,
    ) -> Appended:
        """Appends all the messages or none, in their order.

        A repeat of the same messages answers them as they now are; a batch that was partly sent
        before is completed. Raises SessionNotFound, SessionNotActive, TurnLost, TurnInProgress,
        VersionMismatch, IdConflict or ValidationFailed.
        """
        messages = self._new_messages(bodies, idempotency_key, batch=batch)
        of_person = all(body.role == "user" for body in bodies)
        if expected is None and caller.turn is None and not any(map(_names_another, bodies)):
            appended = await self._append_at_once(
                caller, session_id, messages, by_agent=not of_person
            )
            if appended is not None:
                return appended
        async with self._database.transaction() as connection:
            journal = Journal(connection, caller.owner_id)
            chat = ChatRepository(connection, caller.owner_id)
            locked = await journal.lock(session_id, turn=caller.turn)
            now = self._clock()
            refusal = (locked.refusal_to_person if of_person else locked.refusal_to_agent)(now)
            if refusal is not None:
                return await self._repeat_only(chat, locked, messages, refusal)
            await self._require_assets(chat, session_id, messages, batch=batch)
            result = await chat.add(
                session_id,
                messages,
                after_seq=locked.message_seq,
                after_version=locked.version,
                at=now,
            )
            if result.conflict:
                raise IdConflict("A message with this id was created from another request.")
            if result.orphan is not None:
                pointer = f"/messages/{result.orphan}/parent_id" if batch else "/parent_id"
                raise ValidationFailed.at(pointer, "is not an earlier message of this chat")
            if not result.added:
                return Appended(result.shown, locked.version, added=False)
            if expected is not None:
                expected.require(changed_in=locked.chat_version, current=locked.version)
            version = await journal.advance(
                locked,
                [Change("message.created", message_id) for message_id in result.added],
                at=now,
                actor=caller.actor,
                messages_added=len(result.added),
                told=[self._created(caller, session_id, result.added)],
            )
            return Appended(result.shown, version, added=True)

    async def _append_at_once(
        self,
        caller: Caller,
        session_id: UUID,
        messages: Sequence[NewMessage],
        *,
        by_agent: bool,
    ) -> Appended | None:
        appended = await append_at_once(
            self._database,
            caller.owner_id,
            session_id,
            messages,
            self._created(caller, session_id, [message.id for message in messages]),
            at=self._clock(),
            actor=caller.actor,
            by_agent=by_agent,
        )
        return None if appended is None else Appended(*appended, added=True)

    def _created(self, caller: Caller, session_id: UUID, message_ids: Sequence[UUID]) -> NewEvent:
        return self._audit.event(
            caller,
            "message.created",
            session_id=session_id,
            message_ids=[str(message_id) for message_id in message_ids],
        )

    def _new_messages(
        self, bodies: Sequence[MessageCreate], key: UUID | None, *, batch: bool
    ) -> list[NewMessage]:
        """The messages with their ids, those that have none of their own named after the key.

        The first of these has the key itself as its id, in a batch as well: so whatever is sent
        under a key again meets what was sent under it before. They remember the whole batch.
        """
        whole = [body.model_dump(mode="json", exclude_defaults=True) for body in bodies]
        own_ids = {body.id for body in bodies}
        named_after_key = False
        messages = []
        for place, body in enumerate(bodies):
            message_id = body.id
            remembered: object = {k: v for k, v in whole[place].items() if k != "id"}
            if message_id is None and key is not None:
                first = not named_after_key and key not in own_ids
                message_id = key if first else uuid5(key, str(place))
                named_after_key = True
                if batch:
                    remembered = {"batch": whole, "place": place}
            elif key not in (None, body.id) and not batch:
                raise ValidationFailed.at("/id", "differs from the Idempotency-Key")
            messages.append(
                NewMessage(
                    id=message_id or self._ids(),
                    role=body.role,
                    content=body.content,
                    text_length=len(body.content) if isinstance(body.content, str) else None,
                    metadata=body.metadata,
                    asset_ids=body.asset_ids,
                    parent_id=body.parent_id,
                    status=body.status,
                    fingerprint=fingerprint(remembered),
                )
            )
        return messages

    async def _repeat_only(
        self,
        chat: ChatRepository,
        locked: LockedSession,
        messages: Sequence[NewMessage],
        refusal: Problem,
    ) -> Appended:
        """A session that takes no writes still answers a repeat of what it took before."""
        known = await chat.find(locked.session_id, [message.id for message in messages])
        for message in messages:
            there = known.get(message.id)
            if there is None or there.fingerprint != message.fingerprint:
                raise refusal
        shown = await chat.show(locked.session_id, list(known))
        return Appended(shown, locked.version, added=False)

    async def _require_assets(
        self,
        chat: ChatRepository,
        session_id: UUID,
        messages: Sequence[NewMessage],
        *,
        batch: bool,
    ) -> None:
        named = {asset_id for message in messages for asset_id in message.asset_ids}
        if not named:
            return
        there = await chat.assets(session_id, named)
        lacking = [
            (place, message)
            for place, message in enumerate(messages)
            if not there.issuperset(message.asset_ids)
        ]
        # A message that is here already had its files when it came; they may have been deleted.
        known = await chat.find(session_id, [each.id for _, each in lacking]) if lacking else {}
        for place, message in lacking:
            if message.id not in known:
                pointer = f"/messages/{place}/asset_ids" if batch else "/asset_ids"
                raise ValidationFailed.at(pointer, "names an asset that is not in this session")


def _names_another(body: MessageCreate) -> bool:
    return bool(body.asset_ids) or body.parent_id is not None
