"""The role of the service: what it can't do, how it comes about, and what is said without one."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from session_api.app import create_app
from session_api.database.embedded import open_embedded
from session_api.database.migrations import migrate
from session_api.database.roles import (
    SHARED_ROLE,
    RolesUnfit,
    grant_to_service,
    powers_of_service,
)
from session_api.settings import Settings
from tests.support.database import Server, as_service, database_of
from tests.support.people import Person
from tests.support.processes import data_folder, leave_out
from tests.support.settings import test_settings
from tests.support.workspace import Sql, has_workspace

OWNER, SERVICE = "session_api", "session_api_service"
DENIED = asyncpg.InsufficientPrivilegeError


# What it can't do


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Sql]:
    """What somebody has who got hold of a connection of the service's."""
    connection = await asyncpg.connect(as_service(database_url))
    yield connection
    await connection.close()


FORBIDDEN = f"""
UPDATE audit_events SET actor = 'somebody else'
DELETE FROM audit_events
TRUNCATE audit_events
TRUNCATE user_sessions CASCADE
INSERT INTO audit_events TABLE audit_events ON CONFLICT (owner_id, id) DO UPDATE SET actor = 'x'
MERGE INTO audit_events a USING users u ON true WHEN MATCHED THEN DELETE
CREATE TRIGGER forget BEFORE INSERT ON audit_events EXECUTE FUNCTION tsvector_update_trigger()
CREATE RULE forget AS ON INSERT TO audit_events DO INSTEAD NOTHING
ALTER TABLE audit_events DISABLE TRIGGER ALL
ALTER TABLE audit_events OWNER TO CURRENT_USER
ALTER TABLE users ADD COLUMN more text
DROP TABLE users
CREATE INDEX ON users (subject)
CREATE TABLE public.mine (n int)
CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql RETURN 1
CREATE SCHEMA mine
DROP EXTENSION plpgsql
CREATE ROLE another
CREATE DATABASE another
GRANT {OWNER} TO CURRENT_USER
SET ROLE {OWNER}
SET SESSION AUTHORIZATION {OWNER}
ALTER ROLE {OWNER} PASSWORD 'guessed'
ALTER ROLE CURRENT_USER SUPERUSER
ALTER SYSTEM SET fsync = off
SET session_replication_role = replica
SELECT rolpassword FROM pg_authid
SELECT pg_read_file('/etc/passwd')
SELECT lo_export(1, '/tmp/x')
COPY users TO PROGRAM 'cat'
COPY users FROM PROGRAM 'id'
COPY users TO '/tmp/users'
UPDATE alembic_version SET version_num = '0001'
DELETE FROM installation
DELETE FROM users
""".strip().splitlines()


async def _is_denied(sql: Sql, statement: str) -> bool:
    try:
        await sql.execute(statement)
    except DENIED:
        return True
    return False


async def test_the_service_can_neither_rewrite_history_nor_become_anybody(
    ann: Person, sql: Sql, service: Sql
) -> None:
    await has_workspace(ann)
    before = await sql.fetch("SELECT a::text FROM audit_events a ORDER BY id")
    assert [each for each in FORBIDDEN if not await _is_denied(service, each)] == []
    with pytest.raises(DENIED):
        await service.execute("BEGIN; LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE")
    assert await sql.fetch("SELECT a::text FROM audit_events a ORDER BY id") == before != []


async def test_a_table_without_a_decision_is_closed_to_the_service(sql: Sql, service: Sql) -> None:
    await sql.execute("CREATE TABLE undecided AS SELECT 1 AS n")
    for statement in ("SELECT * FROM undecided", "INSERT INTO undecided VALUES (2)"):
        with pytest.raises(DENIED):
            await service.execute(statement)


async def test_what_it_has_it_can_not_hand_on(sql: Sql, service: Sql) -> None:
    await sql.execute("CREATE ROLE friend")
    try:
        await service.execute("GRANT SELECT ON users TO friend")  # a warning, says PostgreSQL
        assert not await sql.fetchval("SELECT has_table_privilege('friend', 'users', 'SELECT')")
    finally:
        await sql.execute("DROP ROLE friend")


