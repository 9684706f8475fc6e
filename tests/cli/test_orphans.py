"""`session-api orphans`: what an accident left over of files, and its end."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from session_api.assets.storage import object_key
from tests.support.processes import Service, data_folder, run_command

NOTHING = {
    "expired_uploads": {"count": 0, "bytes": 0},
    "objects_to_delete": {"count": 0, "bytes": 0},
    "objects_without_row": {"count": 0, "bytes": 0},
    "unfinished_uploads": {"count": 0, "bytes": None},
    "vanished_files": {"count": 0, "bytes": 0},
    "lost_files": {"count": 0, "bytes": 0},
    "mended": None,
}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    # Nobody mends but the command.
    with data_folder() as data, Service(data, SESSION_API_JOBS_ENABLED="false") as running:
        yield running


def command(
    service: Service, *arguments: str, **settings: str
) -> "subprocess.CompletedProcess[str]":
    return run_command(*arguments, "--data", service.data, environment=settings)


def said(service: Service, *arguments: str) -> str:
    done = command(service, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def told(service: Service, *options: str) -> dict[str, Any]:
    return dict(json.loads(said(service, "orphans", "--json", *options)))


def objects(service: Service) -> list[Path]:
    return [path for path in (service.data / "files/objects").rglob("*_*") if path.is_file()]


async def announced(ann: httpx.AsyncClient, session: str, size: int) -> dict[str, Any]:
    body = {"name": "a.bin", "content_type": "application/octet-stream", "size": size}
    answer = await ann.post(f"{session}/assets", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def uploaded(ann: httpx.AsyncClient, session: str, size: int) -> str:
    answer = await ann.post(f"{session}/assets/upload", files={"file": ("a.bin", bytes(size))})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def leave_everything(service: Service, ann: httpx.AsyncClient) -> str:
    """One of each kind of leftover beside a whole file; the session's path."""
    made = await ann.post("/api/sessions/", json={})
    session = f"/api/sessions/{made.json()['id']}"
    whole, lost, gone = [await uploaded(ann, session, size) for size in (1, 20, 300)]

    expired = await announced(ann, session, 4000)
    in_parts = await announced(ann, session, 2**27)
    for asset in (expired, in_parts):
        await service.query(
            "UPDATE assets SET expires_at = now() - interval '1 hour' WHERE id = $1",
            UUID(asset["asset"]["id"]),
        )
    # An upload in parts whose row went, past all our statements.
    await service.query("DELETE FROM assets WHERE id = $1", UUID(in_parts["asset"]["id"]))
    await service.query(
        "UPDATE users SET asset_count = asset_count - 1, asset_bytes = asset_bytes - $1", 2**27
    )

    (await ann.delete(f"{session}/assets/{gone}")).raise_for_status()
    next(path for path in objects(service) if lost in path.name).unlink()
    owner_id = (await service.query("SELECT owner_id FROM users"))[0][0]
    key = object_key("default", owner_id, uuid4(), uuid4(), attempt=uuid4())
    orphan = service.data / "files/objects" / key
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(bytes(50000))
    assert len(objects(service)) == 3, whole
    return session


async def test_orphans_lists_what_is_left_over_and_mends_it(service: Service) -> None:
    assert told(service) == NOTHING

    async with service.client() as ann:
        session = await leave_everything(service, ann)
        found = {
            "expired_uploads": {"count": 1, "bytes": 4000},
            "objects_to_delete": {"count": 1, "bytes": 300},
            "objects_without_row": {"count": 1, "bytes": 50000},
            "unfinished_uploads": {"count": 1, "bytes": None},
            "vanished_files": {"count": 1, "bytes": 20},
            "lost_files": {"count": 0, "bytes": 0},
            "mended": None,
        }
        assert told(service) == found
        sentence = (
            "Left over: 1 expired upload (4000 bytes), 1 object to delete (300 bytes), "
            "1 object without a row (50000 bytes), 1 unfinished upload, "
            "1 file whose object vanished (20 bytes)."
        )
        assert said(service, "orphans") == f"{sentence} Mend it with --mend.\n"
        assert said(service, "orphans", "--mend") == f"{sentence} Mended.\n"

        assert [path.stat().st_size for path in objects(service)] == [1]
        assert list((service.data / "files/staging").iterdir()) == []
        seen = (await ann.get(session)).json()
        assert [part["code"] for part in seen["damaged"]] == ["object_missing"]
        assert [asset["size"] for asset in seen["assets"]] == [1]
        # It stays lost, and is marked as that.
        lost = "Nothing is left over. Lost and marked: 1 file (20 bytes).\n"
        assert said(service, "orphans") == lost
        assert told(service) == NOTHING | {"lost_files": {"count": 1, "bytes": 20}}
        mended = {"expire_uploads": 0, "delete_objects": 0, "remove_orphans": 0, "find_lost": 2}
        assert told(service, "--mend")["mended"] == mended


def test_a_store_that_can_not_be_reached_is_told_in_a_line(service: Service) -> None:
    nowhere = {
        "SESSION_API_STORAGE": "s3://bucket?endpoint=http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "SESSION_API_LOG_JSON": "true",
    }
    for words in (["orphans"], ["sweep"]):
        done = command(service, *words, **nowhere)
        assert (done.returncode, done.stdout) == (1, ""), done.stdout
        assert done.stderr.splitlines()[-1].startswith("session-api: The store for files can't be")
        assert "Traceback" not in done.stderr


async def test_a_store_of_another_database_is_left_alone_until_it_is_adopted(
    service: Service,
) -> None:
    said(service, "orphans", "--mend")
    there = objects(service)
    mine = (await service.query("SELECT id FROM installation"))[0][0]
    await service.query("UPDATE installation SET id = $1", uuid4())
    for words in (["orphans", "--mend"], ["sweep"]):
        done = command(service, *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert "belong to another database" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
    assert objects(service) == there
    assert said(service, "orphans", "--adopt").startswith("Nothing is left over.")
    await service.query("UPDATE installation SET id = $1", mine)
    assert command(service, "orphans").returncode == 1
    said(service, "orphans", "--adopt")
