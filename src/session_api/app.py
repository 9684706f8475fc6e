"""The map: every part of the service, made and connected in one place."""

import os
import socket
from pathlib import Path

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware

from session_api import __version__
from session_api.api import (
    ANSWERS,
    EXAMPLES_WITH_NULL,
    ROUTERS,
    SOCKETS,
    guarded_routes,
    paths_with_slash,
)
from session_api.assets.announcing import AssetAnnouncing
from session_api.assets.cleanup import AssetJobs
from session_api.assets.direct import DirectUploads
from session_api.assets.leftovers import LeftoversReport
from session_api.assets.limits import AssetLimits
from session_api.assets.service import AssetService
from session_api.assets.storage import MeasuredStore, open_store
from session_api.assets.tickets import UploadTickets
from session_api.audit import Refusals
from session_api.audit.chain import AuditSealing, HeadKeys
from session_api.audit.service import AuditService
from session_api.chat.appending import MessageAppending
from session_api.chat.growth import GrowthService
from session_api.chat.service import ChatService
from session_api.database.engine import Database
from session_api.database.health import Readiness
from session_api.demo import DEMO_PATH, DemoFiles
from session_api.devices import SignIns
from session_api.figures import Calls, Jobs, Requests
from session_api.guests import GuestMerge, GuestRetention, GuestService
from session_api.handoff import HandoffService
from session_api.handoff.codes import HandoffCodes
from session_api.http import errors, openapi
from session_api.http.cors import cors
from session_api.http.deadlines import Deadlines
from session_api.http.description import DESCRIPTION, TAGS
from session_api.http.dispatch import Directory, Dispatch
from session_api.http.entrance import Entrance
from session_api.http.headers_of_answers import CommonHeaders, security_headers
from session_api.http.middleware import RequestContext, UnexpectedErrors
from session_api.http.rate_limiting import RateLimiter
from session_api.http.stack import NO_TELEMETRY, Parts, put_together
from session_api.lifecycle.jobs import LifecycleJobs
from session_api.lifecycle.leases import Leases
from session_api.live.changes import ChangeFeed, ChangeTrimming
from session_api.live.streams import CAUGHT_UP_BYTES, LiveStreams, StreamLimits
from session_api.missions.creation import MissionCreation
from session_api.missions.service import MissionService
from session_api.pages import Keyset
from session_api.ports import Clock, Ids, Secrets, new_id, new_secret, system_clock
from session_api.running import lifespan
from session_api.security import CursorCodec, GuestTokens, KeyRing, TokenVerifier
from session_api.security.counting import open_counters
from session_api.security.oidc import IdentityProviders
from session_api.security.rate_limits import Limits
from session_api.sessions.creation import SessionCreation
from session_api.sessions.lifecycle import SessionLifecycle
from session_api.sessions.metadata import MetadataVault
from session_api.sessions.recovery import RecoveryService
from session_api.sessions.saving import SessionSaving
from session_api.sessions.service import UserSessionService
from session_api.sessions.shared import SharedSessionService
from session_api.settings import Settings
from session_api.sharing import JoiningService, SharedAccess, ShareReader, SharingService
from session_api.sync.fanout import FanningOut
from session_api.telemetry import Sources, Telemetry, open_tracing, own_address
from session_api.turns import TurnService


