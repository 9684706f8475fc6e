"""PostgreSQL addresses as people write them, made into what the driver takes."""

from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError


def driver_url(text: str) -> tuple[URL, dict[str, Any]]:
    """The SQLAlchemy URL for asyncpg, and the connect arguments that libpq's URL options become.

    Takes `postgres://`, `postgresql://` and `postgresql+asyncpg://`, with `sslmode` and
    `host=/socket/folder` as libpq does. Raises ValueError, without quoting the address (it holds a
    password), for anything that is not PostgreSQL.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("DATABASE_URL is not an address such as postgresql://…") from None
    if url.drivername not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError(
            f"DATABASE_URL names {url.drivername}; PostgreSQL 15 to 18 is the only database"
        )
    options: dict[str, Any] = {}
    query = dict(url.query)
    if "sslmode" in query:
        options["ssl"] = query.pop("sslmode")
    return url.set(drivername="postgresql+asyncpg", query=query), options
