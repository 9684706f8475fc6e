"""The statement that makes a session with its chat, its first version and the trail of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from session_api.audit import NewEvent
from session_api.audit.recording_repository import as_json, recording
from session_api.database.commits import note_moved
from session_api.database.engine import Database
from session_api.json_text import encode_json
from session_api.security.principal import Principal
from session_api.sessions.reads import NO_PARTS, StoredSession, session_document

_FIRST_VERSION = 1
_MADE = encode_json({"from": None, "to": "active", "cause": "created"})

# $1 owner, $2 session, $3 tenant, $4 issuer, $5 subject, $6 name, $7 metadata and $8 fingerprint,
# both sealed, $9 chat, $10 now, $11 actor, $12 the audit event, $13 what the log says. What is
# inserted here, the statement itself does not see, but for what RETURNING hands on.
_CREATE = f"""
      WITH person AS (
           INSERT INTO users
                  (owner_id, tenant_id, issuer, subject, created_at, asset_count, asset_bytes)
           VALUES ($1, $3, $4, $5, $10, 0, 0)
               ON CONFLICT DO NOTHING
           ), made AS (
           INSERT INTO user_sessions
                  (owner_id, id, tenant_id, name, status, metadata_ciphertext,
                   fingerprint_ciphertext, version, fields_version, chat_version, message_seq,
                   message_count, changes_from, created_at, updated_at, last_activity_at)
           VALUES ($1, $2, $3, $6, 'active', $7, $8, {_FIRST_VERSION}, {_FIRST_VERSION}, 0, 0,
                   0, 0, $10, $10, $10)
               ON CONFLICT DO NOTHING
           RETURNING *
           ), chat AS (
           INSERT INTO chats (owner_id, id, session_id, created_at)
           SELECT $1, $9, $2, $10 FROM made
           ), logged AS (
           INSERT INTO session_changes
                  (owner_id, session_id, version, kind, entity, entity_id, at, actor, data)
           SELECT $1, $2, {_FIRST_VERSION}, 'session.status', 'session', $2, $10, $11, $13::json
             FROM made
           ), {recording("(SELECT $12 FROM made)")}
    SELECT {session_document(NO_PARTS, person="$5::text", chat="$9::uuid")}
      FROM made s
"""  # noqa: S608 - of our own pieces


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to create, its secrets sealed already."""

    id: UUID
    chat_id: UUID
    name: str | None
    metadata_ciphertext: bytes
    fingerprint_ciphertext: bytes
    at: datetime
    actor: str
    told: NewEvent


async def create_at_once(
    database: Database, person: Principal, new: NewSession
) -> StoredSession | None:
    """Creates a session in a transaction of its own, and its owner's row where there is none.

    None where the id is taken. Raises TransactionConflict.
    """
    key = (person.owner_id, new.id)
    row = await database.change_row(key, _CREATE, *_arguments(person, new))
    return None if row is None else _stored(tuple(row))


async def create(
    connection: AsyncConnection, person: Principal, new: NewSession
) -> StoredSession | None:
    """The same in the transaction of the connection. Of a guest, `PeopleRepository.admit` has been
    asked before.
    """
    result = await connection.exec_driver_sql(_CREATE, _arguments(person, new))
    row = result.one_or_none()
    if row is None:
        return None
    note_moved(connection, (person.owner_id, new.id), _FIRST_VERSION)
    return _stored(tuple(row))


def _arguments(person: Principal, new: NewSession) -> tuple[Any, ...]:
    return (
        person.owner_id,
        new.id,
        person.tenant_id,
        person.issuer,
        person.subject,
        new.name,
        new.metadata_ciphertext,
        new.fingerprint_ciphertext,
        new.chat_id,
        new.at,
        new.actor,
        as_json([new.told]),
        _MADE,
    )


def _stored(columns: Sequence[Any]) -> StoredSession:
    return StoredSession(*columns)
