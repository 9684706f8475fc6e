"""What everything is measured on: an embedded PostgreSQL, and services that run on it."""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from pydantic import SecretStr

from benchmarks.processes import Server, Start, running_replica, started
from session_api.database.embedded import open_embedded
from session_api.security import mint_development_token
from session_api.settings import Settings

SECRETS: Final = ("SESSION_API_JWT_SECRET", "SESSION_API_ENCRYPTION_KEYS")
"""Names in the environment of a ground, without which its rows can't be read."""

_KEYS = "bench:dzpPopuI4/KNx+qnj3WNpMLS2v0Vek+qyopYqciI7cE="


@dataclass
class Ground:
    """A database, and what a service that is to run on it must be told. Made by `ground`.

    `url` is the owner's, who may do everything on the whole server; `environment` is the service's.
    """

    folder: Path
    url: str
    environment: dict[str, str]
    secret: str
    start: Start

    @property
    def settings(self) -> Settings:
        """Those of the replicas, for a part of the service in this process."""
        return Settings(
            database_url=SecretStr(self.environment["DATABASE_URL"]),
            migration_url=SecretStr(self.url),
            jwt_secret=SecretStr(self.secret),
            encryption_keys=SecretStr(_KEYS),
        )

    @property
    def log(self) -> Path:
        """What PostgreSQL writes down, of all databases."""
        return self.folder / "data" / "postgres" / "server.log"

    @contextmanager
    def replica(self, name: str, *, workers: int = 1, **settings: str) -> Iterator[Server]:
        """One more service; `name` is that of its output, settings are as in the environment."""
        environment = self.environment | settings
        with running_replica(
            self.folder, name, environment, workers=workers, start=self.start
        ) as server:
            yield server

    def token(self, user: str) -> str:
        return mint_development_token(
            self.secret,
            subject=user,
            tenant="default",
            roles=[],
            scopes=None,
            expires_in=timedelta(days=1),
            issuer=None,
            audience=None,
            now=datetime.now(UTC),
            jti=str(uuid4()),
        )

    @property
    def sqlalchemy_url(self) -> str:
        """The owner's, as SQLAlchemy's asyncpg dialect writes it."""
        return self.url.replace("postgresql:", "postgresql+asyncpg:", 1)

    def empty(self, name: str) -> "Ground":
        """The same on a new database of this name, on the same server."""
        asyncio.run(self.execute(f"CREATE DATABASE {name}"))
        url = _of_database(self.url, name)
        environment = self.environment | {
            "DATABASE_URL": _of_database(self.environment["DATABASE_URL"], name),
            "SESSION_API_MIGRATION_URL": url,
        }
        return Ground(self.folder, url, environment, self.secret, self.start)

    @contextmanager
    def configured(self, **settings: str) -> Iterator[None]:
        """PostgreSQL, all databases, with other settings; they are taken up without a restart."""
        reload = "SELECT pg_reload_conf()"
        given = [f"ALTER SYSTEM SET {name} = '{value}'" for name, value in settings.items()]
        asyncio.run(self.execute(*given, reload))
        try:
            yield
        finally:
            taken = [f"ALTER SYSTEM RESET {name}" for name in settings]
            asyncio.run(self.execute(*taken, reload))

    async def execute(self, *statements: str) -> None:
        """Each in a transaction of its own."""
        connection = await asyncpg.connect(self.url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def row(self, statement: str, *arguments: Any) -> "asyncpg.Record":
        """The first one that a statement answers."""
        connection = await asyncpg.connect(self.url)
        try:
            row = await connection.fetchrow(statement, *arguments)
        finally:
            await connection.close()
        assert row is not None
        return row

    async def postgresql(self) -> str:
        """Which one it is."""
        return f"PostgreSQL {(await self.row('SHOW server_version'))[0]}"


def _of_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def ground(folder: Path, start: Start = started, *, durable: bool = True) -> Iterator[Ground]:
    """An embedded PostgreSQL in the folder, on which nothing runs yet and that is not migrated.
    `start` is how services are started; what is not durable is faster, and for tests.
    """
    secret = secrets.token_urlsafe(48)
    with open_embedded(folder / "data", durable=durable) as embedded:
        environment = {
            "DATABASE_URL": embedded.service_url,
            "SESSION_API_MIGRATION_URL": embedded.url,
            **dict(zip(SECRETS, (secret, _KEYS), strict=True)),
            "SESSION_API_STORAGE": (folder / "files").absolute().as_uri(),
        }
        yield Ground(folder, embedded.url, environment, secret, start)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """One that the user PostgreSQL runs as may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="session-api-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
