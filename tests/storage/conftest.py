"""Three real stores, and a client that talks to each over HTTP as browsers do."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aioboto3
import httpx
import pytest
from fastapi import FastAPI

from session_api.app import create_app
from session_api.assets.storage import open_store, parse_location
from session_api.assets.storage.location import Bucket
from session_api.assets.storage.s3 import S3Store
from session_api.ports import new_id
from session_api.security import KeyRing
from tests.storage.places import FILESYSTEM, MOTO, RCLONE, Place
from tests.support.people import MovableClock
from tests.support.servers import ACCESS_KEY, BUCKET, SECRET_KEY, moto, rclone
from tests.support.serving import served
from tests.support.settings import KEYS, test_settings

ORIGIN = "https://app.example.com"
NOWHERE = "postgresql://nobody@localhost/nothing"


@pytest.fixture(scope="session")
def rclone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with rclone(tmp_path_factory.mktemp("rclone")) as address:
        yield address


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    with moto() as address:
        yield address


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with nothing but tickets. No retries, no redirects, no token."""
    # Nothing here is encrypted, and reading all certificates takes longer than most tests.
    async with httpx.AsyncClient(timeout=20, verify=False) as client:
        yield client


@pytest.fixture(scope="session")
def service() -> Iterator[tuple[FastAPI, str]]:
    """The whole service behind a real server, yet without a store, and its address."""
    # What can't reach the database says so in a log, which some tests look at.
    quiet: dict[str, Any] = {"fanout": "poll", "revocation_interval": timedelta(minutes=1)}
    app = create_app(test_settings(NOWHERE, cors_origins=[ORIGIN], **quiet))
    with served(app) as address:
        yield app, address


@pytest.fixture
async def filesystem(
    service: tuple[FastAPI, str], tmp_path: Path, clock: MovableClock, http: httpx.AsyncClient
) -> AsyncIterator[Place]:
    """The filesystem store, reached through the service."""
    app, address = service
    settings = test_settings(NOWHERE, storage=f"file://{tmp_path}/files")
    store = open_store(settings, KeyRing.parse(KEYS), clock, new_id)
    app.state.object_store = store
    await store.open()
    yield Place("filesystem", store, clock, http, FILESYSTEM, address)
    await store.close()


@pytest.fixture(scope="session")
def boto() -> aioboto3.Session:
    """What boto knows, read once."""
    return aioboto3.Session(ACCESS_KEY, SECRET_KEY)


def bucket(address: str, options: str = "") -> Bucket:
    """A part of the bucket that no other test knows."""
    location = parse_location(f"s3://{BUCKET}/{uuid4()}?endpoint={address}{options}")
    assert isinstance(location, Bucket)
    return location


@pytest.fixture
async def rclone_place(
    rclone_server: str, boto: aioboto3.Session, clock: MovableClock, http: httpx.AsyncClient
) -> AsyncIterator[Place]:
    """An S3 store that verifies signatures."""
    store = S3Store(bucket(rclone_server), clock, boto)
    await store.open()
    yield Place("rclone", store, clock, http, RCLONE)
    await store.close()


@pytest.fixture
async def moto_place(
    moto_server: str, boto: aioboto3.Session, clock: MovableClock, http: httpx.AsyncClient
) -> AsyncIterator[Place]:
    """An S3 store that knows nearly all calls."""
    store = S3Store(bucket(moto_server), clock, boto)
    await store.open()
    yield Place("moto", store, clock, http, MOTO)
    await store.close()


@pytest.fixture(params=["filesystem", "rclone", "moto"])
def place(request: pytest.FixtureRequest) -> Place:
    """Each of the three in turn: a test that asks for it is a rule for all of them."""
    fixture = {"filesystem": "filesystem", "rclone": "rclone_place", "moto": "moto_place"}
    found: Place = request.getfixturevalue(fixture[request.param])
    return found
