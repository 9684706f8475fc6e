"""What live sync is measured on: replicas, people, sessions, and who follows them."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import asyncpg
import httpx

from benchmarks.generator import running_generator
from benchmarks.ground import Ground, ground
from benchmarks.load import Reading, Task
from benchmarks.population import MESSAGE
from benchmarks.processes import BenchFailed, Server, Start
from benchmarks.streams import Arrivals, Following
from session_api.sync.fanout import SessionKey

CHATS = 32
"""Sessions that are appended to in turn, so that a row's lock does not order all writers."""

SESSIONS_EACH = 20
"""Idle sessions of one person."""

Target: TypeAlias = tuple[str, str]
"""A session and the token of its owner."""


@dataclass
class LiveGround(Ground):
    """A database with people in it, on which replicas run. Made by `live_ground`."""

    chats: list[Target] = field(default_factory=list)
    busy: list[Target] = field(default_factory=list)
    idle: list[Target] = field(default_factory=list)

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


@contextmanager
def live_ground(folder: Path, *, idle: int, start: Start, durable: bool) -> Iterator[LiveGround]:
    """An embedded PostgreSQL in the folder, migrated, with people in it who have so many idle
    sessions at least.
    """
    with ground(folder, start, durable=durable) as bare:
        environment = bare.environment | {"SESSION_API_STREAMS_PER_USER": "100000"}
        made = LiveGround(bare.folder, bare.url, environment, bare.secret, start)
        made.populate(idle)
        yield made


@dataclass
class Listening:
    """Streams that are open; what arrived is known once they are closed. None is before it has the
    version `until`, where that comes in time.
    """

    arrivals: Arrivals = field(default_factory=Arrivals)
    until: int = 0


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
        told, errors = process.communicate(f"{listening.until}\n")
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


def loaded(here: LiveGround, server: Server, writers: int, seconds: float) -> Reading:
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
    with running_generator() as generator:
        try:
            reading = generator.load(task)
        except ConnectionError as error:
            raise BenchFailed(str(error)) from error
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
