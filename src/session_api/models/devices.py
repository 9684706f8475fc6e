"""Where people are signed in, and what was signed out before its time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from session_api.models.base import (
    OptionalTime,
    Table,
    big_integer,
    one_of,
    owned_reference,
    timestamp,
)

REVOCATION_KINDS = ("token", "jti", "device", "everywhere", "suspect_token", "suspect_sign_in")


class Device(Table, table=True):
    """A browser or program that a person's tokens came from. Coarse: a block of addresses, names
    of a program and a platform.

    No index holds what a touch changes and the page has room, so touches are HOT updates. A device
    that was signed out stays for a while: its lock orders sign-outs and late touches.
    """

    __tablename__ = "devices"
    __table_args__ = (
        owned_reference([], "users", []),
        {"postgresql_with": {"fillfactor": 75}},
    )

    owner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    agent: str
    platform: str
    mobile: bool
    address: str | None
    first_seen_at: datetime = timestamp()
    last_seen_at: datetime = timestamp()
    signed_out_at: OptionalTime = timestamp(nullable=True)


class DeviceToken(Table, table=True):
    """A token that was seen with a device: it goes when that is signed out. Only its SHA-256."""

    __tablename__ = "device_tokens"
    __table_args__ = (
        owned_reference(["device_id"], "devices", ["id"]),
        Index("ix_device_tokens_expires_at", "expires_at"),
    )

    owner_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(primary_key=True)
    token_hash: bytes = Field(primary_key=True)
    expires_at: datetime = timestamp()


class Revocation(Table, table=True):
    """What no longer counts, though it has not expired. Outlives the person's tree.

    `transaction_id` is the transaction that wrote the row last (`pg_current_xact_id`): those who
    follow this table ask for what no snapshot of theirs can have missed, not for a time.
    """

    __tablename__ = "revocations"
    __table_args__ = (
        one_of("kind", REVOCATION_KINDS),
        Index("ix_revocations_transaction_id", "transaction_id"),
        Index("ix_revocations_expires_at", "expires_at"),
    )

    owner_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    value: bytes = Field(primary_key=True)
    made_at: datetime = timestamp()
    expires_at: datetime = timestamp()
    transaction_id: int = big_integer()
