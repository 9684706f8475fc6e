"""The store for files is down: what needs it says so at once, and all the rest goes on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from benchmarks.ports import closed_port
from session_api.settings import Settings
from tests.support.answers import refusal
from tests.support.assets import (
    announce,
    complete,
    has_file,
    is_announced,
    listed,
    miscounted,
    path_of,
    reads,
    rows_of,
    upload,
    uploaded,
)
from tests.support.chats import version_of
from tests.support.people import Person, new_id
from tests.support.settings import test_settings
from tests.support.workspace import Sql

SOON_SECONDS = 5.0
LARGE = 2**20


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOFTHETESTS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret-key-of-the-tests")


@pytest.fixture
def settings(database_url: str) -> Iterator[Settings]:
    with closed_port() as port:
        yield test_settings(
            database_url,
            storage=f"s3://bucket?endpoint=http://127.0.0.1:{port}",
            upload_parts_above=LARGE - 1,
        )


@pytest.fixture(autouse=True)
async def stays_counted(app: FastAPI, sql: Sql) -> AsyncIterator[None]:
    """The counters are right, whatever a test did. Objects can't be looked at."""
    yield
    assert await miscounted(sql) == []


async def test_what_needs_the_store_says_so_soon_and_when_to_come_back(
    ann: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    small, _ = await is_announced(ann, session["id"])  # signed here, without asking the store
    large = new_id()
    async with asyncio.timeout(SOON_SECONDS):
        answers = await asyncio.gather(
            complete(ann, small),
            announce(ann, session["id"], size=LARGE, id=large),
            upload(ann, session["id"]),
        )
        parts = await ann.post(path_of(session["id"], large, "parts"), json={"numbers": [1]})
    for answer in (*answers, parts):
        assert refusal(answer) == (503, "storage_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
    # What was announced stays, to be repeated safely; what came in one call is given back.
    assert sorted(await listed(ann, session["id"], status="pending")) == sorted(
        [small["id"], large]
    )
    assert await version_of(ann, session["id"]) == 1


async def test_all_that_is_no_file_goes_on(ann: Person) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"])
    async with asyncio.timeout(SOON_SECONDS):
        recovered = await ann.post("/api/sessions/recover", json={"session_id": session["id"]})
        assert recovered.json()["outcome"] == "restored"
        await ann.says(session["id"])
        assert await listed(ann, session["id"]) == []
        assert (await ann.delete(path_of(session["id"], asset["id"]))).status_code == 204
        assert (await ann.delete(f"/api/sessions/{session['id']}")).status_code == 204


async def test_readiness_says_that_it_is_the_store(stranger: httpx.AsyncClient) -> None:
    async with asyncio.timeout(SOON_SECONDS):
        answer = await stranger.get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json() == {
        "status": "unavailable",
        "checks": {
            "database": "ok",
            "migrations": "ok",
            "isolation": "ok",
            "storage": "unavailable",
        },
    }
    assert (await stranger.get("/healthz")).status_code == 200


class TestAFolderThatIsGone:
    """The volume was unmounted, and comes back."""

    @pytest.fixture
    def settings(self, database_url: str, tmp_path: Path) -> Settings:
        return test_settings(database_url, storage=f"file://{tmp_path}/files")

    async def test_files_come_back_with_it(
        self, ann: Person, stranger: httpx.AsyncClient, tmp_path: Path, sql: Sql
    ) -> None:
        session = await ann.has_session()
        asset = await has_file(ann, stranger, session["id"])
        folder, away = tmp_path / "files", tmp_path / "away"
        folder.rename(away)
        folder.write_text("no folder")
        refused = await upload(ann, session["id"])
        assert refusal(refused) == (503, "storage_unavailable")
        ready = await stranger.get("/readyz")
        assert ready.json()["checks"]["storage"] == "unavailable"
        assert (await ann.sees(session["id"]))["assets"] == [asset]
        assert await rows_of(sql) == 1
        folder.unlink()
        away.rename(folder)
        assert (await stranger.get("/readyz")).status_code == 200
        assert await reads(ann, stranger, asset) == b"hello world"
        await uploaded(ann, session["id"])
