"""The role that the service runs as: it owns nothing, and may do what `GRANTS` says.

The tables belong to another role, that of SESSION_API_MIGRATION_URL, which makes this one if it
may, and grants to it. Where there is one role for both, all works and none of this protects.
"""

import base64
import hashlib
import hmac
import secrets
from typing import TypeAlias

import asyncpg
from sqlalchemy.engine import URL

from session_api.database.grants import GRANTS
from session_api.database.urls import driver_url
from session_api.settings import MIGRATION_URL, Settings

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

SHARED_ROLE = "session_api_service"
"""Where the service's role is a member of a role of this name, that one gets the grants."""

ADVISORY_LOCK = 7_301_944_862_120_501
"""Any number of our own; every process that migrates or grants asks for the same one."""

CONNECT_SECONDS = 5.0
_SCRAM_ROUNDS = 4096  # PostgreSQL's own

POWERS = """array_remove(ARRAY[
           CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
                THEN 'is a superuser' END,
           CASE WHEN (SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user)
                THEN 'may make roles' END,
           CASE WHEN EXISTS (SELECT FROM pg_class c
                              WHERE c.relnamespace = current_schema()::regnamespace
                                AND c.relkind IN ('r', 'p') AND pg_has_role(c.relowner, 'MEMBER'))
                THEN 'owns tables' END,
           CASE WHEN has_schema_privilege(current_schema(), 'CREATE')
                THEN 'may create tables' END,
           CASE WHEN has_table_privilege(to_regclass('audit_events'), 'UPDATE, DELETE, TRUNCATE')
                THEN 'may change audit events' END
       ], NULL)"""
"""SQL for what the asking role can and the service need not, in words; empty where all is well."""

# $1 role, $2 and $3 the wanted pairs. Only tables of the list are looked at: what else the schema
# holds, and who may use it, is not ours.
_DIFFERENCES = """
      WITH wanted AS (
           SELECT * FROM unnest($2::text[], $3::text[]) AS wanted (relname, privilege)
           ), there AS (
           SELECT c.relname::text, c.relacl
             FROM pg_class c
            WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
              AND c.relname = ANY ($2)
           ), held AS (
           SELECT there.relname, acl.privilege_type AS privilege
             FROM there, aclexplode(there.relacl) AS acl
            WHERE acl.grantee = (SELECT oid FROM pg_roles WHERE rolname = $1)
           )
    SELECT format('GRANT %s ON %I.%I TO %I', privilege, current_schema(), relname, $1::text)
      FROM (SELECT relname, privilege FROM wanted JOIN there USING (relname)
            EXCEPT SELECT relname, privilege FROM held) AS missing
    UNION ALL
    SELECT format('REVOKE %s ON %I.%I FROM %I', privilege, current_schema(), relname, $1::text)
      FROM (SELECT relname, privilege FROM held
            EXCEPT SELECT relname, privilege FROM wanted) AS too_much
    UNION ALL
    SELECT format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), $1::text)
     WHERE NOT has_schema_privilege($1, current_schema(), 'USAGE')
    UNION ALL
    SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), $1::text)
     WHERE NOT has_database_privilege($1, current_database(), 'CONNECT')
"""


class RolesUnfit(Exception):
    """The two roles can't be what they should be. The message is one line that says what to do."""


def has_two_roles(settings: Settings) -> bool:
    """Whether the tables belong to another role than the service's."""
    if settings.migration_url is None or settings.database_url is None:
        return False
    owner, service = _url(settings.migration_url.get_secret_value()), service_url(settings)
    return owner.username != service.username


def service_url(settings: Settings) -> URL:
    """The address that the service connects with."""
    if settings.database_url is None:
        raise ValueError("DATABASE_URL is not set")
    return _url(settings.database_url.get_secret_value())


