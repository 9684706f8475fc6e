"""Who is asking: the verified identity that every repository is made for."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from asyncpg.pgproto import pgproto

SESSIONS_READ: Final = "sessions:read"
SESSIONS_WRITE: Final = "sessions:write"
ALL_SCOPES: Final = frozenset({SESSIONS_READ, SESSIONS_WRITE})
"""What a token without a `scope` claim may do."""

ROLE_ADMIN: Final = "admin"
DEFAULT_TENANT: Final = "default"
DEFAULT_ISSUER: Final = "session-api"
"""The issuer of a token that names none."""

GUEST_ISSUER: Final = "session-api/guest"
"""Whom guests are of: the service itself. No other token may name it, whoever signed it."""

# Never change this: every stored owner_id was computed under it.
OWNER_NAMESPACE: Final = UUID("5d0d3f5c-9a1e-4f0b-8c57-2e6b7f41a9d3")


@dataclass(frozen=True, slots=True)
class TokenMarks:
    """What tells one token from the others of its subject, as far as it says so itself.

    `fingerprint` is the SHA-256 of the whole token. `device` is the id that the issuer put in, in
    the form of `X-Device-ID`; `authenticated_at` is when the person last proved who they are.
    """

    fingerprint: bytes = b""
    jti: str | None = None
    device: str | None = None
    issued_at: datetime | None = None
    authenticated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """One person of one tenant, as a verified token names them.

    Immutable, and so shared between requests. `subject`, `tenant_id` and `issuer` are 1 to 255
    characters without control characters or surrogates: PostgreSQL takes them as they are.
    `expires_at` (UTC) is the first instant at which the token no longer counts. A guest's may be
    exchanged for a fresh one until `renewable_until`; nobody else's has that.
    """

    owner_id: UUID
    tenant_id: str
    issuer: str
    subject: str
    scopes: frozenset[str]
    roles: frozenset[str]
    expires_at: datetime
    token: TokenMarks = TokenMarks()
    renewable_until: datetime | None = None

    @property
    def is_guest(self) -> bool:
        """Somebody without an account, whom the service knows by a token of its own."""
        return self.issuer == GUEST_ISSUER

    @property
    def token_ends_at(self) -> datetime:
        """Until when the token is good for anything: so long is remembered that it was revoked."""
        return self.renewable_until or self.expires_at


def owner_id_of(issuer: str, tenant: str, subject: str) -> UUID:
    """The owner's id, the same for ever and everywhere, so that it needs no look-up.

    The three go in as a JSON array, because a separator could also stand inside a name and make
    two people one. A UUID v5 (RFC 9562 § 5.5) keeps 122 bits of SHA-1: taking over a given
    person's id means finding a second preimage, which SHA-1's known collisions do not help with.
    """
    named = json.dumps([issuer, tenant, subject], separators=(",", ":"))
    return pgproto.UUID(uuid5(OWNER_NAMESPACE, named).bytes)  # as `ports.new_id`
