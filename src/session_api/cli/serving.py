"""`session-api serve`: from settings to a listening service, and cleanly back."""

import asyncio
import multiprocessing
import os
import shlex
import signal
import socket
import sys
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Never

import asyncpg
import typer
import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from session_api.app import create_app
from session_api.bootstrap import Prepared, as_environment, prepared
from session_api.cli.failures import Failure
from session_api.database.migrations import migrate
from session_api.database.roles import powers_of_service
from session_api.demo import DEMO_PATH
from session_api.http.connections import Connection
from session_api.http.stack import entrance_of
from session_api.http.websocket_connections import (
    FRAME_BYTES,
    PING_TIMEOUT_SECONDS,
    SocketConnection,
)
from session_api.logs import configure_logging
from session_api.ports import new_id, system_clock
from session_api.security import mint_development_token
from session_api.security.oidc import trusted_issuers
from session_api.settings import ENV_PREFIX, MIGRATION_URL, Settings
from session_api.telemetry import own_address

_BACKLOG = 2048
_SECRET = f"{ENV_PREFIX}JWT_SECRET"
_WORKERS_FOLDER = f"{ENV_PREFIX}WORKERS_FOLDER"
_WORKER_SILENCE_SECONDS = 30
BANNER_TOKEN_LASTS = timedelta(hours=24)


def serve(*, host: str, port: int, data: Path, workers: int) -> None:
    """Serves until told to stop, then stops the embedded database too. Raises Failure."""
    listening = _bind(host, port)
    _exit_on_termination()
    with listening, prepared(data) as ready:
        configure_logging(as_json=ready.settings.log_json)
        if (metrics := own_address(ready.settings.metrics)) is not None:
            _bind(*metrics, remedy=f"choose another {ENV_PREFIX}METRICS").close()
        if ready.settings.auto_migrate:
            migrate(ready.settings)
        notes = (*ready.notes, *_isolation_notes(ready.settings))
        _greet(ready, listening, data, notes)
        # uvicorn has stopped by then, and hands the signal on.
        with suppress(KeyboardInterrupt):
            _run(ready.settings, listening, workers)


def _run(settings: Settings, listening: socket.socket, workers: int) -> None:
    app = create_app(settings)  # also before workers do: what can't work fails here, and once
    if workers == 1:
        server = uvicorn.Server(_config(entrance_of(app), settings, workers))
        server.run(sockets=[listening])
        if not server.started:
            raise Failure("the service could not start; the reason is logged above")
        return
    os.environ.pop(MIGRATION_URL, None)  # workers migrate nothing
    config = _config("session_api.cli.serving:create_worker_app", settings, workers)
    with TemporaryDirectory(prefix="session-api-workers-") as folder:
        os.environ.update(as_environment(settings) | {_WORKERS_FOLDER: folder})
        supervisor = Multiprocess(config, sockets=[listening])
        # It would restart its workers and outlive the terminal that was closed.
        signal.signal(signal.SIGHUP, _end_as_if_terminated)
        supervisor.run()


def create_worker_app() -> ASGIApp:
    """What uvicorn calls in each of several worker processes."""
    settings = Settings()
    configure_logging(as_json=settings.log_json)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a terminal tells all: the parent sees to it
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    return entrance_of(create_app(settings))


def _end_with_parent() -> None:
    """A worker whose parent was killed would go on serving, and keep the port from the next."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _config(app: ASGIApp | str, settings: Settings, workers: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        interface="asgi3",
        http=Connection,
        ws=SocketConnection,
        ws_max_size=FRAME_BYTES,
        ws_ping_interval=settings.stream_heartbeat.total_seconds(),
        ws_ping_timeout=PING_TIMEOUT_SECONDS,
        # Its tables would take ten times what a stream takes else.
        ws_per_message_deflate=False,
        workers=workers,
        # A worker answers its parent once all is imported. By uvicorn's own 5 s, those of a machine
        # too slow for that would be killed and started again for ever.
        timeout_worker_healthcheck=_WORKER_SILENCE_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
        # Without a proxy that is named, what these headers say is whatever the client likes.
        proxy_headers=settings.trusted_proxies is not None,
        forwarded_allow_ips=settings.trusted_proxies or "",
        timeout_graceful_shutdown=max(1, int(settings.shutdown_timeout.total_seconds())),
    )


def _bind(host: str, port: int, *, remedy: str = "choose another --port") -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Listening from here on: who calls while we start waits instead of being refused.
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        reason = (error.strerror or str(error)).lower()
        raise Failure(f"can't listen on {host}:{port}: {reason}; {remedy}") from error

    return listening


def _exit_on_termination() -> None:
    """Makes the signals that end a process run our clean-up, which stops the database."""

    def leave(_signal: int, _frame: FrameType | None) -> Never:
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, _end_as_if_terminated)


def _end_as_if_terminated(_signal: int, _frame: FrameType | None) -> None:
    """uvicorn knows only INT and TERM, and answers them by letting requests finish."""
    os.kill(os.getpid(), signal.SIGTERM)


def _signing_variables(settings: Settings) -> list[str]:
    """What another terminal needs to make tokens that this service takes."""
    given = {"JWT_ISSUER": settings.jwt_issuer, "JWT_AUDIENCE": settings.jwt_audience}
    return [_SECRET, *(f"{ENV_PREFIX}{name}" for name, value in given.items() if value)]


def _isolation_notes(settings: Settings) -> list[str]:
    """What the service's role can and need not. A database that does not answer is not waited for:
    readiness tells then, and does again what is told here.
    """
    try:
        powers = asyncio.run(powers_of_service(settings))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return []
    if not powers:
        return []
    said = f"the service's database role {', '.join(powers)}"
    return [f"isolation in depth is off: {said}; with {MIGRATION_URL} it need not"]


def _greet(ready: Prepared, listening: socket.socket, data: Path, notes: tuple[str, ...]) -> None:
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    base = f"http://{shown}:{port}"
    for note in notes:
        typer.echo(f"  note      {note}")
    typer.echo(f"  Session API is at {base}")
    if ready.settings.docs_enabled:
        typer.echo(f"  docs      {base}/docs")
    if ready.settings.demo:
        typer.echo(f"  demo      {base}{DEMO_PATH}")
    if ready.development:
        typer.echo(
            f"  data      {data.resolve()} (PostgreSQL and secrets; delete it to start afresh)"
        )
        assert ready.settings.jwt_secret is not None  # noqa: S101 - prepared
        token = mint_development_token(
            ready.settings.jwt_secret.get_secret_value(),
            subject="demo",
            tenant="default",
            roles=[],
            scopes=None,
            expires_in=BANNER_TOKEN_LASTS,
            issuer=ready.settings.jwt_issuer,
            audience=ready.settings.jwt_audience,
            now=system_clock(),
            jti=str(new_id()),
        )
        typer.echo(f"  token     {token}")
    elif ready.settings.jwt_secret is None:
        issuers = " or ".join(issuer.url for issuer in trusted_issuers(ready.settings))
        token = "$TOKEN"  # noqa: S105 - the name of one
        typer.echo(f"  token     an access token from {issuers}, as TOKEN")
    else:
        command = shlex.quote(str(Path(sys.argv[0]).resolve()))
        token = f"$({command} token --user demo)"
        secrets = " and ".join(_signing_variables(ready.settings))
        typer.echo(f"  token     from {command} token --user NAME")
        typer.echo(f"            in a terminal that exports {secrets} as this one did")
    typer.echo("\n  Try it:\n")
    typer.echo(f'  curl -X POST {base}/api/sessions/recover -H "Authorization: Bearer {token}"\n')
    sys.stdout.flush()
