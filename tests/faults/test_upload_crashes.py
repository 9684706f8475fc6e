"""Many uploads, some cut off, some given up, under a service that is killed between them, twice.

`SESSION_API_TEST_UPLOADS` says how many: 1000 is what we promise, and a quarter of it, with as many
clients at once, is what every run does.
"""

import asyncio
import hashlib
import json
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.people import new_id
from tests.support.processes import Service, data_folder, run_command
from tests.support.waiting import until

UPLOADS = int(os.environ.get("SESSION_API_TEST_UPLOADS", "250"))
CLIENTS = 50
CUT_OFF = 0.10
GIVEN_UP = 0.05
KILLED_AFTER = (0.30, 0.65)
"""Of the uploads."""

SMALLEST, LARGEST = 1024, 64 * 1024
IN_ONE_CALL = 0.5
"""Of the uploads; the others are announced, brought to where the ticket says, and completed."""

TRIES = 200
_EDGE = "edge-of-the-form"


@pytest.fixture
def service() -> Iterator[Service]:
    # The clean-up runs all the while, as often as it can: it must take nothing that is on its way.
    often = {"SESSION_API_JOB_INTERVAL": "1", "SESSION_API_ORPHAN_INTERVAL": "1"}
    with data_folder() as data, Service(data, **often) as running:
        yield running


class HungUp(Exception):
    """A client has gone in the middle of its file."""


