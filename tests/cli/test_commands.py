"""The other commands, beside a service that runs and on their own."""

import asyncio
import base64
import json
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from session_api.cli.commands import app as command_line
from session_api.database.migrations import newest_revision
from session_api.security import KeyRing
from session_api.settings import Settings
from tests.support.processes import AFRESH, Service, data_folder, run_command, servers_of

MISSPELT = "SESSION_API_ABANDON_AFTR"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with data_folder() as data, Service(data, **{MISSPELT: "PT1H"}) as running:
        yield running


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A folder that nothing runs on."""
    with data_folder() as folder:
        yield folder


def said(*arguments: str | Path, **environment: str) -> str:
    """What a command prints that must work."""
    done = run_command(*arguments, environment=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refusal(*arguments: str | Path, **environment: str) -> str:
    """The one line of a command that must not work."""
    done = run_command(*arguments, environment=environment)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("session-api: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


# token


def test_token_prints_a_token_and_only_that(data: Path) -> None:
    printed = said("token", "--user", "ann", "--data", data)
    assert printed.count("\n") == 1
    claims = claims_of(printed.strip())
    assert claims["sub"] == "ann"
    assert claims["exp"] - claims["iat"] == 3600
    assert "scope" not in claims


def test_token_takes_what_the_contract_names(data: Path) -> None:
    options = ("--tenant", "acme", "--role", "admin", "--scope", "sessions:read", "--expires", "60")
    claims = claims_of(said("token", "--user", "ann", *options, "--data", data).strip())
    assert claims["tenant"] == "acme"
    assert claims["roles"] == ["admin"]
    assert claims["scope"] == "sessions:read"
    assert claims["exp"] - claims["iat"] == 60
    assert abs(claims["iat"] - time.time()) < 60


def test_a_token_is_made_for_the_service_that_runs(service: Service) -> None:
    reading = service.token("ann", "--scope", "sessions:read")
    headers = {"Authorization": f"Bearer {reading}"}
    assert httpx.get(f"{service.url}/api/sessions/", headers=headers).status_code == 200
    refused = httpx.post(f"{service.url}/api/sessions/", json={}, headers=headers)
    assert refused.json()["code"] == "insufficient_scope"


def test_a_token_needs_a_name_that_can_be_printed(data: Path) -> None:
    assert "--user takes 1 to 255 printable characters" in refusal(
        "token", "--user", "a\tb", "--data", data
    )


def test_a_token_needs_a_tenant_with_a_name(data: Path) -> None:
    assert "--tenant takes 1 to 255" in refusal(
        "token", "--user", "ann", "--tenant", "", "--data", data
    )


def test_a_token_does_not_last_for_ever(data: Path) -> None:
    arguments = ("token", "--user", "ann", "--expires", "999999999999", "--data", str(data))
    done = run_command(*arguments)
    assert done.returncode == 2
    assert "--expires" in done.stderr
    assert "Traceback" not in done.stderr


# migrate, sweep, seed, keys; orphans has a file of its own


def test_migrate_says_where_the_tables_are(service: Service) -> None:
    printed = said("migrate", "--json", "--data", service.data)
    assert json.loads(printed) == {"revision": newest_revision()}


def test_a_command_on_its_own_starts_the_database_and_stops_it(data: Path) -> None:
    # All that holds its output must end before it does: the database may not.
    done = run_command("migrate", "--data", data, prefix=AFRESH)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"The database is at revision {newest_revision()}.\n"
    assert servers_of(data) == []


NOTHING_SWEPT = (
    "trimmed 0 changes; "
    "expired 0 uploads, deleted 0 objects, removed 0 orphans, looked for 0 files; "
    "erased 0 guests; "
    "sealed 0 audit events, wrote 0 heads, dropped 0 heads.\n"
)
JOBS = (
    *("abandon", "archive", "erase_guests", "forget_handoffs", "trim_changes"),
    *("expire_uploads", "delete_objects", "remove_orphans", "find_lost"),
    "forget_sign_ins",
    *("seal_audit", "write_heads", "prune_heads"),
)


@pytest.fixture(scope="module")
def swept() -> Iterator[Service]:
    """A service that nobody asks for anything, and whose start is sealed: what was refused is
    written some seconds later, and sealed after that.
    """
    with data_folder() as data, Service(data, SESSION_API_JOB_INTERVAL="3600") as running:
        while "sealed 0 audit events" not in said("sweep", "--data", data):
            pass
        yield running


def test_sweep_says_what_it_moved(swept: Service) -> None:
    said_so = said("sweep", "--data", swept.data)
    assert said_so == f"Abandoned 0, archived 0 sessions; {NOTHING_SWEPT}"


@contextmanager
def held(service: Service, *jobs: str) -> Iterator[None]:
    """Another process is at these jobs."""
    for job in jobs:
        asyncio.run(
            service.query(
                "INSERT INTO job_leases (name, holder, expires_at)"
                " VALUES ($1, 'another', now() + interval '1 hour')"
                " ON CONFLICT (name) DO UPDATE SET holder = 'another', expires_at ="
                " excluded.expires_at",
                job,
            )
        )
    try:
        yield
    finally:
        asyncio.run(service.query("DELETE FROM job_leases"))


def test_sweep_says_which_job_it_left_to_another_process(swept: Service) -> None:
    left_out = "Left out, because another process is at it"
    with held(swept, "abandon"):
        said_so = said("sweep", "--data", swept.data)
        assert said_so == f"Archived 0 sessions; {NOTHING_SWEPT.strip()} {left_out}: abandon.\n"
        printed = said("sweep", "--json", "--data", swept.data)
        assert json.loads(printed) == dict.fromkeys(JOBS, 0) | {"abandon": None}
    with held(swept, *JOBS):
        said_so = said("sweep", "--data", swept.data)
        assert said_so == f"{left_out}: {', '.join(JOBS)}.\n"


async def test_a_refusal_of_the_database_does_not_quote_rows(service: Service) -> None:
    await service.query("ALTER TABLE job_leases ADD CONSTRAINT none CHECK (name = '') NOT VALID")
    try:
        line = refusal("sweep", "--data", service.data)
        assert 'violates check constraint "none"' in line
        assert "Failing row" not in line
    finally:
        await service.query("ALTER TABLE job_leases DROP CONSTRAINT none")


def test_seed_fills_in_a_demo_while_the_service_runs(service: Service) -> None:
    made = json.loads(
        said("seed", "--json", "--sessions", "3", "--messages", "120", "--data", service.data)
    )
    assert made == {"sessions": 3, "messages": 210, "missions": 1, "hops": 3, "tool_steps": 9}
    headers = {"Authorization": f"Bearer {service.token('demo')}"}
    back = httpx.post(f"{service.url}/api/sessions/recover", json={}, headers=headers).json()
    assert (back["outcome"], back["reset"]) == ("restored", None)
    assert back["session"]["chat"]["message_count"] == 120
    assert len(back["session"]["mission"]["hops"]) == 3


def test_seed_sums_up_in_a_line(service: Service) -> None:
    few = ("--user", "bob", "--sessions", "1", "--messages", "4")
    assert said("seed", *few, "--data", service.data) == (
        "Made 1 sessions with 4 messages, 1 mission, 3 hops and 9 tool steps for bob.\n"
    )


def test_keys_generate_prints_an_entry_that_the_ring_takes() -> None:
    entry = said("keys", "generate", "--kid", "k7").strip()
    assert entry.startswith("k7:")
    KeyRing.parse(entry)


def test_keys_generate_takes_what_every_command_takes(data: Path) -> None:
    made = json.loads(said("keys", "generate", "--json", "--data", data))
    assert made["kid"] == "k1"
    KeyRing.parse(made["entry"])


# --help


def help_of(command: str) -> str:
    return CliRunner().invoke(command_line, [command, "--help"], env={"COLUMNS": "200"}).output


@pytest.mark.parametrize(
    ("command", "mentions"),
    [
        ("serve", ["--host", "--port", "--data", "--workers"]),
        ("token", ["--user", "--tenant", "--role", "--scope", "--expires", "--data"]),
        ("migrate", ["--data", "--json"]),
        ("sweep", ["--data", "--json", "cron"]),
        ("orphans", ["--data", "--json", "--mend"]),
        ("seed", ["--user", "--sessions", "--messages", "--data", "--json"]),
        ("keys", ["generate", "rotate", "status"]),
    ],
)
def test_help_tells_what_a_command_takes(command: str, mentions: list[str]) -> None:
    told = help_of(command)
    assert [word for word in mentions if word not in told] == []


def test_help_of_serve_names_every_setting() -> None:
    told = help_of("serve")
    names = [f"SESSION_API_{name.upper()}" for name in Settings.model_fields]
    names[names.index("SESSION_API_DATABASE_URL")] = "DATABASE_URL"
    assert [name for name in names if f"{name}:" not in told] == []


# Secrets and settings


def test_the_secrets_that_it_makes_are_private(service: Service) -> None:
    assert stat.S_IMODE((service.data / "secrets.json").stat().st_mode) == 0o600


def test_secrets_lost_beside_their_database_are_not_made_anew(data: Path) -> None:
    said("migrate", "--data", data)
    (data / "secrets.json").rename(data / "kept")
    try:
        assert "restore that file" in refusal("migrate", "--data", data)
        assert "secrets.json" in refusal("token", "--user", "ann", "--data", data)
    finally:
        (data / "kept").rename(data / "secrets.json")


def test_a_misspelt_setting_is_named_with_what_was_meant(service: Service) -> None:
    meant = "SESSION_API_ABANDON_AFTER"
    assert f"{MISSPELT} is not a setting; did you mean {meant}?" in service.output


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SESSION_API_OIDC_ISSUERS", "https://issuer.example", "the audience is needed"),
        ("SESSION_API_OIDC_ISSUERS", "http://issuer.example|us", "an https:// address"),
        ("SESSION_API_OIDC_REFRESH_INTERVAL", "0", "SESSION_API_OIDC_REFRESH_INTERVAL"),
        ("SESSION_API_OIDC_KEYS_MAX_AGE", "0", "SESSION_API_OIDC_KEYS_MAX_AGE"),
        ("SESSION_API_JWT_SECRET", "short", "needs at least 32"),
        (
            "SESSION_API_JWT_SECRET",
            "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----",
            "SESSION_API_JWT_SECRET: the token secret looks like an asymmetric key",
        ),
        ("SESSION_API_ENCRYPTION_KEYS", "k1:AAAA", "SESSION_API_ENCRYPTION_KEYS"),
        ("SESSION_API_ABANDON_AFTER", "soon", "SESSION_API_ABANDON_AFTER"),
        ("SESSION_API_ABANDON_AFTER", "P900000D", "between 0 and 100 years"),
        ("SESSION_API_LOCK_TIMEOUT", "P30D", "SESSION_API_LOCK_TIMEOUT"),
        ("SESSION_API_JOB_INTERVAL", "0", "SESSION_API_JOB_INTERVAL: Input should be greater"),
        ("DATABASE_URL", "mysql://localhost/x", "PostgreSQL 15 to 18 is the only database"),
        ("DATABASE_URL", "postgresql://localhost:99999/x", "the port in DATABASE_URL"),
        ("DATABASE_URL", "postgresql://localhost/x?options=y", "options, which is not known"),
    ],
)
def test_a_setting_that_can_not_be_is_refused_before_anything_starts(
    name: str, value: str, reason: str
) -> None:
    with data_folder() as data:
        assert reason in refusal("migrate", "--data", data, **{name: value})
        assert not data.exists()