async def test_the_embedded_role_has_no_attribute_and_is_a_member_of_nothing(sql: Sql) -> None:
    row = await sql.fetchrow(
        """
        SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
               EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
          FROM pg_roles r WHERE rolname = $1
        """,
        SERVICE,
    )
    assert row is not None
    assert tuple(row) == (True, False, False, False, False, False, False)


# The embedded one


def _ask(url: str, statement: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


def _prepared(data: Path) -> Settings:
    """What `serve` does with a data folder before it serves; the server must run already."""
    with open_embedded(data, durable=False) as server:
        settings = test_settings(server.service_url, migration_url=server.url)
        migrate(settings)
        return settings


def test_a_cluster_of_before_there_were_roles_is_brought_along() -> None:
    with data_folder() as data, open_embedded(data, durable=False) as server:
        # As the version before left it: one role for all, its tables, and a row.
        migrate(test_settings(server.url))
        _ask(server.url, f"DROP OWNED BY {SERVICE}")
        _ask(server.url, f"DROP ROLE {SERVICE}")
        (data / "postgres" / "service-password").unlink()
        _ask(server.url, "INSERT INTO users VALUES (gen_random_uuid(), 't', 'i', 's', now(), 0, 0)")
        settings = _prepared(data)
        assert asyncio.run(powers_of_service(settings)) == []
        assert settings.database_url is not None
        url = settings.database_url.get_secret_value()
        assert _ask(url, "SELECT count(*) FROM users") == 1
        with pytest.raises(DENIED):
            _ask(url, "DROP TABLE users")
        with pytest.raises(DENIED):  # it would hide the table of that name
            _ask(url, "CREATE TEMPORARY TABLE users (n int)")


def test_a_service_password_that_was_lost_is_replaced() -> None:
    with data_folder() as data, open_embedded(data, durable=False) as server:
        file = data / "postgres" / "service-password"
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_text() != (data / "postgres" / "password").read_text()
        file.unlink()
        with open_embedded(data, durable=False) as again:
            assert again.service_url != server.service_url
            assert _ask(again.service_url, "SELECT current_user") == SERVICE
            with pytest.raises(asyncpg.InvalidPasswordError):
                _ask(server.service_url, "SELECT 1")


# One of your own


class Place:
    """An empty database, and how to write addresses of it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"test_{uuid4().hex}"
        self.owner = database_of(server.url, self.name)
        self.role = f"service_{uuid4().hex[:12]}"

    def url_of(self, role: str, password: str = "a-password") -> str:
        parts = urlsplit(self.owner)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{role}:{password}@{host}"))

    def settings(self, **changes: str) -> Settings:
        return test_settings(self.url_of(self.role), migration_url=self.owner, **changes)

    async def migrate(self, settings: Settings | None = None) -> None:
        await asyncio.to_thread(migrate, settings or self.settings())

    async def execute(self, statement: str) -> None:
        await Server(self.owner).execute(statement)


@pytest.fixture(params=["embedded", "given"])
async def place(request: pytest.FixtureRequest, server: Server) -> AsyncIterator[Place]:
    """On our own PostgreSQL, the newest, and on the one that the machine offers, the oldest."""
    given = os.environ.get("SESSION_API_TEST_DATABASE_URL", "")
    if request.param == "given" and not given:
        leave_out("SESSION_API_TEST_DATABASE_URL names no PostgreSQL")
    made = Place(server if request.param == "embedded" else Server(given))
    await made.server.execute(f"CREATE DATABASE {made.name}")
    yield made
    await made.server.execute(f"DROP DATABASE {made.name} WITH (FORCE)")
    await made.server.execute(f"DROP ROLE IF EXISTS {made.role}")


_HELD = """
    SELECT string_agg(concat_ws(' ', c.relname, a.privilege_type), ', '
                      ORDER BY c.relname, a.privilege_type)
      FROM pg_class c, aclexplode(c.relacl) a
     WHERE a.grantee = (SELECT oid FROM pg_roles WHERE rolname = $1)
       AND c.relnamespace = 'public'::regnamespace
"""


async def _held(place: Place, role: str | None = None) -> str:
    connection = await asyncpg.connect(place.owner)
    try:
        return str(await connection.fetchval(_HELD, role or place.role))
    finally:
        await connection.close()


async def test_migrating_makes_the_role_and_grants_to_it(place: Place) -> None:
    await place.migrate()
    settings = place.settings()
    assert await powers_of_service(settings) == []
    app = create_app(settings)
    assert app.state.settings.migration_url is None
    try:
        checks = await app.state.readiness.checks()
        assert checks["isolation"] == checks["migrations"] == "ok"
    finally:
        await app.state.database.close()
    assert "audit_events INSERT, audit_events SELECT, " in await _held(place)


async def test_migrating_again_takes_back_what_is_too_much_and_gives_what_is_missing(
    place: Place,
) -> None:
    await place.migrate()
    right = await _held(place)
    await place.execute(f"GRANT ALL ON audit_events TO {place.role}")
    await place.execute(f"REVOKE SELECT ON users FROM {place.role}")
    assert await _held(place) != right
    await asyncio.gather(grant_to_service(place.settings()), grant_to_service(place.settings()))
    assert await _held(place) == right


async def test_a_role_that_is_there_keeps_its_password(place: Place) -> None:
    await place.execute(f"CREATE ROLE {place.role} LOGIN PASSWORD 'another-password'")
    await place.migrate()
    stored = f"SELECT rolpassword FROM pg_authid WHERE rolname = '{place.role}'"
    connection = await asyncpg.connect(place.owner)
    before = await connection.fetchval(stored)
    await connection.close()
    await place.migrate(test_settings(place.url_of(place.role, "b"), migration_url=place.owner))
    connection = await asyncpg.connect(place.owner)
    assert await connection.fetchval(stored) == before
    await connection.close()


@pytest.mark.parametrize("place", ["embedded"], indirect=True)  # a role is of the whole server
async def test_where_it_is_a_member_of_the_shared_role_that_one_gets_the_grants(
    place: Place,
) -> None:
    await place.execute(f"CREATE ROLE {place.role} LOGIN PASSWORD 'x' IN ROLE {SHARED_ROLE}")
    await place.migrate()
    assert "users INSERT" in await _held(place, SHARED_ROLE)
    assert await _held(place) == "None"


async def test_an_owner_who_may_make_no_roles_grants_to_one_that_is_there(place: Place) -> None:
    owner = f"owner_{uuid4().hex[:12]}"
    await place.execute(f"CREATE ROLE {owner} LOGIN PASSWORD 'a-password'")
    try:
        await place.execute(f"ALTER DATABASE {place.name} OWNER TO {owner}")
        settings = test_settings(place.url_of(place.role), migration_url=place.url_of(owner))
        with pytest.raises(RolesUnfit, match=f"CREATE ROLE {place.role} LOGIN"):
            await place.migrate(settings)
        await place.execute(f"CREATE ROLE {place.role} LOGIN PASSWORD 'a-password'")
        await place.migrate(settings)
        assert await powers_of_service(settings) == []
    finally:
        await Server(database_of(place.owner, place.name)).execute(
            f"REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner} CASCADE;"
            f"DROP ROLE {owner}"
        )


async def test_one_role_for_both_works_and_readiness_says_what_is_lost(place: Place) -> None:
    settings = test_settings(place.owner).model_copy(
        update={"database_url": SecretStr(place.owner), "migration_url": None}
    )
    await place.migrate(settings)
    app = create_app(settings)
    await app.state.object_store.open()
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test"
        ) as client:
            ready = await client.get("/readyz")
    finally:
        await app.state.object_store.close()
        await app.state.database.close()
    assert ready.status_code == 200
    said = ready.json()["checks"]["isolation"]
    assert said.startswith("degraded: the service's role is a superuser")
    assert "owns tables" in said


async def test_a_role_without_grants_is_unready_and_told_how_to_get_them(place: Place) -> None:
    await place.migrate()
    await place.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {place.role}")
    app = create_app(place.settings())
    try:
        checks = await app.state.readiness.checks()
    finally:
        await app.state.database.close()
    assert checks["migrations"] == "not readable; grant with `session-api migrate`"
