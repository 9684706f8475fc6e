"""Signing out: a token, a device, or everything."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit.service import AuditService
from session_api.database.engine import Database, repeated_on_conflict
from session_api.devices.presences import Presences
from session_api.devices.repository import (
    DeviceRepository,
    devices_of,
    forget,
    owners_called,
)
from session_api.devices.revocations_repository import add_revocations, prune_revocations
from session_api.devices.writing import Writer
from session_api.ports import Clock
from session_api.security.caller import Caller
from session_api.security.principal import owner_id_of
from session_api.security.revocations import Kind, Revocation, RevocationList, value_of_jti
from session_api.sign_in_problems import DeviceNotFound

REVOCATIONS_OF_ONE: Final = 1_000
"""That one person has at a time. The oldest beyond that become a sign-out of everything from before
the youngest of them: more than was asked for, never less.
"""

REMEMBERED_SIGNED_OUT: Final = timedelta(days=1)
"""Long enough for every touch that was still on its way."""


class DeviceService:
    """What a person sees and ends of their sign-ins. Once a method returns, it holds here, and
    within two looks of the follower on every other process.
    """

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        writer: Writer,
        presences: Presences,
        revocations: RevocationList,
        clock: Clock,
        *,
        kept: timedelta,
    ) -> None:
        """`kept` is how long a device is remembered that nobody uses."""
        self._database = database
        self._audit = audit
        self._writer = writer
        self._presences = presences
        self._revocations = revocations
        self._clock = clock
        self._kept = kept

    async def listed(self, caller: Caller, here: UUID) -> str:
        """The caller's devices as JSON, `here` marked as the current one."""
        await self._writer.write_down()
        return f'{{"items":{await devices_of(self._database, caller.owner_id, here)}}}'

    async def sign_out(self, caller: Caller, device_id: UUID) -> None:
        """Ends every token that was seen with the device, and all issued until now that will be.

        Raises DeviceNotFound.
        """
        await self._writer.write_down()
        self._take_effect(await self._sign_out(caller, device_id))
        self._presences.forget(caller.owner_id, device_id)

    async def revoke(self, caller: Caller, jti: str | None) -> None:
        """Ends one token: the caller's with this `jti`, or the one that the request came with.

        Whether there is such a token nobody knows here; revoking it again is safe.
        """
        self._take_effect(await self._revoke(caller, jti))

    async def sign_out_everywhere(self, caller: Caller) -> None:
        """Ends every token of the caller's that was issued until now, this one included."""
        await self._writer.write_down()
        self._take_effect(await self._sign_out_everywhere(caller))

    async def sign_out_user(self, admin: Caller, subject: str) -> None:
        """Ends every token that was issued until now to somebody of the administrator's tenant.

        Whoever calls has made sure of the role. Somebody who was never seen is taken for a person
        of the administrator's own issuer.
        """
        await self._writer.write_down()
        self._take_effect(await self._sign_out_user(admin, subject))

    async def forget(self, now: datetime, batch: int) -> int:
        """The job: removes all that can meet no token any longer, and devices long unseen."""
        removed = 0
        while True:
            async with self._database.transaction() as connection:
                count = await forget(
                    connection,
                    now=now,
                    unseen_since=now - self._kept,
                    signed_out_before=now - REMEMBERED_SIGNED_OUT,
                    limit=batch,
                )
            if count == 0:
                return removed
            removed += count

    @repeated_on_conflict
    async def _sign_out(self, caller: Caller, device_id: UUID) -> list[Revocation]:
        now = self._clock()
        async with self._database.transaction() as connection:
            devices = DeviceRepository(connection, caller.owner_id)
            agent = await devices.sign_out(device_id, at=now)
            if agent is None:
                raise DeviceNotFound
            # Read after its row is held: who saw a token with it meanwhile has written that.
            revoked = [
                *await devices.tokens_of(device_id, at=now),
                self._of_all(caller.owner_id, "device", device_id.bytes, now),
            ]
            revoked += await self._write(connection, caller.owner_id, revoked, now)
            await self._audit.record(
                connection,
                caller,
                "device.signed_out",
                session_id=None,
                severity="notice",
                device_id=str(device_id),
                agent=agent,
            )
        return revoked

    @repeated_on_conflict
    async def _revoke(self, caller: Caller, jti: str | None) -> list[Revocation]:
        now = self._clock()
        principal = caller.principal
        if jti is None:
            fingerprint = principal.token.fingerprint
            one = Revocation(caller.owner_id, "token", fingerprint, now, principal.token_ends_at)
        else:
            one = self._of_all(caller.owner_id, "jti", value_of_jti(jti), now)
        async with self._database.transaction() as connection:
            more = await self._write(connection, caller.owner_id, [one], now)
            await self._audit.record(
                connection,
                caller,
                "token.revoked",
                session_id=None,
                severity="notice",
                by="request" if jti is None else "jti",
            )
        return [one, *more]

    @repeated_on_conflict
    async def _sign_out_everywhere(self, caller: Caller) -> list[Revocation]:
        now = self._clock()
        principal = caller.principal
        # By itself as well: the issuer's clock may be ahead of ours.
        itself = Revocation(
            caller.owner_id, "token", principal.token.fingerprint, now, principal.token_ends_at
        )
        async with self._database.transaction() as connection:
            revoked = await self._end_all(connection, caller.owner_id, now, itself)
            await self._audit.record(
                connection, caller, "account.signed_out", session_id=None, severity="notice"
            )
        return revoked

    @repeated_on_conflict
    async def _sign_out_user(self, admin: Caller, subject: str) -> list[Revocation]:
        now = self._clock()
        asking = admin.principal
        revoked: list[Revocation] = []
        async with self._database.transaction() as connection:
            owners = await owners_called(connection, asking.tenant_id, subject)
            owners.add(owner_id_of(asking.issuer, asking.tenant_id, subject))
            for owner_id in sorted(owners):  # one order, so that two at once never cross
                revoked += await self._end_all(connection, owner_id, now)
                await self._audit.record_for(
                    connection,
                    owner_id,
                    asking.tenant_id,
                    "account.signed_out",
                    origin=admin.origin,
                    session_id=None,
                    severity="warning",
                    by="administrator",
                )
            await self._audit.record(
                connection,
                admin,
                "admin.signed_out",
                session_id=None,
                severity="warning",
                owner_ids=[str(owner_id) for owner_id in sorted(owners)],
            )
        return revoked

    async def _end_all(
        self, connection: AsyncConnection, owner_id: UUID, now: datetime, *also: Revocation
    ) -> list[Revocation]:
        """Signs everything of an owner's out that was issued until now; returns what that took."""
        await DeviceRepository(connection, owner_id).sign_all_out(at=now)
        revoked = [self._of_all(owner_id, "everywhere", b"", now), *also]
        return revoked + await self._write(connection, owner_id, revoked, now)

    async def _write(
        self,
        connection: AsyncConnection,
        owner_id: UUID,
        revoked: list[Revocation],
        now: datetime,
    ) -> list[Revocation]:
        """Writes them, and returns what they led to beyond themselves."""
        await add_revocations(connection, revoked)
        dropped_at = await prune_revocations(connection, owner_id, limit=REVOCATIONS_OF_ONE)
        if dropped_at is None:
            return []
        instead = Revocation(owner_id, "everywhere", b"", dropped_at, self._revocations.expiry(now))
        await add_revocations(connection, [instead])
        return [instead]

    def _of_all(self, owner_id: UUID, kind: Kind, value: bytes, now: datetime) -> Revocation:
        """Of tokens that end nobody knows when."""
        return Revocation(owner_id, kind, value, now, self._revocations.expiry(now))

    def _take_effect(self, revoked: list[Revocation]) -> None:
        now = self._clock()
        for each in revoked:
            self._revocations.add(each, now)
