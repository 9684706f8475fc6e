"""PostgreSQL addresses as people write them, made into what the driver takes."""

from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_OPTIONS = {"application_name", "connect_timeout", "host", "port", "sslmode"}
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def driver_url(text: str, name: str = "DATABASE_URL") -> tuple[URL, dict[str, Any]]:
    """The SQLAlchemy URL for asyncpg, and the connect arguments that libpq's URL options become.

    Takes `postgres://`, `postgresql://` and `postgresql+asyncpg://`, with `sslmode`,
    `connect_timeout`, `application_name`, `port` and `host=/socket/folder` as libpq does. Raises
    ValueError, without quoting the address (it holds a password), for anything else; `name` is the
    variable that it came from.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(f"{name} is not an address such as postgresql://…") from None
    if url.drivername not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError(f"{name} names {url.drivername}; PostgreSQL 15 to 18 is the only database")
    query = _known_options(url, name)
    for port in (url.port, query.get("port")):
        # The driver would only find out when it connects, and not in a person's words.
        if port is not None and not _is_whole_number(str(port), up_to=65_535):
            raise ValueError(f"the port in {name} takes a number from 1 to 65535")
    options: dict[str, Any] = {}
    if "sslmode" in query:
        options["ssl"] = query.pop("sslmode")
        if options["ssl"] not in _SSL_MODES:
            raise ValueError(f"sslmode in {name} is one of {', '.join(_SSL_MODES)}")
    if "connect_timeout" in query:
        seconds = query.pop("connect_timeout")
        if not _is_whole_number(seconds, up_to=3600):
            raise ValueError(f"connect_timeout in {name} takes 1 to 3600 whole seconds")
        options["timeout"] = int(seconds)
    if "application_name" in query:
        options["server_settings"] = {"application_name": query.pop("application_name")}
    return url.set(drivername="postgresql+asyncpg", query=query), options


def _known_options(url: URL, source: str) -> dict[str, str]:
    known: dict[str, str] = {}
    for name, value in url.query.items():
        if name not in _OPTIONS:
            raise ValueError(f"{source} has {name}, which is not known here")
        if not isinstance(value, str):
            raise ValueError(f"{source} has {name} more than once")
        known[name] = value
    return known


def _is_whole_number(text: str, *, up_to: int) -> bool:
    return text.isdecimal() and len(text) <= len(str(up_to)) and 1 <= int(text) <= up_to