def create_app(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    ids: Ids = new_id,
    secrets: Secrets = new_secret,
) -> FastAPI:
    """The whole service as an ASGI app. Raises ValueError for settings that can't work.

    Two apps can live in one process: nothing is shared between them.
    """
    identity = IdentityProviders.of(settings, clock)
    if settings.encryption_keys is None:
        raise ValueError("SESSION_API_ENCRYPTION_KEYS is not set")
    keys = KeyRing.parse(settings.encryption_keys.get_secret_value())
    keyset = Keyset(CursorCodec(keys.derive("cursors")))
    tracing = open_tracing(settings)
    database = Database(settings) if tracing is None else tracing.database(settings)
    fanning_out = FanningOut.of(settings, database, keys, ids)
    shared = settings.redis_url
    counters = open_counters(None if shared is None else shared.get_secret_value(), clock)
    figures = Requests()
    storage_calls = Calls()
    own_store = open_store(settings, keys, clock, ids)
    store = MeasuredStore(own_store, storage_calls)
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
        SessionSaving(database, audit, vault, clock),
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
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
        middleware=[
            *([] if tracing is None else [Middleware(tracing.around)]),
            Middleware(
                RequestContext,
                ids=ids,
                log_all=settings.access_log,
                common=CommonHeaders(security_headers(settings.public_url)),
                figures=figures,
            ),
            *cors(settings),
            Middleware(UnexpectedErrors),
            Middleware(
                Dispatch,
                directory=Directory(guarded_routes()),
                with_slash={*paths_with_slash(), f"{DEMO_PATH}/"},
                sockets=SOCKETS,
            ),
        ],
    )
    app.state = Parts()
    # What serves has no use for the address of who owns the tables.
    app.state.settings = settings.model_copy(update={"migration_url": None})
    app.state.database = database
    app.state.fanning_out = fanning_out
    app.state.watch = fanning_out.watch
    app.state.asides = fanning_out.asides
    app.state.identity = identity
    guests = GuestTokens(
        keys,
        clock,
        ids,
        lifetime=settings.guest_token_lifetime,
        renewable=settings.guest_renewable,
    )
    app.state.tokens = TokenVerifier(
        identity,
        audience=settings.jwt_audience,
        leeway=settings.jwt_leeway,
        clock=clock,
        guests=guests if settings.guests else None,
    )
    app.state.rate_counters = counters
    app.state.rate_limiter = RateLimiter(Limits.parse(settings.rate_limits), counters, clock)
    app.state.object_store = own_store
    app.state.upload_tickets = tickets
    app.state.announcing = AssetAnnouncing(
        database, audit, tickets, AssetLimits.of(settings), clock, ids
    )
    app.state.assets = AssetService(database, audit, store, tickets, keyset, clock)
    app.state.direct_uploads = DirectUploads(
        app.state.announcing, app.state.assets, store, max_bytes=settings.asset_max_bytes
    )
    app.state.audit = audit
    app.state.refusals = Refusals(database, clock, ids)
    app.state.chat = ChatService(database, audit, clock)
    app.state.appending = MessageAppending(database, audit, clock, ids)
    app.state.growth = GrowthService(database, clock)
    app.state.turns = TurnService(database, audit, clock)
    app.state.mission_creation = MissionCreation(database, audit, clock, ids)
    app.state.missions = MissionService(database, audit, keyset, clock, ids, finisher)
    app.state.sessions = sessions
    app.state.change_feed = ChangeFeed(database, vault)
    app.state.change_trimming = ChangeTrimming(
        database, kept_for=settings.changes_kept_for, kept=settings.changes_kept
    )
    app.state.handoff = HandoffService(
        database,
        audit,
        sessions,
        HandoffCodes(keys.derive("handoff-codes"), secrets),
        clock,
        app_url=settings.handoff_url,
    )
    app.state.recovery = RecoveryService(
        database, sessions, creation, clock, activity_interval=interval
    )
    app.state.shared_access = SharedAccess(
        database, audit, clock, ids, told_again_after=settings.share_audit_interval
    )
    app.state.sharing = SharingService(
        database, audit, clock, ids, secrets, limit=settings.shares_per_session
    )
    app.state.joining = JoiningService(database, audit, app.state.sharing, clock, ids)
    app.state.shared_sessions = SharedSessionService(
        database, app.state.shared_access, vault, keyset, clock, ids
    )
    sign_ins = SignIns.of(settings, database, audit, clock)
    app.state.revocations = sign_ins.revocations
    app.state.follower = sign_ins.follower
    app.state.presences = sign_ins.presences
    app.state.device_writer = sign_ins.writer
    app.state.devices = sign_ins.service
    app.state.guests = GuestService(
        database,
        audit,
        guests,
        sign_ins.revocations,
        clock,
        enabled=bool(settings.guests),
        tenant=settings.guest_tenant,
    )
    app.state.guest_merge = GuestMerge(database, audit, vault, guests, sign_ins.revocations, clock)
    app.state.entrance = Entrance(
        sign_ins.presences, clock, sign_in_longest=settings.sign_in_longest
    )
    app.state.streams = LiveStreams(
        database,
        app.state.change_feed,
        ChangeFeed(database, vault, page_bytes=CAUGHT_UP_BYTES),
        ShareReader(database, clock),
        app.state.fanning_out.watch,
        app.state.fanning_out.asides,
        sign_ins.revocations,
        clock,
        ids,
        StreamLimits.of(settings),
    )
    app.state.readiness = Readiness(
        database, store, counters, identity, sign_ins.revocations, fanning_out.fan_out
    )
    app.state.asset_jobs = AssetJobs(database, audit, store)
    app.state.leftovers = LeftoversReport(database, store)
    app.state.audit_sealing = AuditSealing(
        database, HeadKeys(keys.derive("audit-heads")), store.records, ids
    )
    app.state.jobs = LifecycleJobs(
        database,
        lifecycle,
        app.state.asset_jobs,
        app.state.audit_sealing,
        app.state.devices,
        app.state.change_trimming,
        GuestRetention(database, audit),
        app.state.handoff,
        abandon_after=settings.abandon_after,
        archive_after=settings.archive_after,
        orphan_interval=settings.orphan_interval,
    )
    app.state.leases = Leases(database, f"{socket.gethostname()}:{os.getpid()}:{ids()}")
    app.state.clock = clock
    app.state.requests = figures
    app.state.deadlines = Deadlines()
    app.state.request_seconds = settings.request_timeout.total_seconds()
    app.state.tracing = tracing
    app.state.job_figures = Jobs()
    app.state.telemetry = Telemetry(
        Sources(
            requests=figures,
            database=database,
            storage=storage_calls,
            jobs=app.state.job_figures,
            leases=app.state.leases,
            rate_counters=counters,
            audit=audit,
            streams=app.state.streams,
            fanning_out=fanning_out,
        ),
        folder=None if settings.workers_folder is None else Path(settings.workers_folder),
        listen_at=own_address(settings.metrics),
    )
    for router in ROUTERS:
        app.include_router(router)
    if settings.demo:
        app.mount(DEMO_PATH, DemoFiles(own_store), name="demo")
    errors.install(app, [route for router in ROUTERS for route in router.routes])
    if settings.docs_enabled:
        openapi.install(
            app,
            examples_with_null=EXAMPLES_WITH_NULL,
            answers=ANSWERS,
        )
    put_together(app)
    return app
