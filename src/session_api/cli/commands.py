"""The commands, as a person types them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from session_api import __version__
from session_api.bootstrap import DEFAULT_DATA, prepared, signing_secret
from session_api.cli import audit, keys, sweeping
from session_api.cli.failures import Failure, told_in_one_line
from session_api.cli.options import AsJson, Data, progress_bar, report
from session_api.cli.serving import serve as run_service
from session_api.database.migrations import migrate as run_migrations
from session_api.database.migrations import newest_revision
from session_api.logs import configure_logging
from session_api.ports import new_id, system_clock
from session_api.security import mint_development_token
from session_api.security.claims import is_fit_name
from session_api.settings import ENV_PREFIX, Settings


def _settings_table() -> str:
    """Every setting, for `serve --help`."""
    lines = ["Settings are environment variables:", ""]
    for name, field in Settings.model_fields.items():
        variable = "DATABASE_URL" if name == "database_url" else f"{ENV_PREFIX}{name.upper()}"
        lines += [f"{variable}: {field.description}", ""]
    return "\n".join(lines)


app = typer.Typer(
    name="session-api",
    help="Persistent workspaces for AI-agent web apps. Start with: session-api serve",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"session-api {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog=_settings_table())
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8000,
    data: Data = DEFAULT_DATA,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that serve.")] = 1,
) -> None:
    """Serve. With no settings at all it brings its own PostgreSQL, secrets and a token to try."""
    with told_in_one_line():
        run_service(host=host, port=port, data=data, workers=workers)


@app.command()
def token(
    user: Annotated[str, typer.Option(help="The token's `sub`.")],
    tenant: Annotated[str, typer.Option(help="The token's `tenant`.")] = "default",
    role: Annotated[list[str] | None, typer.Option(help="A role; may repeat.")] = None,
    scope: Annotated[
        str | None, typer.Option(help='Such as "sessions:read"; without it, read and write.')
    ] = None,
    expires: Annotated[
        int, typer.Option(min=1, max=3_155_760_000, help="Seconds from now, up to 100 years.")
    ] = 3600,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print a development token, and only that."""
    with told_in_one_line():
        settings, secret = signing_secret(data)
        for option, name in (("--user", user), ("--tenant", tenant)):
            if not is_fit_name(name):
                raise Failure(f"{option} takes 1 to 255 printable characters")
        typer.echo(
            mint_development_token(
                secret,
                subject=user,
                tenant=tenant,
                roles=role or [],
                scopes=None if scope is None else scope.split(),
                expires_in=timedelta(seconds=expires),
                issuer=settings.jwt_issuer,
                audience=settings.jwt_audience,
                now=system_clock(),
                jti=str(new_id()),
            )
        )


@app.command()
def migrate(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Bring the database's tables to this version."""
    with told_in_one_line(), prepared(data) as ready:
        configure_logging(as_json=ready.settings.log_json)
        run_migrations(ready.settings)
        report({"revision": newest_revision()}, "The database is at revision {revision}.", as_json)


@app.command()
def sweep(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Run every job once: abandon and archive idle sessions, clean up after files. For cron."""
    with told_in_one_line(), _ready(data) as settings:
        moved = asyncio.run(sweeping.sweep(settings))
        report(moved, sweeping.swept_sentence(moved), as_json)


@app.command()
def orphans(
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
    mend: Annotated[
        bool, typer.Option("--mend", help="Remove it, and mark files whose object vanished.")
    ] = False,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="Let this database have a store that was another one's."),
    ] = False,
) -> None:
    """List what an accident left over of files, in numbers and bytes: uploads that never came,
    objects that no file knows of, and files whose object vanished.
    """
    with told_in_one_line(), _ready(data) as settings:
        found, moved = asyncio.run(sweeping.orphans(settings, mend=mend, adopt=adopt))
        sentence = sweeping.orphans_sentence(found, moved)
        report(sweeping.orphans_report(found, moved), sentence, as_json)


@contextmanager
def _ready(data: Path) -> Iterator[Settings]:
    """Complete settings, with the tables as they must be."""
    with prepared(data) as ready:
        configure_logging(as_json=ready.settings.log_json)
        if ready.settings.auto_migrate:
            run_migrations(ready.settings)
        yield ready.settings


@app.command()
def seed(
    user: Annotated[str, typer.Option(help="Whose workspaces.")] = "demo",
    sessions: Annotated[int, typer.Option(min=1, max=1000)] = 5,
    messages: Annotated[int, typer.Option(min=2, max=10_000, help="In the longest chat.")] = 300,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Fill in a realistic demo: sessions with long chats, and a mission with hops and steps."""
    with told_in_one_line(), _ready(data) as settings:
        if settings.jwt_secret is None:
            raise Failure(f"the demo's person signs in by {ENV_PREFIX}JWT_SECRET, which is not set")
        demo = import_module("session_api.seeding.demo")  # with a client, which `serve` needs not
        size = demo.Size(sessions=sessions, messages=messages)
        with progress_bar(f"Seeding for {user}", size.steps, in_percent=False) as done:
            made = asyncio.run(demo.seed_demo(settings, user=user, size=size, advance=done))
        report(
            made,
            "Made {sessions} sessions with {messages} messages, {missions} mission, {hops} hops "
            f"and {{tool_steps}} tool steps for {user}.",
            as_json,
        )
