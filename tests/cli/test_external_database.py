"""`session-api serve` on a PostgreSQL over TCP: secrets of your own, and no conveniences."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx
import pytest

from session_api.database.migrations import newest_revision
from tests.support.database import Server, database_of
from tests.support.processes import (
    AFRESH,
    Service,
    clean_environment,
    data_folder,
    leave_out,
    run_command,
)
from tests.support.settings import KEYS, SECRET

SECRETS = {"SESSION_API_JWT_SECRET": SECRET, "SESSION_API_ENCRYPTION_KEYS": KEYS}


@pytest.fixture(scope="module")
def external_url() -> Iterator[str]:
    """A database of our own on the server that the machine offers."""
    url = os.environ.get("SESSION_API_TEST_DATABASE_URL")
    if not url:
        leave_out(
            "SESSION_API_TEST_DATABASE_URL names no server on which a database can be created,"
            " such as postgresql://postgres@127.0.0.1:5432/postgres"
        )
    server = Server(str(url))
    name = f"test_{uuid4().hex}"
    asyncio.run(server.execute(f"CREATE DATABASE {name}"))
    yield database_of(server.url, name)
    asyncio.run(server.execute(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def service(external_url: str) -> Iterator[Service]:
    external = {"DATABASE_URL": external_url, **SECRETS}
    with data_folder() as data, Service(data, prefix=AFRESH, **external) as running:
        yield running


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def refusal(data: Path, **environment: str) -> str:
    """The one line of a service that must not start."""
    refused = run_command("serve", "--port", "0", "--data", data, environment=environment)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("session-api: ")
    assert refused.stderr.count("\n") == 1, refused.stderr
    return refused.stderr


def test_it_is_served_and_no_postgresql_of_ours_is_started(service: Service) -> None:
    assert service.readiness() == 200
    assert not (service.data / "postgres").exists()


def test_one_role_for_all_is_told_of(service: Service) -> None:
    assert "note      isolation in depth is off: the service's database role is a" in service.output
    assert "with SESSION_API_MIGRATION_URL it need not" in service.output


def test_with_two_roles_there_is_nothing_to_tell_and_workers_know_one_of_them(
    external_url: str,
) -> None:
    role = f"service_{uuid4().hex[:12]}"
    parts = urlsplit(external_url)
    host = parts.netloc.rpartition("@")[2]
    address = urlunsplit(parts._replace(netloc=f"{role}:a-password@{host}"))
    owner = {"SESSION_API_MIGRATION_URL": external_url}
    database = Server(external_url)
    try:
        with (
            data_folder() as data,
            Service(data, "--workers", "2", DATABASE_URL=address, **owner, **SECRETS) as running,
        ):
            checks = httpx.get(f"{running.url}/readyz").json()["checks"]
            assert checks["isolation"] == "ok"
            assert "isolation in depth" not in running.output
            # What is migrated already asks for no owner.
            swept = run_command(
                "sweep", "--data", data, environment={"DATABASE_URL": address} | SECRETS
            )
            assert swept.returncode == 0, swept.stderr
    finally:
        asyncio.run(database.execute(f"DROP OWNED BY {role}"))
        asyncio.run(database.execute(f"DROP ROLE {role}"))


def test_the_address_that_fails_is_the_one_that_is_named(data: Path, external_url: str) -> None:
    nowhere = "postgresql://u:hush@127.0.0.1:1/any"
    environment = {"DATABASE_URL": external_url, **SECRETS}
    said = refusal(data, **environment, SESSION_API_MIGRATION_URL=nowhere)
    assert said == "session-api: the database at SESSION_API_MIGRATION_URL refuses connections\n"
    said = refusal(data, **environment, SESSION_API_MIGRATION_URL="mysql://localhost/x")
    assert "SESSION_API_MIGRATION_URL names mysql; PostgreSQL" in said
    said = refusal(data, SESSION_API_MIGRATION_URL=external_url)
    assert said == "session-api: SESSION_API_MIGRATION_URL needs DATABASE_URL beside it\n"
    environment["DATABASE_URL"] = "postgresql://no_such_role@127.0.0.1:5432/any"
    said = refusal(data, **environment, SESSION_API_MIGRATION_URL=external_url)
    assert "CREATE ROLE no_such_role LOGIN PASSWORD" in said


def test_no_token_is_handed_out(service: Service) -> None:
    assert "eyJ" not in service.output


def test_the_curl_line_works_when_pasted_where_the_secret_is_that_it_names(
    service: Service,
) -> None:
    assert "in a terminal that exports SESSION_API_JWT_SECRET as this one did" in service.output
    line = next(line for line in service.output.splitlines() if line.startswith("  curl "))
    pasted = subprocess.run(
        ["sh", "-c", f"{line} --silent"],
        # Nobody has put the command on the PATH.
        env=clean_environment(PATH=os.defpath, SESSION_API_JWT_SECRET=SECRET),
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"outcome":"created"' in pasted.stdout


def test_it_starts_again_on_tables_that_are_there(external_url: str, service: Service) -> None:
    migrated = run_command("migrate", environment={"DATABASE_URL": external_url, **SECRETS})
    assert migrated.stdout.startswith("The database is at revision ")


def test_without_secrets_it_is_refused_and_both_are_named(data: Path) -> None:
    said = refusal(data, DATABASE_URL="postgresql://localhost/any")
    assert "SESSION_API_JWT_SECRET=" in said
    assert "SESSION_API_ENCRYPTION_KEYS=" in said


def test_without_a_key_it_is_refused(data: Path) -> None:
    said = refusal(data, DATABASE_URL="postgresql://localhost/any", SESSION_API_JWT_SECRET=SECRET)
    assert "SESSION_API_ENCRYPTION_KEYS=" in said
    assert "SESSION_API_JWT_SECRET=" not in said


def test_with_identity_providers_there_need_be_no_secret(data: Path, external_url: str) -> None:
    keys = {"SESSION_API_ENCRYPTION_KEYS": KEYS}
    issuers = {"SESSION_API_OIDC_ISSUERS": "https://id.example|us"}
    environment = {"DATABASE_URL": external_url, **keys, **issuers}
    assert run_command("migrate", environment=environment).returncode == 0
    same = {"SESSION_API_JWT_ISSUER": "https://id.example"}
    assert "a secret can't speak for it" in refusal(data, **environment, **same)


def test_a_short_secret_is_refused_and_not_shown(data: Path) -> None:
    environment = SECRETS | {"SESSION_API_JWT_SECRET": "too-short-a-secret"}
    said = refusal(data, DATABASE_URL="postgresql://localhost/any", **environment)
    assert "SESSION_API_JWT_SECRET has 18 bytes and needs at least 32" in said
    assert "too-short" not in said


def test_a_server_that_is_not_there_is_one_line(data: Path) -> None:
    said = refusal(data, DATABASE_URL="postgresql://u:hush@127.0.0.1:1/any", **SECRETS)
    assert said == "session-api: the database at DATABASE_URL refuses connections\n"


def test_a_host_that_is_not_there_is_one_line(data: Path) -> None:
    said = refusal(data, DATABASE_URL="postgresql://u:hush@no-such-host.invalid/any", **SECRETS)
    assert said == "session-api: the host in DATABASE_URL is not known\n"


def test_a_database_that_is_not_there_is_one_line(data: Path, external_url: str) -> None:
    missing = urlunsplit(urlsplit(external_url)._replace(path="/no_such_database"))
    said = refusal(data, DATABASE_URL=missing, **SECRETS)
    assert '"no_such_database" does not exist' in said


def test_tables_of_a_newer_version_are_one_line(data: Path, external_url: str) -> None:
    environment = {"DATABASE_URL": external_url, **SECRETS}
    assert run_command("migrate", environment=environment).returncode == 0
    newer = "UPDATE alembic_version SET version_num = 'of_tomorrow'"
    older = f"UPDATE alembic_version SET version_num = '{newest_revision()}'"
    asyncio.run(Server(external_url).execute(newer))
    try:
        assert "made by another version" in refusal(data, **environment)
    finally:
        asyncio.run(Server(external_url).execute(older))