async def grant_to_service(settings: Settings) -> None:
    """Makes the service's role, if it is missing, and brings its privileges to `GRANTS`.

    Changes nothing where all is as it should be. Raises RolesUnfit, and what the driver raises.
    """
    assert settings.migration_url is not None  # noqa: S101 - the caller has looked
    service = service_url(settings)
    if service.username is None:
        raise RolesUnfit(f"with {MIGRATION_URL}, DATABASE_URL must name the service's role")
    # No time-out: another process may be migrating, and has the lock until it is done.
    connection = await _connect(settings.migration_url.get_secret_value(), answers_in=None)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", ADVISORY_LOCK)
            await connection.execute("SET LOCAL lock_timeout = '4s'")
            await _require_role(connection, service.username, service.password)
            await _grant(connection, await _grantee(connection, service.username))
    finally:
        connection.terminate()


async def powers_of_service(settings: Settings) -> list[str]:
    """What the service's role can and need not, in words. Raises what the driver raises."""
    address = service_url(settings).render_as_string(hide_password=False)
    connection = await _connect(address, answers_in=CONNECT_SECONDS)
    try:
        return list(await connection.fetchval(f"SELECT {POWERS}"))
    finally:
        connection.terminate()


async def make_role(connection: Connection, name: str, password: str) -> None:
    """Makes a role that may log in and nothing else, or gives the one that is there this password.

    The password itself is not sent, so that no log of the server's can hold it.
    """
    exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name)
    attributes = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    # Who is no superuser may not even say NOSUPERUSER of a role that exists.
    clauses = "ALTER ROLE %I PASSWORD %L" if exists else f"CREATE ROLE %I {attributes} PASSWORD %L"
    salt = secrets.token_bytes(16)
    await _execute(connection, clauses, name, _verifier(password, salt))


async def has_password(connection: Connection, name: str, password: str) -> bool:
    """Whether there is a role of this name with this password. Only a superuser may look."""
    stored = await connection.fetchval("SELECT rolpassword FROM pg_authid WHERE rolname = $1", name)
    if stored is None:
        return False
    salt = base64.b64decode(stored.partition(":")[2].partition("$")[0])
    return hmac.compare_digest(stored, _verifier(password, salt))


async def _require_role(connection: Connection, name: str, password: str | None) -> None:
    if await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name):
        return
    may_make = await connection.fetchval(
        "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    if not may_make or password is None or not password.isascii():
        raise RolesUnfit(
            f"there is no role {name}, which DATABASE_URL names, and `migrate` can't make it: "
            f"CREATE ROLE {name} LOGIN PASSWORD '…'"
        )
    await make_role(connection, name, password)


async def _grantee(connection: Connection, service: str) -> str:
    is_member = await connection.fetchval(
        "SELECT pg_has_role($1, oid, 'USAGE') FROM pg_roles WHERE rolname = $2",
        service,
        SHARED_ROLE,
    )
    return SHARED_ROLE if is_member else service


async def _grant(connection: Connection, grantee: str) -> None:
    pairs = [(table, privilege) for table, held in GRANTS.items() for privilege in held]
    tables, privileges = zip(*pairs, strict=True)
    for row in await connection.fetch(_DIFFERENCES, grantee, tables, privileges):
        await connection.execute(row[0])


async def _execute(connection: Connection, template: str, *values: str) -> None:
    """A command that takes no parameters; PostgreSQL does the quoting (%I a name, %L a text)."""
    command = await connection.fetchval("SELECT format($1, VARIADIC $2::text[])", template, values)
    await connection.execute(command)


def _verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL keeps of an ASCII password (SCRAM-SHA-256, RFC 5803)."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (base64.b64encode(x).decode() for x in (salt, stored, server))
    return f"SCRAM-SHA-256${_SCRAM_ROUNDS}:{salt64}${stored64}:{server64}"


def _url(address: str) -> URL:
    return driver_url(address)[0]


async def _connect(address: str, *, answers_in: float | None) -> Connection:
    url, options = driver_url(address)
    return await asyncpg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False),
        command_timeout=answers_in,
        **{"timeout": CONNECT_SECONDS, **options},
    )
