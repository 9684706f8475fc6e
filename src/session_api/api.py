"""The surface: every route of the service, and the answers its document shows."""

from collections.abc import Iterator

from fastapi import APIRouter

from session_api.assets.examples import ANSWERS as ASSET_ANSWERS
from session_api.assets.router import router as assets_router
from session_api.assets.storage.router import router as objects_router
from session_api.audit.examples import ANSWERS as AUDIT_ANSWERS
from session_api.audit.router import admin_router as admin_audit_router
from session_api.audit.router import router as audit_router
from session_api.chat.examples import ANSWERS as CHAT_ANSWERS
from session_api.chat.router import router as chat_router
from session_api.devices.examples import ANSWERS as DEVICE_ANSWERS
from session_api.devices.router import router as devices_router
from session_api.guests.examples import ANSWERS as GUEST_ANSWERS
from session_api.guests.router import door as guests_door
from session_api.guests.router import router as guests_router
from session_api.handoff.examples import ANSWERS as HANDOFF_ANSWERS
from session_api.handoff.router import router as handoff_router
from session_api.http.dispatch import SocketRoute
from session_api.http.operations import router as operations_router
from session_api.http.pages import router as problem_pages
from session_api.http.route import GuardedRoute
from session_api.live.changes.examples import ANSWERS as CHANGE_ANSWERS
from session_api.live.changes.router import router as changes_router
from session_api.live.streams.router import SessionSocket
from session_api.live.streams.router import router as streams_router
from session_api.missions.examples import ANSWERS as MISSION_ANSWERS
from session_api.missions.router import router as missions_router
from session_api.sessions.examples import ANSWERS as SESSION_ANSWERS
from session_api.sessions.examples import MERGE as SESSION_MERGE
from session_api.sessions.router import router as sessions_router
from session_api.sharing.examples import ANSWERS as SHARING_ANSWERS
from session_api.sharing.examples import CHANGE as SHARE_CHANGE
from session_api.sharing.router import router as sharing_router
from session_api.turns.examples import ANSWERS as TURN_ANSWERS
from session_api.turns.router import router as turns_router

ROUTERS: tuple[APIRouter, ...] = (
    sessions_router,
    sharing_router,
    chat_router,
    turns_router,
    handoff_router,
    missions_router,
    assets_router,
    changes_router,
    streams_router,
    objects_router,
    devices_router,
    guests_door,
    guests_router,
    audit_router,
    admin_audit_router,
    operations_router,
    problem_pages,
)

SOCKETS: tuple[SocketRoute, ...] = (SessionSocket(),)

ANSWERS = {
    **SESSION_ANSWERS,
    **SHARING_ANSWERS,
    **CHAT_ANSWERS,
    **TURN_ANSWERS,
    **HANDOFF_ANSWERS,
    **MISSION_ANSWERS,
    **ASSET_ANSWERS,
    **CHANGE_ANSWERS,
    **DEVICE_ANSWERS,
    **GUEST_ANSWERS,
    **AUDIT_ANSWERS,
}
"""Examples of what operations answer, by their name."""

EXAMPLES_WITH_NULL = {"merge_session": SESSION_MERGE, "update_share": SHARE_CHANGE}
"""Requests in which a null says something, by the name of the operation."""


def guarded_routes() -> Iterator[GuardedRoute]:
    """Those that ask for a token."""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, GuardedRoute):
                yield route


def paths_with_slash() -> list[str]:
    """The addresses that the contract writes with a slash at the end."""
    return [
        f"{router.prefix}/"
        for router in ROUTERS
        if any(getattr(route, "path", "") == f"{router.prefix}/" for route in router.routes)
    ]
