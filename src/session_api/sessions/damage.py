"""Telling of what could not be read: once an hour for each part of a session."""

from uuid import UUID

import structlog
from cachetools import TTLCache
from sqlalchemy.exc import SQLAlchemyError

from session_api.audit import AuditService
from session_api.database.engine import TransactionConflict
from session_api.ports import Clock
from session_api.problems import Problem
from session_api.security.caller import Caller

log = structlog.get_logger(__name__)


class DamageReports:
    """What was reported lately is not reported with every reading."""

    def __init__(self, audit: AuditService, clock: Clock) -> None:
        self._audit = audit
        self._reported: TTLCache[tuple[UUID, UUID, str], bool] = TTLCache(
            10_000, ttl=3600, timer=lambda: clock().timestamp()
        )

    async def report(self, caller: Caller, session_id: UUID, part: str, code: str) -> None:
        """Logs and audits; whatever becomes of it, reading goes on, and a failure is logged."""
        key = (caller.owner_id, session_id, part)
        if key in self._reported:
            return
        log.error(
            "session_damaged",
            session_id=str(session_id),
            part=part,
            code=code,
            request_id=caller.request_id,
        )
        try:
            await self._audit.record_alone(
                caller, "session.damaged", session_id=session_id, part=part, code=code
            )
        except (Problem, TransactionConflict, SQLAlchemyError) as error:
            log.warning(
                "damage_not_audited", session_id=str(session_id), reason=type(error).__name__
            )
        else:
            self._reported[key] = True
