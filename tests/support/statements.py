"""What a service asks its database, to ask it again in other ways."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy import event

from session_api.database.engine import Database


@contextmanager
def statements_of(database: Database) -> Iterator[set[str]]:
    """Fills with the text of every statement that this database is asked, each once."""
    asked: set[str] = set()

    def note_direct(query: asyncpg.connection.LoggedQuery) -> None:
        asked.add(query.query)

    def listen(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.driver_connection.add_query_logger(note_direct)

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.add(statement)

    # What goes through SQLAlchemy is prepared, and of that the driver does not tell.
    engine = database.engine.sync_engine
    event.listen(engine, "connect", listen)
    event.listen(engine, "after_cursor_execute", note)
    yield asked
    event.remove(engine, "connect", listen)
    event.remove(engine, "after_cursor_execute", note)
