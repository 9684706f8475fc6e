"""OpenTelemetry traces: a span for each request, and in it one for each visit to the database.

Imported only where traces are asked for: the packages come with the extra `otel`. A span holds
methods, route templates, status codes and the texts of our statements, never values, addresses or
messages of errors.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from session_api import __version__
from session_api.database.engine import Database
from session_api.settings import Settings

_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines."""

_PROPAGATOR = TraceContextTextMapPropagator()
_POSTGRESQL = {"db.system.name": "postgresql"}
_CARRIED = (b"traceparent", b"tracestate")


class Tracing:
    """Makes spans and sends them off, in batches and in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        resource = Resource.create({"service.name": "session-api", "service.version": __version__})
        self._provider = TracerProvider(
            resource=resource,
            sampler=ParentBased(TraceIdRatioBased(settings.traces_ratio)),
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(endpoint=settings.traces_endpoint, timeout=5)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer: Tracer = self._provider.get_tracer("session_api", __version__)

    def database(self, settings: Settings) -> Database:
        """One whose work is seen in the spans of requests."""
        return _TracedDatabase(settings, self.tracer)

    def around(self, app: ASGIApp) -> ASGIApp:
        """The app, with a span for each of its requests."""
        return _TracedRequests(app, self.tracer)

    async def close(self) -> None:
        """Sends what is left."""
        await asyncio.to_thread(self._provider.shutdown)


class _TracedRequests:
    """Goes on with the trace that the caller began (W3C Trace Context), and names it in the log."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _QUIET:
            await self._app(scope, receive, send)
            return
        method: str = scope["method"]
        carrier = {
            name.decode(): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in _CARRIED
        }
        span = self._tracer.start_span(
            method,
            context=_PROPAGATOR.extract(carrier),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method, "url.scheme": scope["scheme"]},
        )
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        about = span.get_span_context()
        told = {"trace_id": f"{about.trace_id:032x}", "span_id": f"{about.span_id:016x}"}
        try:
            with (
                trace.use_span(span, record_exception=False, set_status_on_exception=False),
                bound_contextvars(**told),
            ):
                await self._app(scope, receive, send_and_note)
        finally:
            route = getattr(scope.get("route"), "path", None)
            if route is not None:
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
            span.set_attribute("http.response.status_code", status)
            if request_id := scope.get("state", {}).get("request_id"):
                span.set_attribute("session_api.request_id", request_id)
            if not status or status >= 500:
                span.set_status(Status(StatusCode.ERROR))
            span.end()


class _TracedDatabase(Database):
    """Work of background jobs belongs to no request, and has no span."""

    def __init__(self, settings: Settings, tracer: Tracer) -> None:
        super().__init__(settings)
        self._tracer = tracer

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        if not trace.get_current_span().is_recording():
            async with super().transaction() as connection:
                yield connection
            return
        with self._tracer.start_as_current_span(
            "transaction",
            kind=SpanKind.CLIENT,
            attributes=_POSTGRESQL,
            record_exception=False,
            set_status_on_exception=False,
        ):
            async with super().transaction() as connection:
                yield connection

    async def _directly(
        self, method: str, statement: str, arguments: tuple[Any, ...], *, changes: bool = False
    ) -> Any:
        if not trace.get_current_span().is_recording():
            return await super()._directly(method, statement, arguments, changes=changes)
        with self._tracer.start_as_current_span(
            "statement",
            kind=SpanKind.CLIENT,
            attributes={**_POSTGRESQL, "db.query.text": statement},
            record_exception=False,
            set_status_on_exception=False,
        ):
            return await super()._directly(method, statement, arguments, changes=changes)
