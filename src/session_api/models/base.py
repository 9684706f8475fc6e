"""What every table shares: one metadata with names for all constraints, and column shorthands."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, MetaData
from sqlmodel import Field, SQLModel

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Table(SQLModel):
    """Base of the tables."""

    metadata = METADATA


def timestamp(*, nullable: bool = False) -> Any:
    """A point in time with its zone, made by the application's clock, never by the database's."""
    return Field(
        default=None if nullable else ...,
        sa_type=DateTime(timezone=True),
        nullable=nullable,
    )


def big_integer(default: int | None = None, *, nullable: bool = False) -> Any:
    """A 64-bit counter."""
    missing = None if nullable else ...
    return Field(
        default=missing if default is None else default, sa_type=BigInteger, nullable=nullable
    )


def json_as_sent(*, nullable: bool = False) -> Any:
    """A JSON value kept as text (`json`, not `jsonb`): key order and number forms survive."""
    return Field(
        default=None if nullable else ...,
        sa_type=JSON(none_as_null=True),
        nullable=nullable,
    )


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Only these values may stand in `column`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def owned_reference(
    columns: list[str], target: str, target_columns: list[str], **options: Any
) -> ForeignKeyConstraint:
    """A foreign key within one owner's tree, deleted with what it refers to."""
    return ForeignKeyConstraint(
        ["owner_id", *columns],
        [f"{target}.owner_id", *(f"{target}.{column}" for column in target_columns)],
        ondelete=options.pop("ondelete", "CASCADE"),
        **options,
    )


OptionalTime = datetime | None
OptionalInteger = int | None
