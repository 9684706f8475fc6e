"""A guest who does everything at once, and remembers all that was acknowledged."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.people import MERGE_PATCH, new_id
from tests.support.waiting import WAIT_SECONDS, until

AGAIN = (502, 503)
OVER = (401, 404)
"""What a guest is told who was merged: by the token, or because nothing is there any longer."""


class Over(Exception):
    """There is nothing to write to any longer."""


@dataclass
class Busy:
    """What the guest was told is there."""

    lines: Sequence[httpx.AsyncClient]
    """To each replica one, with the guest's token on."""

    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By session, the metadata that was saved last."""

    messages: dict[str, set[str]] = field(default_factory=dict)
    grown: dict[tuple[str, str], str] = field(default_factory=dict)
    missions: set[str] = field(default_factory=set)
    hops: dict[str, set[str]] = field(default_factory=dict)
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    """By session and id, the SHA-256 of a file's content."""

    odd: list[str] = field(default_factory=list)
    """Answers that nobody should get."""

    refused: int = 0
    unanswered: int = 0
    """Sent, and the connection was lost: done or not."""

    ends_at: float | None = None
    """By the loop's time: whoever still writes then has been left behind."""

    _turn: int = 0

    @property
    def acknowledged(self) -> int:
        """How many things."""
        several = sum(len(each) for each in (*self.messages.values(), *self.hops.values()))
        return several + len(self.sessions) + len(self.missions) + len(self.files)

    async def ask(self, method: str, path: str, **options: Any) -> Any:
        """What a write that has an id of its own, or can be repeated otherwise, is answered with.

        Repeated, elsewhere, until somebody answers. Raises Over.
        """
        while True:
            # Not by cancelling: a service in this process would answer that, and be asked again.
            if self.ends_at is not None and asyncio.get_running_loop().time() > self.ends_at:
                raise TimeoutError("the guest goes on")
            self._turn += 1
            http = self.lines[self._turn % len(self.lines)]
            try:
                answer = await http.request(method, path, **options)
            except httpx.TransportError:
                self.unanswered += 1
                await asyncio.sleep(0.05)
                continue
            if answer.status_code in AGAIN:
                await asyncio.sleep(0.02)
                continue
            if answer.status_code in OVER:
                self.refused += 1
                raise Over
            if answer.status_code not in (200, 201):
                self.odd.append(f"{method} {path}: {answer.text}")
            return answer.json()

    async def begins(self) -> str:
        """A new session."""
        session = new_id()
        await self.ask("POST", "/api/sessions/", json={"id": session, "session_metadata": {}})
        self.sessions[session] = {}
        return session

    async def says(self, session: str) -> None:
        message = {"id": new_id(), "role": "user", "content": "under fire"}
        await self.ask("POST", f"/api/sessions/{session}/messages", json=message)
        self.messages.setdefault(session, set()).add(message["id"])

    async def saves(self, session: str) -> None:
        number = self.sessions[session].get("saves", 0) + 1
        body = {"session_metadata": {"saves": number}}
        path = f"/api/sessions/{session}"
        await self.ask("PATCH", path, json=body, headers=MERGE_PATCH)
        self.sessions[session] = {"saves": number}

    async def grows(self, session: str, message: str) -> None:
        text = self.grown[session, message]
        body = {"offset": len(text), "text": "word "}
        await self.ask("POST", f"/api/sessions/{session}/messages/{message}/append", json=body)
        self.grown[session, message] = text + "word "

    async def plans(self, session: str | None) -> None:
        mission, hop = new_id(), new_id()
        body = {"id": mission, "name": "a mission"}
        if session is not None:
            body["session_id"] = session
        await self.ask("POST", "/api/missions/", json=body)
        self.missions.add(mission)
        body = {"id": hop, "name": "a hop"}
        await self.ask("POST", f"/api/missions/{mission}/hops", json=body)
        self.hops.setdefault(mission, set()).add(hop)

    async def uploads(self, session: str) -> None:
        asset = new_id()
        content = asset.encode() * 100
        await self.ask(
            "POST",
            f"/api/sessions/{session}/assets/upload",
            files={"file": ("a.txt", content, "text/plain")},
            headers={"Idempotency-Key": asset},
        )
        self.files[session, asset] = hashlib.sha256(content).hexdigest()

    async def begins_with_a_mission(self) -> None:
        await self.plans(await self.begins())


@asynccontextmanager
async def busy(lines: Sequence[httpx.AsyncClient], *, after: int = 40) -> AsyncIterator[Busy]:
    """Does all of it over and over, until the guest is over. The block begins when `after` things
    were acknowledged; leaving it waits for the end.
    """
    guest = Busy(lines)
    one = await guest.begins()
    answer = {"id": new_id(), "role": "assistant", "content": "", "status": "in_progress"}
    await guest.ask("POST", f"/api/sessions/{one}/messages", json=answer)
    guest.grown[one, answer["id"]] = ""

    async def over_and_over(what: Callable[[], Awaitable[object]]) -> None:
        try:
            while True:
                await what()
        except Over:
            return

    async with asyncio.TaskGroup() as group:
        for what in (
            guest.begins,
            guest.begins_with_a_mission,
            lambda: guest.says(one),
            lambda: guest.says(one),
            lambda: guest.saves(one),
            lambda: guest.grows(one, answer["id"]),
            lambda: guest.plans(None),
            lambda: guest.uploads(one),
            lambda: guest.uploads(one),
        ):
            group.create_task(over_and_over(what))
        loop, patience = asyncio.get_running_loop(), 0.0
        try:
            await until(lambda: guest.acknowledged >= after)
            yield guest
            patience = WAIT_SECONDS
        finally:
            guest.ends_at = loop.time() + patience


async def lacks(account: httpx.AsyncClient, guest: Busy) -> list[str]:
    """What the guest was told is there, and the account does not find."""
    looking = _Looking(account, list(guest.odd))
    for session, metadata in guest.sessions.items():
        path = f"/api/sessions/{session}"
        seen = await looking.at(f"{path}?include=")
        saved = [metadata, {"saves": metadata.get("saves", 0) + 1}]
        looking.expects(path, seen.get("session_metadata"), *saved[: 1 + bool(guest.unanswered)])
        for message in guest.messages.get(session, ()):
            await looking.at(f"{path}/messages/{message}")
    for (session, message), text in guest.grown.items():
        path = f"/api/sessions/{session}/messages/{message}"
        texts = [text, f"{text}word "]
        found = (await looking.at(path)).get("content")
        looking.expects(path, found, *texts[: 1 + bool(guest.unanswered)])
    for mission in guest.missions:
        path = f"/api/missions/{mission}"
        hops = {hop["id"] for hop in (await looking.at(path)).get("hops", ())}
        looking.expects(path, guest.hops.get(mission, set()) - hops, set())
    for (session, asset), digest in guest.files.items():
        path = f"/api/sessions/{session}/assets/{asset}/content"
        content = (await account.get(path, follow_redirects=True)).content
        looking.expects(path, hashlib.sha256(content).hexdigest(), digest)
    return looking.missing


@dataclass
class _Looking:
    account: httpx.AsyncClient
    missing: list[str]

    async def at(self, path: str) -> dict[str, Any]:
        """What is there, or nothing."""
        answer = await self.account.get(path)
        if answer.status_code != 200:
            self.missing.append(f"{path}: {answer.status_code}")
            return {}
        return dict(answer.json())

    def expects(self, path: str, found: object, *expected: object) -> None:
        if found not in expected:
            self.missing.append(f"{path}: {str(found)[:80]}, not {str(expected)[:80]}")
