"""The way to traces, for a service that may not have what they need."""

from importlib import import_module
from typing import Protocol

from starlette.types import ASGIApp

from session_api.database.engine import Database
from session_api.settings import Settings


class Tracing(Protocol):
    """See `session_api.telemetry.tracing`."""

    def database(self, settings: Settings) -> Database: ...

    def around(self, app: ASGIApp) -> ASGIApp: ...

    async def close(self) -> None: ...


def require_tracing(settings: Settings) -> None:
    """Raises ValueError where traces are asked for and can't be made."""
    if settings.traces_endpoint is None:
        return
    try:
        import_module("session_api.telemetry.tracing")
    except ModuleNotFoundError:
        raise ValueError("traces need `pip install 'session-api[otel]'`") from None


def open_tracing(settings: Settings) -> Tracing | None:
    """None where no traces are asked for. Raises ValueError as `require_tracing`."""
    if settings.traces_endpoint is None:
        return None
    require_tracing(settings)
    tracing: Tracing = import_module("session_api.telemetry.tracing").Tracing(settings)
    return tracing
