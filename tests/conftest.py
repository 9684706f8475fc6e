"""What every test may ask for: a database of its own, the app on it, and people with tokens.

One real PostgreSQL runs for each test process; a test's database is a copy of a template that has
all migrations, or one that an earlier test gave back and that was emptied. Nothing is faked but the
clock, which tests move.
"""

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import structlog
from fastapi import FastAPI
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from session_api.app import create_app
from session_api.database.embedded import open_embedded
from session_api.database.migrations import migrate
from session_api.logs import describe_exception
from session_api.settings import Settings
from tests.support.database import TEMPLATE, Server, database_of
from tests.support.people import MovableClock, Person
from tests.support.settings import test_settings


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL of this test process, with a template database that has all migrations."""
    # Not below pytest's own folder: that is closed to the user PostgreSQL runs as under root.
    folder = Path(tempfile.mkdtemp(prefix="session-api-test-"))
    folder.chmod(0o755)
    try:
        with open_embedded(folder / "data", durable=False) as embedded:
            server = Server(embedded.url, embedded.service_url)
            asyncio.run(server.trust_everybody(folder / "data"))
            asyncio.run(server.execute(f"CREATE DATABASE {TEMPLATE}"))
            migrate(test_settings(database_of(embedded.url, TEMPLATE)))
            yield server
            server.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def database_url(server: Server) -> AsyncIterator[str]:
    """A migrated, empty database for one test: its address for who owns it. `test_settings` makes
    the service's of it.
    """
    url = await server.lend()
    yield url
    await server.take_back(url)


@pytest.fixture
async def sql(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A way into the test's database beside the service, to look at rows or to break them."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
def clock() -> MovableClock:
    """The service's clock: it ticks like the real one until a test moves it."""
    return MovableClock()


@pytest.fixture
def settings(database_url: str) -> Settings:
    """The settings of the test's app. A module may define its own fixture of this name."""
    return test_settings(database_url)


@pytest.fixture
async def app(server: Server, settings: Settings, clock: MovableClock) -> AsyncIterator[FastAPI]:
    """The service, without its background jobs."""
    made = create_app(settings, clock=clock)
    server.pools.lend(made.state.database, settings)
    await made.state.object_store.open()
    yield made
    await made.state.identity.close()
    await made.state.object_store.close()
    await server.pools.take_back(made.state.database, settings)


@pytest.fixture
async def transport(app: FastAPI) -> httpx.ASGITransport:
    """HTTP into the app, in this process. An exception of the app is an answer, as in service."""
    return httpx.ASGITransport(app, raise_app_exceptions=False)


@pytest.fixture
async def ann(
    transport: httpx.ASGITransport, settings: Settings, clock: MovableClock
) -> AsyncIterator[Person]:
    """A person, signed in; an administrator as well, which opens nobody's workspace to them."""
    async with Person("ann", transport, settings, clock, roles=["admin"]) as person:
        yield person


@pytest.fixture
async def bob(
    transport: httpx.ASGITransport, settings: Settings, clock: MovableClock
) -> AsyncIterator[Person]:
    """Somebody else, signed in."""
    async with Person("bob", transport, settings, clock) as person:
        yield person


@pytest.fixture
async def stranger(transport: httpx.ASGITransport) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token."""
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def pytest_configure() -> None:
    """A setting of the machine must not reach into the tests, nor a log slow them down: unless it
    is configured, structlog draws every exception with all its local variables.
    """
    # How long an example takes says more of what else the machine does than of us.
    hypothesis_settings.register_profile(
        "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    hypothesis_settings.load_profile("unhurried")
    structlog.configure(processors=[describe_exception, structlog.processors.KeyValueRenderer()])
    for name in list(os.environ):
        if name == "DATABASE_URL" or (
            name.startswith("SESSION_API_") and not name.startswith("SESSION_API_TEST_")
        ):
            del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for long begins first, so that the others run in its shadow."""
    items.sort(key=lambda item: item.get_closest_marker("waits") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What a test wants said in any case, such as the seed of its chance."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, value in report.user_properties:
                if name == "says":
                    terminalreporter.write_line(f"{report.nodeid}: {value}")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: no look for garbage passes over it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is said to be installed, a skipped test is a failed one."""
    report = yield
    if report.skipped and os.environ.get("SESSION_API_TEST_REQUIRE_ALL") == "1":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"SESSION_API_TEST_REQUIRE_ALL=1, yet: {reason}"
    return report
