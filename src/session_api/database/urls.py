"""PostgreSQL addresses as people write them, made into what the driver takes."""

from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError


def driver_url(text: str) -> tuple[URL, dict[str, Any]]:
    """The SQLAlchemy URL for asyncpg, and the connect arguments that libpq's URL options become.

    Takes `postgres://`, `postgresql://` and `postgresql+asyncpg://`, with `sslmode`,
    `connect_timeout` and `host=/socket/folder` as libpq does. Raises ValueError, without quoting
    the address (it holds a password), for anything else.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("DATABASE_URL is not an address such as postgresql://…") from None
    if url.drivername not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError(
            f"DATABASE_URL names {url.drivername}; PostgreSQL 15 to 18 is the only database"
        )
    options: dict[str, Any] = {}
    query = dict(url.query)
    if "sslmode" in query:
        options["ssl"] = query.pop("sslmode")
    if "connect_timeout" in query:
        seconds = str(query.pop("connect_timeout"))
        if not seconds.isdecimal() or not int(seconds):
            raise ValueError("connect_timeout in DATABASE_URL takes whole seconds")
        options["timeout"] = int(seconds)
    if unknown := sorted(query.keys() - {"host", "port"}):
        raise ValueError(f"DATABASE_URL has {unknown[0]}, which is not known here")
    return url.set(drivername="postgresql+asyncpg", query=query), options
