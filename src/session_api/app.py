"""The map: every part of the service, made and connected in one place."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from session_api import __version__
from session_api.assets.cleanup import AssetJobs
from session_api.assets.direct import DirectUploads
from session_api.assets.examples import ANSWERS as ASSET_ANSWERS
from session_api.assets.leftovers import LeftoversReport
from session_api.assets.limits import AssetLimits
from session_api.assets.router import router as assets_router
from session_api.assets.service import AssetService
from session_api.assets.storage import open_store
from session_api.assets.storage.router import router as objects_router
from session_api.assets.tickets import UploadTickets
from session_api.audit.examples import ANSWERS as AUDIT_ANSWERS
from session_api.audit.router import router as audit_router
from session_api.audit.service import AuditService
from session_api.chat.examples import ANSWERS as CHAT_ANSWERS
from session_api.chat.growth import GrowthService
from session_api.chat.router import router as chat_router
from session_api.chat.service import ChatService
from session_api.database.engine import Database
from session_api.database.health import Readiness
from session_api.http import errors, openapi
from session_api.http.description import DESCRIPTION, TAGS
from session_api.http.dispatch import Directory, Dispatch
from session_api.http.middleware import RequestContext, TrailingSlash, UnexpectedErrors
from session_api.http.operations import router as operations_router
from session_api.http.pages import router as problem_pages
from session_api.http.rate_limiting import RateLimiter
from session_api.http.route import GuardedRoute
from session_api.lifecycle.jobs import LifecycleJobs
from session_api.lifecycle.leases import Leases
from session_api.lifecycle.runner import JobRunner
from session_api.missions.creation import MissionCreation
from session_api.missions.examples import ANSWERS as MISSION_ANSWERS
from session_api.missions.router import router as missions_router
from session_api.missions.service import MissionService
from session_api.pages import Keyset
from session_api.ports import Clock, Ids, new_id, system_clock
from session_api.security import CursorCodec, KeyRing, TokenVerifier
from session_api.security.rate_limits import Limits, LocalCounters
from session_api.security.shared_counters import SharedCounters
from session_api.sessions.creation import SessionCreation
from session_api.sessions.examples import ANSWERS as SESSION_ANSWERS
from session_api.sessions.examples import MERGE as SESSION_MERGE
from session_api.sessions.lifecycle import SessionLifecycle
from session_api.sessions.metadata import MetadataVault
from session_api.sessions.recovery import RecoveryService
from session_api.sessions.router import router as sessions_router
from session_api.sessions.service import UserSessionService
from session_api.settings import Settings

ROUTERS: tuple[APIRouter, ...] = (
    sessions_router,
    chat_router,
    missions_router,
    assets_router,
    objects_router,
    audit_router,
    operations_router,
    problem_pages,
)


def create_app(settings: Settings, *, clock: Clock = system_clock, ids: Ids = new_id) -> FastAPI:
    """The whole service as an ASGI app. Raises ValueError for settings that can't work.

    Two apps can live in one process: nothing is shared between them.
    """
    if settings.jwt_secret is None:
        raise ValueError("SESSION_API_JWT_SECRET is not set")
    if settings.encryption_keys is None:
        raise ValueError("SESSION_API_ENCRYPTION_KEYS is not set")
    keys = KeyRing.parse(settings.encryption_keys.get_secret_value())
    keyset = Keyset(CursorCodec(keys.derive("cursors")))
    database = Database(settings)
    shared = settings.redis_url
    counters = (
        LocalCounters() if shared is None else SharedCounters(shared.get_secret_value(), clock)
    )
    store = open_store(settings, keys, clock, ids)
    tickets = UploadTickets(
        database,
        store,
        clock,
        lifetime=settings.upload_lifetime,
        link_lifetime=settings.download_lifetime,
        part_size=settings.upload_part_bytes,
        parts_from=settings.upload_parts_above,
    )
    audit = AuditService(database, keyset, clock, ids)
    lifecycle = SessionLifecycle(audit, clock)
    finisher = lifecycle if settings.mission_completes_session else None
    vault = MetadataVault(keys)
    creation = SessionCreation(database, audit, vault, clock, ids)
    interval = settings.activity_interval
    sessions = UserSessionService(
        database,
        audit,
        lifecycle,
        creation,
        vault,
        keyset,
        clock,
        activity_interval=interval,
    )

    make = FastAPIOffline if settings.docs_enabled else FastAPI
    app = make(
        title="Session API",
        version=__version__,
        summary="Persistent workspaces for AI-agent web apps.",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        openapi_url="/openapi.json" if settings.docs_enabled else None,
        swagger_ui_parameters={"persistAuthorization": True, "displayRequestDuration": True},
        redirect_slashes=False,
        lifespan=_lifespan,
        middleware=[
            Middleware(RequestContext, ids=ids, log_all=settings.access_log),
            *_cors(settings),
            Middleware(UnexpectedErrors),
            Middleware(TrailingSlash, with_slash=_paths_with_slash()),
            Middleware(Dispatch, directory=Directory(_guarded_routes())),
        ],
    )
    app.state.settings = settings
    app.state.database = database
    app.state.tokens = TokenVerifier.from_secret(
        settings.jwt_secret.get_secret_value(),
        settings.jwt_issuer,
        settings.jwt_audience,
        settings.jwt_leeway,
        clock,
    )
    app.state.rate_counters = counters
    app.state.rate_limiter = RateLimiter(Limits.parse(settings.rate_limits), counters, clock)
    app.state.object_store = store
    app.state.upload_tickets = tickets
    app.state.assets = AssetService(
        database, audit, store, tickets, AssetLimits.of(settings), keyset, clock, ids
    )
    app.state.direct_uploads = DirectUploads(
        app.state.assets, store, max_bytes=settings.asset_max_bytes
    )
    app.state.audit = audit
    app.state.chat = ChatService(database, clock, ids)
    app.state.growth = GrowthService(database, clock)
    app.state.mission_creation = MissionCreation(database, audit, clock, ids)
    app.state.missions = MissionService(database, audit, keyset, clock, ids, finisher)
    app.state.sessions = sessions
    app.state.recovery = RecoveryService(
        database, sessions, creation, clock, activity_interval=interval
    )
    app.state.readiness = Readiness(database, store, counters)
    app.state.asset_jobs = AssetJobs(database, audit, store)
    app.state.leftovers = LeftoversReport(database, store)
    app.state.jobs = LifecycleJobs(
        database,
        lifecycle,
        app.state.asset_jobs,
        abandon_after=settings.abandon_after,
        archive_after=settings.archive_after,
        orphan_interval=settings.orphan_interval,
    )
    app.state.leases = Leases(database, f"{socket.gethostname()}:{os.getpid()}:{ids()}")
    app.state.clock = clock
    for router in ROUTERS:
        app.include_router(router)
    errors.install(app, [route for router in ROUTERS for route in router.routes])
    if settings.docs_enabled:
        openapi.install(
            app,
            examples_with_null={"merge_session": SESSION_MERGE},
            answers={
                **SESSION_ANSWERS,
                **CHAT_ANSWERS,
                **MISSION_ANSWERS,
                **ASSET_ANSWERS,
                **AUDIT_ANSWERS,
            },
        )
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    runner = JobRunner(
        app.state.jobs.all, app.state.leases, app.state.clock, interval=settings.job_interval
    )
    await app.state.object_store.open()
    jobs = asyncio.create_task(runner.run_for_ever()) if settings.jobs_enabled else None
    yield
    if jobs is not None:
        jobs.cancel()
        with suppress(asyncio.CancelledError):
            await jobs
    await app.state.object_store.close()
    await app.state.rate_counters.close()
    await app.state.database.close()


def _cors(settings: Settings) -> list[Middleware]:
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "If-Match",
                "If-None-Match",
                "Idempotency-Key",
                "X-Request-ID",
            ],
            expose_headers=[
                "ETag",
                "Location",
                "RateLimit",
                "RateLimit-Policy",
                "Retry-After",
                "X-Request-ID",
            ],
            max_age=600,
        )
    ]


def _guarded_routes() -> Iterator[GuardedRoute]:
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, GuardedRoute):
                yield route


def _paths_with_slash() -> list[str]:
    return [
        f"{router.prefix}/"
        for router in ROUTERS
        if any(getattr(route, "path", "") == f"{router.prefix}/" for route in router.routes)
    ]