@dataclass
class Done:
    """What became of the uploads, as their clients saw it."""

    completed: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of what was acknowledged, by asset."""

    counts: Counter[str] = field(default_factory=Counter)

    @property
    def all(self) -> int:
        return sum(self.counts.values())


class Client:
    """Uploads one file after the other to a session of its own, and repeats what a crash cut."""

    def __init__(self, http: httpx.AsyncClient, chance: random.Random, done: Done) -> None:
        self._http = http
        self._chance = chance
        self._done = done

    async def has_session(self) -> None:
        made = await self._http.post("/api/sessions/", json={})
        made.raise_for_status()
        self._files = f"/api/sessions/{made.json()['id']}/assets"

    async def upload(self, fate: str) -> None:
        content = self._chance.randbytes(self._chance.randint(SMALLEST, LARGEST))
        if fate != "given up" and self._chance.random() < IN_ONE_CALL:
            await self._in_one_call(fate, content)
        else:
            await self._by_ticket(fate, content)
        self._done.counts[fate] += 1

    async def _in_one_call(self, fate: str, content: bytes) -> None:
        asset_id = new_id()
        head = f'--{_EDGE}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        form = head.encode() + content + f"\r\n--{_EDGE}--\r\n".encode()
        headers = {
            "Idempotency-Key": asset_id,
            "Content-Type": f"multipart/form-data; boundary={_EDGE}",
        }
        if fate == "cut off":
            # Before its last boundary: whoever has that has all of the file.
            await self._cut("POST", f"{self._files}/upload", form, headers, but=len(_EDGE) + 6)
            return
        path = f"{self._files}/upload"
        answer = await self._repeated("POST", path, content=form, headers=headers)
        self._acknowledged(answer, asset_id, content)

    async def _by_ticket(self, fate: str, content: bytes) -> None:
        asset_id = new_id()
        body = {
            "id": asset_id,
            "name": "a",
            "content_type": "application/octet-stream",
            "size": len(content),
        }
        upload = (await self._repeated("POST", self._files, json=body)).json()["upload"]
        headers = upload["headers"] | {"Authorization": ""}
        if fate == "cut off":
            await self._cut(upload["method"], upload["url"], content, headers)
            return
        await self._repeated(upload["method"], upload["url"], content=content, headers=headers)
        if fate == "completed":
            answer = await self._repeated("POST", f"{self._files}/{asset_id}/complete")
            self._acknowledged(answer, asset_id, content)

    def _acknowledged(self, answer: httpx.Response, asset_id: str, content: bytes) -> None:
        asset = answer.json()
        assert (asset["id"], asset["status"]) == (asset_id, "ready")
        self._done.completed[asset_id] = hashlib.sha256(content).hexdigest()

    async def _cut(
        self, method: str, url: str, content: bytes, headers: dict[str, str], *, but: int = 0
    ) -> None:
        """Hangs up at any byte `but` the last ones; or the service does, when it is killed."""
        some = _until(content, self._chance.randrange(1, len(content) - but))
        whole = {"Content-Length": str(len(content))}
        with pytest.raises((HungUp, httpx.TransportError)):
            await self._http.request(method, url, content=some, headers=headers | whole)

    async def listed(self) -> dict[str, Any]:
        answer = await self._repeated("GET", self._files, params={"limit": 1000})
        return {asset["id"]: asset for asset in answer.json()["items"]}

    async def reads(self, asset_id: str) -> bytes:
        path = f"{self._files}/{asset_id}/content"
        return (await self._repeated("GET", path, follow_redirects=True)).content

    async def _repeated(self, method: str, url: str, **options: Any) -> httpx.Response:
        """As a browser does it: again, until somebody answers."""
        for _ in range(TRIES):
            try:
                answer = await self._http.request(method, url, **options)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code != 503:
                assert answer.is_success, (method, url, answer.text)
                return answer
            await asyncio.sleep(0.1)
        pytest.fail(f"{method} {url} was never answered")


async def _until(content: bytes, end: int) -> AsyncIterator[bytes]:
    yield content[:end]
    raise HungUp


def fates(chance: random.Random) -> list[str]:
    cut, given_up = int(UPLOADS * CUT_OFF), int(UPLOADS * GIVEN_UP)
    all_of_them = ["cut off"] * cut + ["given up"] * given_up
    all_of_them += ["completed"] * (UPLOADS - len(all_of_them))
    chance.shuffle(all_of_them)
    return all_of_them


async def killed_and_restarted(service: Service, done: Done) -> None:
    for share in KILLED_AFTER:
        while done.all < share * UPLOADS:  # noqa: ASYNC110 - clients know of no event
            await asyncio.sleep(0.005)
        service.kill()
        await asyncio.to_thread(service.start)


async def upload_everything(service: Service, clients: list[Client], done: Done) -> None:
    todo = iter(fates(random.Random(11)))

    async def work(client: Client) -> None:
        for fate in todo:
            await client.upload(fate)

    async with asyncio.TaskGroup() as group:
        group.create_task(killed_and_restarted(service, done))
        for client in clients:
            group.create_task(work(client))


def objects(service: Service) -> dict[str, Path]:
    root = service.data / "files" / "objects"
    return {path.relative_to(root).as_posix(): path for path in root.rglob("*_*") if path.is_file()}


async def rows(service: Service) -> dict[str, tuple[str, str]]:
    """Status and key of all assets."""
    found = await service.query("SELECT id::text, status, object_key FROM assets")
    return {row["id"]: (row["status"], row["object_key"]) for row in found}


async def an_hour_passes(service: Service) -> None:
    """All tickets are over, and the leases of the dead; what they left half written is old."""
    await service.query(
        "UPDATE assets SET expires_at = expires_at - interval '2 hours' WHERE status = 'pending'"
    )
    await service.query(
        "UPDATE object_deletions SET due_at = last_at - interval '2 hours',"
        " last_at = last_at - interval '2 hours'"
    )
    await service.query("DELETE FROM job_leases")
    earlier = time.time() - 2 * 3600
    for path in (service.data / "files" / "staging").iterdir():
        with suppress(FileNotFoundError):
            os.utime(path, (earlier, earlier))


async def sweep(service: Service) -> None:
    """Until none of its jobs was left to the service, which is at them as well."""
    for _ in range(TRIES):
        done = await asyncio.to_thread(run_command, "sweep", "--json", "--data", service.data)
        assert done.returncode == 0, done.stderr
        if None not in json.loads(done.stdout).values():
            return
    pytest.fail("the jobs were never free")


async def is_whole(service: Service, clients: list[Client], done: Done) -> None:
    """Each file that somebody was told is there is listed, readable, and what was sent."""
    listed: dict[str, Any] = {}
    for files in await asyncio.gather(*(client.listed() for client in clients)):
        listed |= files
    assert listed.keys() == done.completed.keys()
    there, found = objects(service), await rows(service)
    for asset_id, digest in done.completed.items():
        status, key = found[asset_id]
        assert status == "ready"
        assert hashlib.sha256(there[key].read_bytes()).hexdigest() == digest
        assert listed[asset_id]["sha256"] in (digest, None)
    for client in clients[:5]:
        for asset_id in await client.listed():
            content = await client.reads(asset_id)
            assert hashlib.sha256(content).hexdigest() == done.completed[asset_id]


def ann_on(service: Service) -> httpx.AsyncClient:
    """As many lines as clients, each kept for the next request."""
    return httpx.AsyncClient(
        base_url=service.url,
        timeout=30,
        limits=httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS),
        headers={"Authorization": f"Bearer {service.token('ann')}"},
    )


async def test_uploads_through_two_crashes_lose_nothing_and_leave_nothing(
    service: Service,
) -> None:
    done, chance = Done(), random.Random(7)
    async with ann_on(service) as http:
        clients = [Client(http, random.Random(chance.random()), done) for _ in range(CLIENTS)]
        await asyncio.gather(*(client.has_session() for client in clients))
        await upload_everything(service, clients, done)
        assert done.counts == Counter(fates(chance))
        assert min(done.counts.values()) > 0
        await is_whole(service, clients, done)

        await an_hour_passes(service)
        await sweep(service)
        await is_whole(service, clients, done)

    # What was cut off or given up is gone, and nothing else is.
    left = await rows(service)
    assert left.keys() == done.completed.keys()
    assert objects(service).keys() == {key for _, key in left.values()}
    # But for what is being written: reading has made events, which are sealed.
    await until(lambda: not list((service.data / "files" / "staging").iterdir()))
    assert await service.query("SELECT * FROM object_deletions") == []
    (counted,) = await service.query("SELECT asset_count, asset_bytes FROM users")
    assert counted["asset_count"] == len(done.completed)
    assert counted["asset_bytes"] == sum(path.stat().st_size for path in objects(service).values())
    events = await service.query(
        "SELECT event, count(*) FROM audit_events"
        " WHERE event IN ('asset.expired', 'asset.lost', 'asset.orphan_removed') GROUP BY event"
    )
    # Some that were cut off had been removed by the request that saw it.
    ((event, count),) = events
    assert event == "asset.expired"
    assert done.counts["given up"] <= count <= UPLOADS - len(done.completed)
    assert '"unexpected_error"' not in service.output
