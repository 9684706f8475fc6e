"""Connections whose server is gone, or does not answer: nobody waits for those."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine


def drop_dead_and_silent(engine: AsyncEngine) -> None:
    """Has the engine's pool do so."""
    event.listen(engine.sync_engine, "checkout", _refuse_dead_connection)
    event.listen(engine.sync_engine, "handle_error", _cut_silent_connection)


def _refuse_dead_connection(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
    """Notices, without a round trip, that the server closed a connection while it lay idle."""
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError


def _cut_silent_connection(context: ExceptionContext) -> None:
    """Cuts off, at once, a connection on which the server let its own time-outs pass.

    SQLAlchemy would ask it to cancel the statement, and wait two seconds for the answer, in which
    a turn is held and somebody waits for their 503. When it wakes up, those time-outs end what is
    left; a line that carries nothing would not bring the request either.
    """
    if isinstance(context.original_exception, TimeoutError) and context.connection is not None:
        driver: Any = context.connection.connection.driver_connection
        driver.terminate()
