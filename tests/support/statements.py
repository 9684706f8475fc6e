"""What a service asks its database, to ask it again in other ways."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy import event

from session_api.database.engine import Database


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """Fills with the text of every statement that this database is asked."""
    asked: list[str] = []
    drivers: set[Any] = set()

    def note_direct(query: asyncpg.connection.LoggedQuery) -> None:
        asked.append(query.query)

    def listen(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
        drivers.add(dbapi_connection.driver_connection)
        dbapi_connection.driver_connection.add_query_logger(note_direct)

    def note_cursor(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    # What goes through SQLAlchemy is prepared, and of that the driver does not tell.
    engine = database.engine.sync_engine
    event.listen(engine, "checkout", listen)
    event.listen(engine, "after_cursor_execute", note_cursor)
    yield asked
    event.remove(engine, "checkout", listen)
    event.remove(engine, "after_cursor_execute", note_cursor)
    for driver in drivers:
        driver.remove_query_logger(note_direct)
