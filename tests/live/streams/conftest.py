"""A service that streams, and people who write."""

from collections.abc import Iterator

import pytest

from tests.support.processes import Service, data_folder

QUICK = {
    "SESSION_API_STREAM_HEARTBEAT": "0.3",
    "SESSION_API_STREAM_SIGN_IN_TIMEOUT": "1.5",
    "SESSION_API_CORS_ORIGINS": "https://app.example",
    "SESSION_API_ACCESS_LOG": "true",
    "SESSION_API_STREAMS_PER_USER": "8",
}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """As a person runs it, with less patience."""
    with data_folder() as data, Service(data, **QUICK) as running:
        yield running
