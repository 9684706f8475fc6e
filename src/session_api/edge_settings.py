"""Settings of the edge: what comes in and how long it may take, who may look in, what is told.

Part of `Settings`, and only to be read there.
"""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, PositiveInt, field_validator
from pydantic_settings import BaseSettings, NoDecode

from session_api.durations import Duration

SHORTEST_LIMIT = timedelta(milliseconds=100)  # at 0 nobody would be served

_ORIGIN_PATTERN = re.compile(r"https?://(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?\Z")


class EdgeSettings(BaseSettings):
    """See `Settings`."""

    max_body_bytes: PositiveInt = Field(
        default=8 * 1024 * 1024, description="Larger request bodies are refused while being read."
    )
    body_timeout: Duration = Field(
        default=timedelta(seconds=60),
        ge=SHORTEST_LIMIT,
        description="A JSON body is whole within this, and a file that comes through the service "
        "moves on at least this often; else 408.",
    )
    max_head_bytes: PositiveInt = Field(
        default=32 * 1024,
        ge=4096,
        description="A request line with its headers is no larger; else 431. Nor are there more "
        "than 100 headers.",
    )
    head_timeout: Duration = Field(
        default=timedelta(seconds=10),
        ge=SHORTEST_LIMIT,
        description="A request's headers are whole within this; else 408.",
    )
    request_timeout: Duration = Field(
        default=timedelta(seconds=30),
        ge=SHORTEST_LIMIT,
        description="A request is answered within this once its body is here; else 503. Uploads "
        "and streams take as long as they move.",
    )
    shutdown_timeout: Duration = Field(
        default=timedelta(seconds=10), description="Requests under way get this long to finish."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Origins allowed to call from a browser, comma-separated."
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*[^/?#\s])?$",
        description="Where clients reach the service, such as https://api.example.com, for the "
        "links that it makes. Unset: as each request names it.",
    )
    trusted_proxies: str | None = Field(
        default=None,
        description="Addresses and networks of proxies, comma-separated, whose X-Forwarded-For "
        "and X-Forwarded-Proto are believed. Unset: nobody's.",
    )
    development: bool = Field(
        default=False,
        description="Start with secrets that are public examples, which else is refused. Never "
        "where anybody but you can reach the service.",
    )
    docs_enabled: bool = Field(default=True, description="Serve /docs, /redoc and /openapi.json.")
    demo: bool | None = Field(
        default=None,
        description="Serve /demo, an app in the browser to look at: `on` or `off`. Unset: only "
        "while development tokens are made, that is with the embedded database and neither a "
        "secret nor issuers of your own.",
    )
    access_log: bool = Field(
        default=False, description="Log every request, not only refused and failed ones."
    )
    log_json: bool | None = Field(
        default=None,
        description="Log JSON lines, or readable ones. Unset: readable in a terminal only.",
    )
    metrics: str = Field(
        default="on",
        pattern=r"^(on|off|(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5})$",
        description="Figures for Prometheus at /metrics, without a token: `on`, at the service's "
        "own address; `off`; or an address of their own such as 127.0.0.1:9464.",
    )
    workers_folder: str | None = Field(
        default=None,
        description="Where worker processes of one service meet, so that /metrics shows them all. "
        "`serve --workers` sets it.",
    )
    traces_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^?#@\s]+$",
        description="Where OpenTelemetry traces are sent, such as http://collector:4318/v1/traces "
        "(OTLP over HTTP); needs `pip install session-api[otel]`. Unset: nowhere.",
    )
    traces_ratio: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="The share of requests that are traced, of those that come without a "
        "decision of their caller's.",
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("cors_origins")
    @classmethod
    def _refuse_what_is_no_origin(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN_PATTERN.match(origin):
                raise ValueError("list whole origins such as https://app.example.com, no wildcard")
        return value
