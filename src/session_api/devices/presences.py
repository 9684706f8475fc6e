"""What every request with a token passes: is it revoked, which device does it come from, is
anything odd about it? All in memory, some microseconds.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from cachetools import LRUCache

from session_api.devices.outbox import Binding, Noticed, Outbox, Touch
from session_api.fields import parse_uuid
from session_api.security import Principal
from session_api.security.caller import Caller
from session_api.security.fingerprints import Agent
from session_api.security.revocations import RevocationList, suspicion_of
from session_api.security.suspicion import Suspicion, Trail
from session_api.sign_in_problems import ReauthenticationRequired

TOKENS: Final = 10_000
"""Tokens that a process follows at once, as many as it remembers to be valid; those longest unused
begin anew.
"""

DEVICES_OF_A_TOKEN: Final = 8
"""A token that was seen with more is followed no further: one has to go, and none may be lost."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SignsOfCaller(NamedTuple):
    """What a request says of where it comes from. `device` is `X-Device-ID`; `block` the network
    of its address, None where it has none.
    """

    device: str | None
    agent: Agent
    block: str | None


class _Presence:
    """One token, as this process has seen it used."""

    __slots__ = ("device", "devices", "due_at", "said", "trail")

    def __init__(self) -> None:
        self.said: str | Agent | None = None
        self.device: UUID | None = None
        self.devices: tuple[UUID, ...] = ()
        self.due_at = _EPOCH
        self.trail = Trail()


def device_id(owner_id: UUID, said: str | Agent) -> UUID:
    """The id of a device: what the client said where that is a UUID, else one made of it.

    Of a program that says nothing it is made of its family and platform, so that all such programs
    of a person are one device, however many tokens they use.
    """
    if isinstance(said, Agent):
        return uuid5(owner_id, f"{said.family} on {said.platform}")
    try:
        return parse_uuid(said)
    except ValueError:
        return uuid5(owner_id, f"device {said}")


class Presences:
    """Follows tokens from request to request. For one event loop."""

    def __init__(
        self,
        revocations: RevocationList,
        outbox: Outbox,
        *,
        interval: timedelta,
        window: timedelta,
        reauthenticate: bool,
    ) -> None:
        """A device is touched at most once per `interval`; each cause of suspicion about a token
        is told of once per `window`, and ends the token where `reauthenticate` says so.
        """
        self._revocations = revocations
        self._outbox = outbox
        self._interval = interval
        self._window = window
        self._reauthenticate = reauthenticate
        self._tokens: LRUCache[bytes, _Presence] = LRUCache(TOKENS)
        self._due: LRUCache[tuple[UUID, UUID], datetime] = LRUCache(TOKENS)

    def admit(self, caller: Caller, signs: SignsOfCaller, now: datetime) -> UUID:
        """The device that a verified token comes from.

        Raises as `RevocationList.check`, and ReauthenticationRequired for what looks stolen.
        """
        principal = caller.principal
        token = principal.token
        said = signs.device or token.device or signs.agent
        presence: _Presence | None
        try:
            presence = self._tokens[token.fingerprint]  # `get` would look twice
        except KeyError:
            presence = None
        # Mostly the very same object, which need not be compared field by field.
        if (
            presence is not None
            and presence.device is not None
            and (said is presence.said or said == presence.said)
        ):
            device = presence.device
        else:
            device = device_id(principal.owner_id, said)
        seen = self._claimed(principal) if presence is None else presence.devices
        self._revocations.check(principal, (device, *seen), now)
        if presence is None:
            presence = self._tokens[token.fingerprint] = _Presence()
        if device is not presence.device and device != presence.device:
            presence.said, presence.device, presence.due_at = said, device, _EPOCH
        if now >= presence.due_at:
            self._leave_note(principal, presence, device, signs, now)
        named = device if signs.device is not None else None
        noticed = presence.trail.follow(signs.agent, signs.block, named, now)
        if noticed:
            self._tell(caller, presence, device, noticed, now)
        return device

    def devices_of(self, principal: Principal, device: UUID) -> tuple[UUID, ...]:
        """This one first, and the others that the token was seen with."""
        presence = self._tokens.get(principal.token.fingerprint)
        seen = self._claimed(principal) if presence is None else presence.devices
        return (device, *(each for each in seen if each != device))

    def forget(self, owner_id: UUID, device: UUID) -> None:
        """The device was signed out: whoever is seen with it next is news."""
        self._due.pop((owner_id, device), None)

    def _leave_note(
        self,
        principal: Principal,
        presence: _Presence,
        device: UUID,
        signs: SignsOfCaller,
        now: datetime,
    ) -> None:
        """That the device was seen, if the last such note is old enough; and with which token, if
        that is new.
        """
        owner_id, token = principal.owner_id, principal.token
        issued_at = token.issued_at or _EPOCH
        due_at = self._due.get((owner_id, device), _EPOCH)
        new = self._new_devices(principal, presence, device)
        presence.devices = (*presence.devices, *new)
        if now >= due_at or new:
            due_at = self._due[owner_id, device] = now + self._interval
            binding = Binding(token.fingerprint, issued_at, principal.token_ends_at)
            for each in new or [device] * (device in presence.devices):
                self._outbox.touch(
                    Touch(
                        *(principal, each, signs.agent, signs.block, now, now, issued_at),
                        tokens=(binding,) if new else (),
                    )
                )
        presence.due_at = due_at

    def _new_devices(self, principal: Principal, presence: _Presence, device: UUID) -> list[UUID]:
        """The devices that the token was not seen with before: this one, and the issuer's."""
        both = dict.fromkeys((device, *self._claimed(principal)))
        new = [each for each in both if each not in presence.devices]
        return new[: DEVICES_OF_A_TOKEN - len(presence.devices)]

    def _claimed(self, principal: Principal) -> tuple[UUID, ...]:
        said = principal.token.device
        return () if said is None else (device_id(principal.owner_id, said),)

    def _tell(
        self,
        caller: Caller,
        presence: _Presence,
        device: UUID,
        noticed: list[Suspicion],
        now: datetime,
    ) -> None:
        grave = self._reauthenticate and any(each.severity != "notice" for each in noticed)
        for suspicion in presence.trail.untold(noticed, now, self._window):
            self._outbox.noticed.append(Noticed(caller, device, suspicion, grave))
        if grave:
            mark = suspicion_of(caller.principal, now, expires_at=self._revocations.expiry(now))
            self._revocations.add(mark, now)
            self._outbox.mark(mark)
            raise ReauthenticationRequired
