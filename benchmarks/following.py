"""What live sync is measured on: replicas, people, sessions, and who follows them."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx
from pydantic import SecretStr

from benchmarks.load import Reading, Task
from benchmarks.population import MESSAGE
from benchmarks.processes import BenchFailed, Server, running_replica
from benchmarks.streams import Arrivals, Following
from session_api.database.embedded import open_embedded
from session_api.security import mint_development_token
from session_api.settings import Settings
from session_api.sync.fanout import SessionKey

CHATS = 32
"""Sessions that are appended to in turn, so that a row's lock does not order all writers."""

SESSIONS_EACH = 20
"""Idle sessions of one person."""

_KEYS = "bench:dzpPopuI4/KNx+qnj3WNpMLS2v0Vek+qyopYqciI7cE="

Target: TypeAlias = tuple[str, str]
"""A session and the token of its owner."""


@dataclass
class Ground:
    """A database with people in it, on which replicas run. Made by `ground`."""

    folder: Path
    url: str
    environment: dict[str, str]
    secret: str
    chats: list[Target] = field(default_factory=list)
    busy: list[Target] = field(default_factory=list)
    idle: list[Target] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """Those of the replicas, for a part of the service in this process."""
        return Settings(
            database_url=SecretStr(self.environment["DATABASE_URL"]),
            jwt_secret=SecretStr(self.secret),
            encryption_keys=SecretStr(_KEYS),
        )

    @contextmanager
    def replica(self, name: str) -> Iterator[Server]:
        """One more, with one worker."""
        with running_replica(self.folder, name, **self.environment) as server:
            yield server

    def token(self, user: str) -> str:
        return mint_development_token(
            self.secret,
            subject=user,
            tenant="default",
            roles=[],
            scopes=None,
            expires_in=timedelta(days=1),
            issuer=None,
            audience=None,
            now=datetime.now(UTC),
            jti=str(uuid4()),
        )

    def populate(self, idle: int) -> None:
        """The sessions that writers append to, so many idle ones, and a busy one."""
        with self.replica("population") as server:
            self.chats += self._made(server, "writer", CHATS)
            self.busy += self._made(server, "busy", 1)
            while len(self.idle) < idle:
                self.idle += self._made(server, f"idle-{len(self.idle)}", SESSIONS_EACH)

    def _made(self, server: Server, user: str, count: int) -> list[Target]:
        token = self.token(user)
        with _client(server.port, token) as http:
            return [
                (http.post("/api/sessions/", json={}).raise_for_status().json()["id"], token)
                for _ in range(count)
            ]

    def write(
        self, session_id: str, token: str, ports: Sequence[int], changes: int, rate: float
    ) -> dict[int, tuple[float, float]]:
        """Appends to a session through all ports in turn. When each version was asked for, and
        when its commit was answered, of the machine's monotonic clock.
        """
        clients = [_client(port, token) for port in ports]
        sent: dict[int, tuple[float, float]] = {}
        path = f"/api/sessions/{session_id}/messages"
        due = time.monotonic()
        for _, http in zip(range(changes), cycle(clients), strict=False):
            time.sleep(max(0.0, due - time.monotonic()))
            due += 1 / rate
            asked_at = time.monotonic()
            answer = http.post(path, json={"role": "user", "content": MESSAGE})
            answered_at = time.monotonic()
            sent[answer.raise_for_status().json()["version"]] = asked_at, answered_at
        for http in clients:
            http.close()
        return sent

    async def keys(self, session_ids: Iterable[str]) -> list[tuple[SessionKey, int]]:
        """The keys and versions of sessions."""
        connection = await asyncpg.connect(self.url)
        try:
            rows = await connection.fetch(
                "SELECT owner_id, id, version FROM user_sessions WHERE id = ANY ($1)",
                [UUID(session_id) for session_id in session_ids],
            )
        finally:
            await connection.close()
        return [((row["owner_id"], row["id"]), row["version"]) for row in rows]

    async def postgresql(self) -> str:
        """Which one it is."""
        connection = await asyncpg.connect(self.url)
        try:
            return f"PostgreSQL {await connection.fetchval('SHOW server_version')}"
        finally:
            await connection.close()


@contextmanager
def ground(folder: Path, *, idle: int) -> Iterator[Ground]:
    """An embedded PostgreSQL in the folder, migrated, with people in it who have so many idle
    sessions at least.
    """
    secret = secrets.token_urlsafe(48)
    with open_embedded(folder / "data") as embedded:
        environment = {
            "DATABASE_URL": embedded.service_url,
            "SESSION_API_MIGRATION_URL": embedded.url,
            "SESSION_API_JWT_SECRET": secret,
            "SESSION_API_ENCRYPTION_KEYS": _KEYS,
            "SESSION_API_STORAGE": (folder / "files").absolute().as_uri(),
            "SESSION_API_STREAMS_PER_USER": "100000",
        }
        made = Ground(folder, embedded.url, environment, secret)
        made.populate(idle)
        yield made


@dataclass
class Listening:
    """Streams that are open; what arrived is known once they are closed."""

    arrivals: Arrivals = field(default_factory=Arrivals)


@contextmanager
def follow(following: Following) -> Iterator[Listening]:
    """Opens the streams, in a process of their own, and closes them when the block is left.

    Raises BenchFailed where one does not open, or ends before its time.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.streams"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    listening = Listening()
    try:
        process.stdin.write(json.dumps(asdict(following)) + "\n")
        process.stdin.flush()
        if process.stdout.readline() != "ready\n":
            raise BenchFailed(process.communicate()[1].strip()[-1000:])
        yield listening
        told, errors = process.communicate()
        if process.returncode:
            raise BenchFailed(errors.strip()[-1000:])
        found = json.loads(told)
        found["times"] = {int(version): times for version, times in found["times"].items()}
        listening.arrivals = Arrivals(**found)
        if listening.arrivals.ended or listening.arrivals.refused:
            raise BenchFailed(
                f"{listening.arrivals.ended} streams ended too soon. {listening.arrivals.refused}"
            )
    finally:
        process.kill()
        process.wait()


def loaded(here: Ground, server: Server, writers: int, seconds: float) -> Reading:
    """A reading of closed-loop writers, from a process of their own. Raises BenchFailed."""
    task = Task(
        port=server.port,
        requests=[_append(session_id, token) for session_id, token in here.chats],
        expected_status=201,
        connections=writers,
        warmup=min(1.0, seconds / 4),
        seconds=seconds,
        server_pid=server.pid,
    )
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(asdict(task)),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise BenchFailed(ran.stderr.strip()[-1000:])
    reading = Reading(**json.loads(ran.stdout))
    if reading.refused:
        raise BenchFailed(f"a writer was refused: {reading.first_refused}")
    return reading


def _append(session_id: str, token: str) -> str:
    body = json.dumps({"role": "user", "content": MESSAGE})
    return "\r\n".join(
        [
            f"POST /api/sessions/{session_id}/messages HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {token}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "",
            body,
        ]
    )


def _client(port: int, token: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"http://127.0.0.1:{port}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
        trust_env=False,
    )
