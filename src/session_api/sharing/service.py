"""The rules of shares as the owner makes, changes and ends them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit import AuditService
from session_api.database.engine import Database, repeated_on_conflict
from session_api.guest_problems import AccountNeeded
from session_api.json_text import encode_json, fingerprint, rfc3339
from session_api.people import PeopleRepository
from session_api.ports import Clock, Ids, Secrets
from session_api.problems import IdConflict, SessionNotFound, ValidationFailed
from session_api.security.caller import Caller
from session_api.security.principal import Principal, owner_id_of
from session_api.sharing.reads import ShareReader
from session_api.sharing.repository import MemberRepository, ShareRepository
from session_api.sharing.schemas import ShareCreate, SharePatch
from session_api.sharing_problems import (
    AlreadyReached,
    ExpiresInThePast,
    ShareNotFound,
    TooManyShares,
)
from session_api.sync import Change, Journal, LockedSession

SHOWN_ONCE: Final = (
    "The token was shown when the link was made and is kept nowhere. If it was lost, delete this "
    "share and make another."
)


def token_hash(token: str) -> bytes:
    """What is kept of a link's token, which has too many bits to be found by trying."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Invited:
    """A person as their tokens will name them."""

    tenant_id: str
    issuer: str
    subject: str

    @property
    def owner_id(self) -> UUID:
        return owner_id_of(self.issuer, self.tenant_id, self.subject)

    @property
    def is_guest(self) -> bool:
        return False

    @classmethod
    def by(cls, principal: Principal, subject: str) -> "Invited":
        """Somebody of one's own tenant and issuer: nobody else's `sub` means anything there."""
        return cls(principal.tenant_id, principal.issuer, subject)


