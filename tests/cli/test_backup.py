"""What docs/operations.md says about back-ups, done: nothing is missing from what comes back."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from session_api.database.embedded.binaries import find_binaries
from tests.support.database import Server, database_of
from tests.support.processes import Service, data_folder

CONTENT = b"the bytes of a file"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with data_folder() as data, Service(data) as running:
        yield running


async def has_a_workspace(service: Service) -> dict[str, Any]:
    async with service.client() as ann:
        body = {"name": "kept", "session_metadata": {"panel": "map"}}
        session: dict[str, Any] = (await ann.post("/api/sessions/", json=body)).json()
        path = f"/api/sessions/{session['id']}"
        await ann.post(f"{path}/messages", json={"role": "user", "content": "still here"})
        uploaded = await ann.post(f"{path}/assets/upload", files={"file": ("a.txt", CONTENT)})
        assert uploaded.status_code == 201
        found: dict[str, Any] = (await ann.get(path)).json()
        return found


async def shows(service: Service, session: dict[str, Any]) -> None:
    async with service.client() as ann:
        path = f"/api/sessions/{session['id']}"
        found = await ann.get(path)
        assert found.json() == session
        asset = session["assets"][0]["id"]
        content = await ann.get(f"{path}/assets/{asset}/content", follow_redirects=True)
        assert content.content == CONTENT


def test_a_dump_of_a_running_service_comes_back_on_another_database(
    service: Service, server: Server, tmp_path: Path
) -> None:
    session = asyncio.run(has_a_workspace(service))
    # In the order that the page gives: the database first, then the files.
    programs = find_binaries(None).folder
    dump = tmp_path / "session-api.dump"
    run(programs / "pg_dump", "-Fc", "-f", dump, service.database_url)
    shutil.copytree(service.data / "files", tmp_path / "files")
    secrets = json.loads((service.data / "secrets.json").read_text())

    name = f"restored_{uuid4().hex}"
    asyncio.run(server.execute(f"CREATE DATABASE {name}"))
    url = database_of(server.url, name)
    run(programs / "pg_restore", "--no-owner", "--exit-on-error", "-d", url, dump)
    settings = {
        "DATABASE_URL": url,
        "SESSION_API_JWT_SECRET": secrets["jwt_secret"],
        "SESSION_API_ENCRYPTION_KEYS": secrets["encryption_keys"],
        "SESSION_API_STORAGE": (tmp_path / "files").as_uri(),
    }
    with data_folder() as elsewhere, Service(elsewhere, **settings) as restored:
        asyncio.run(shows(restored, session))
        # The jobs take the store for this database's own.
        assert "ForeignStore" not in restored.output
        assert httpx.get(f"{restored.url}/readyz").status_code == 200
    asyncio.run(server.execute(f"DROP DATABASE {name} WITH (FORCE)"))


def test_a_copied_data_folder_is_the_same_service(service: Service) -> None:
    session = asyncio.run(has_a_workspace(service))
    assert service.stop() == 0
    with data_folder() as elsewhere:
        run("cp", "-a", service.data, elsewhere)
        with Service(elsewhere) as copied:
            asyncio.run(shows(copied, session))
            assert copied.stop() == 0


def run(*command: str | Path) -> None:
    ran = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
