"""Time and identity, passed in wherever they are needed so that a test can choose them."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from asyncpg.pgproto import pgproto
from uuid_utils import uuid7

Clock = Callable[[], datetime]
"""Gives the present time, always in UTC and with its zone."""

Ids = Callable[[], UUID]
"""Gives a new id, never the same one twice. Ids sort by when they were made (RFC 9562 § 5.7)."""

Secrets = Callable[[], str]
"""Gives 256 bits that nobody can guess, as text that is safe in any part of a URL."""


def system_clock() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUID version 7."""
    # As the driver's UUIDs, which are made, written and sent in a tenth of the time of Python's.
    return pgproto.UUID(uuid7().bytes)


def new_secret() -> str:
    """From the machine's source of randomness."""
    return secrets.token_urlsafe(32)
