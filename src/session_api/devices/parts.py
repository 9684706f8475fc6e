"""The parts of sign-ins, made and connected."""

from dataclasses import dataclass
from typing import Self

from session_api.audit.service import AuditService
from session_api.database.engine import Database
from session_api.devices.following import Follower
from session_api.devices.outbox import Outbox
from session_api.devices.presences import Presences
from session_api.devices.service import DeviceService
from session_api.devices.writing import Writer
from session_api.ports import Clock
from session_api.security.revocations import RevocationList
from session_api.settings import Settings


@dataclass(frozen=True, slots=True)
class SignIns:
    """What every request with a token passes, and what stands behind it."""

    revocations: RevocationList
    presences: Presences
    follower: Follower
    writer: Writer
    service: DeviceService

    @classmethod
    def of(cls, settings: Settings, database: Database, audit: AuditService, clock: Clock) -> Self:
        """Of one process."""
        revocations = RevocationList(
            limit=settings.revocations_in_memory, longest=settings.token_longest
        )
        outbox = Outbox()
        presences = Presences(
            revocations,
            outbox,
            interval=settings.device_interval,
            window=settings.suspicion_window,
            reauthenticate=settings.on_suspicion == "reauthenticate",
        )
        writer = Writer(
            database, audit, outbox, revocations, clock, device_limit=settings.device_limit
        )
        follower = Follower(
            database, revocations, clock, stale_after=settings.revocation_stale_after
        )
        service = DeviceService(
            database, audit, writer, presences, revocations, clock, kept=settings.device_kept
        )
        return cls(revocations, presences, follower, writer, service)