class SharingService:
    """Called by the sharing router, for the owner alone."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        clock: Clock,
        ids: Ids,
        secrets: Secrets,
        *,
        limit: int,
    ) -> None:
        """A session has at most `limit` shares."""
        self._database = database
        self._audit = audit
        self._clock = clock
        self._ids = ids
        self._secrets = secrets
        self._limit = limit
        self._reader = ShareReader(database, clock)

    async def listed(self, caller: Caller, session_id: UUID) -> str:
        """The session's shares as a JSON array. Raises SessionNotFound."""
        shares = await self._reader.listed(caller.owner_id, session_id)
        if shares is None:
            raise SessionNotFound
        return shares

    @repeated_on_conflict
    async def create(
        self, caller: Caller, session_id: UUID, body: ShareCreate, *, share_id: UUID | None
    ) -> tuple[str, bool]:
        """Makes a share; its JSON, with a link's token, and whether it is new.

        A repeat of the same request answers the share as it now is, without the token. Raises
        AccountNeeded, SessionNotFound, IdConflict, ExpiresInThePast, AlreadyReached, TooManyShares,
        and ValidationFailed for the owner as the person.
        """
        require_account(caller)
        now = self._clock()
        wanted = share_id or self._ids()
        remembered = fingerprint(body.model_dump(mode="json", exclude_unset=True, exclude={"id"}))
        async with self._database.transaction() as connection:
            locked = await Journal(connection, caller.owner_id).lock(session_id, turn=caller.turn)
            shares = ShareRepository(connection, caller.owner_id)
            known = await shares.find(session_id, wanted)
            if known is not None:
                if known.fingerprint != remembered:
                    raise IdConflict("A share with this id was made by another request.")
                note = None if known.token_hash is None else SHOWN_ONCE
                return _created(await shares.show(session_id, wanted), None, note), False
            require_to_come(body.expires_at, now)
            await self.require_room(shares, session_id)
            token = None if body.link is None else self._secrets()
            await shares.add(
                {
                    "session_id": session_id,
                    "id": wanted,
                    "user_id": body.user_id,
                    "link_id": None,
                    "token_hash": None if token is None else token_hash(token),
                    "max_uses": None if body.link is None else body.link.max_uses,
                    "uses": 0,
                    "role": body.role,
                    "fingerprint": remembered,
                    "created_at": now,
                    "expires_at": body.expires_at,
                }
            )
            told: dict[str, Any] = {"link": token is not None}
            if body.user_id is not None:
                person = Invited.by(caller.principal, body.user_id)
                await admit(connection, person, caller.owner_id, session_id, wanted, at=now)
                told = {"user_id": body.user_id}
            told |= {"role": body.role, "expires_at": _time_told(body.expires_at)}
            await self._log(connection, caller, locked, "created", [wanted], told, at=now)
            return _created(await shares.show(session_id, wanted), token, None), True

    @repeated_on_conflict
    async def change(
        self, caller: Caller, session_id: UUID, share_id: UUID, body: SharePatch
    ) -> str:
        """Changes a share, and with a link the shares of those that came through it; its JSON.

        What it is already changes nothing. Raises SessionNotFound, ShareNotFound and
        ExpiresInThePast.
        """
        now = self._clock()
        values = {name: getattr(body, name) for name in sorted(body.model_fields_set)}
        async with self._database.transaction() as connection:
            locked = await Journal(connection, caller.owner_id).lock(session_id, turn=caller.turn)
            shares = ShareRepository(connection, caller.owner_id)
            known = await shares.find(session_id, share_id)
            if known is None:
                raise ShareNotFound
            if any(getattr(known, name) != value for name, value in values.items()):
                if values.get("expires_at") != known.expires_at:
                    require_to_come(body.expires_at, now)
                changed = await shares.change(session_id, share_id, values)
                told = values | (
                    {"expires_at": _time_told(body.expires_at)} if "expires_at" in values else {}
                )
                await self._log(connection, caller, locked, "updated", changed, told, at=now)
            return await shares.show(session_id, share_id)

    @repeated_on_conflict
    async def delete(self, caller: Caller, session_id: UUID, share_id: UUID) -> None:
        """Ends a share, and with a link the shares of those that came through it.

        Raises SessionNotFound and ShareNotFound.
        """
        async with self._database.transaction() as connection:
            locked = await Journal(connection, caller.owner_id).lock(session_id, turn=caller.turn)
            shares = ShareRepository(connection, caller.owner_id)
            removed = await shares.remove(session_id, share_id)
            if not removed:
                raise ShareNotFound
            now = self._clock()
            await self._log(connection, caller, locked, "deleted", removed, {}, at=now)

    async def require_room(self, shares: ShareRepository, session_id: UUID) -> None:
        """Raises TooManyShares. Under the session's lock."""
        if await shares.count(session_id) >= self._limit:
            raise TooManyShares(f"A session has at most {self._limit} shares.", allowed=self._limit)

    async def _log(
        self,
        connection: AsyncConnection,
        caller: Caller,
        locked: LockedSession,
        what: str,
        share_ids: list[UUID],
        facts: dict[str, Any],
        *,
        at: datetime,
    ) -> None:
        """The first id is of the share that the request names."""
        facts = {"share_id": str(share_ids[0]), **facts}
        if len(share_ids) > 1:
            facts["joined"] = len(share_ids) - 1
        told = self._audit.event(caller, f"share.{what}", session_id=locked.session_id, **facts)
        await Journal(connection, caller.owner_id).advance(
            locked,
            [Change(f"share.{what}", share_id) for share_id in share_ids],
            at=at,
            actor=caller.actor,
            told=[told],
        )


async def admit(
    connection: AsyncConnection,
    person: Invited,
    host_id: UUID,
    session_id: UUID,
    share_id: UUID,
    *,
    at: datetime,
) -> None:
    """Lets a person reach a session by a share that was just added. Under the session's lock.

    Their row is locked, made where they were never here, so that nobody makes or is given another
    session of this id meanwhile. Raises AlreadyReached, and ValidationFailed for the owner.
    """
    member_id = person.owner_id
    if member_id == host_id:
        raise ValidationFailed.at("/user_id", "is the owner, who needs no share")
    await PeopleRepository(connection).ensure(person, at=at)
    members = MemberRepository(connection, member_id)
    await members.lock()
    if await members.add(session_id, host_id=host_id, share_id=share_id, at=at):
        return
    there = await members.of(session_id)
    if there is not None and there[0] == host_id:
        raise AlreadyReached("The person has a share in this session.", share_id=str(there[1]))
    raise AlreadyReached


def require_account(caller: Caller) -> None:
    """Raises AccountNeeded for a guest: who they are ends with their token, and what they have
    moves to another owner when they sign in.
    """
    if caller.principal.is_guest:
        raise AccountNeeded


def require_to_come(expires_at: datetime | None, now: datetime) -> None:
    """Raises ExpiresInThePast."""
    if expires_at is not None and expires_at <= now:
        raise ExpiresInThePast


def _created(share: str, token: str | None, note: str | None) -> str:
    return f'{share[:-1]},"token":{encode_json(token)},"note":{encode_json(note)}}}'


def _time_told(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
