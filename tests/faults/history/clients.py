"""Clients that do what people and agents do, and send again what had no answer."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import httpx

from tests.faults.history.asking import Asker
from tests.faults.history.records import History
from tests.faults.history.spaces import (
    KEYS,
    STEP,
    Space,
    Texts,
    latest_messages,
    page_of,
    registers_of,
)

TRIES = 40
WORDS = 12


class Client(Asker):
    """One of many. It uses all replicas, and its chance is its own."""

    def __init__(
        self,
        number: int,
        replicas: Sequence[httpx.AsyncClient],
        headers: Mapping[str, str],
        spaces: Sequence[Space],
        history: History,
        texts: Texts,
        chance: random.Random,
        *,
        owners: int,
    ) -> None:
        """`spaces` are two, and all their clients have the same ones."""
        super().__init__(number, replicas, headers, history, chance)
        self._spaces = spaces
        self._texts = texts
        self._growing: dict[str, tuple[str, int]] = {}
        first, second = sorted(spaces, key=lambda space: space.id)
        # The first of each owner alone completes and resumes; each step is one client's.
        self._is_keeper = number < owners
        self._step_of = {0: first, 1: second}.get(number // owners)
        self._works: list[tuple[Callable[[Space], Awaitable[None]], int]] = [
            (self.append, 20),
            (self.grow, 20),
            (self.patch, 14),
            (self.put, 8),
            (self.read, 16),
            (self.page, 8),
            (self.recover, 4),
            (self.touch, 3),
            (self.remove, 3),
        ]

    async def work_until(self, over: asyncio.Event, pause_seconds: float) -> None:
        """One thing after the other, with pauses of about so long."""
        works, weights = zip(*self._works, strict=True)
        while not over.is_set():
            space = self.chance.choice(self._spaces)
            (work,) = self.chance.choices(works, weights)
            lot = self.chance.random()
            if self._is_keeper and (space.is_completed or lot < 0.02):
                await self.move(space)
            elif self._step_of is not None and lot < 0.12:
                await self.step(self._step_of)
            elif lot > 0.98:
                await self.brief()
            else:
                await work(space)
            await asyncio.sleep(self.chance.expovariate(1 / pause_seconds))

    # Writing

    async def append(self, space: Space) -> None:
        """One message or a few; the same ids until there is an answer."""
        ids = tuple(self.new_id() for _ in range(self.chance.choice((1, 1, 1, 2, 5))))
        seen = space.version if self.chance.random() < 0.2 else None
        bodies = [{"id": each, "role": "user", "content": self._texts.said(each)} for each in ids]
        if await self._append(space.id, ids, bodies, seen, space) == 1:
            space.removable.append(ids[0])

    async def _append(
        self,
        session: str,
        ids: tuple[str, ...],
        bodies: Sequence[Mapping[str, Any]],
        seen: int | None = None,
        space: Space | None = None,
    ) -> int | None:
        """How many attempts it took; None where it was refused."""
        path = f"/api/sessions/{session}/messages"
        for attempt in range(1, TRIES + 1):
            told = await self.ask("POST", path, {"messages": bodies}, seen=seen)
            facts: dict[str, Any] = {}
            if told.is_ok:
                facts["version"] = told.body["version"]
                facts["applied"] = told.status == 201
                facts["seqs"] = tuple(message["seq"] for message in told.body["messages"])
                if space is not None:
                    space.notices(told.body["version"])
            self.note(
                "append", session, told,
                adds=ids, steps=len(ids), scope="chat", if_match=seen, **facts,
            )  # fmt: skip
            if told.outcome != "unknown":
                return attempt if told.is_ok else None
            await self.rests()
        return None

    async def grow(self, space: Space) -> None:
        """A word more for the answer that it is writing, or the first or last of one."""
        if space.id not in self._growing:
            message_id = self.new_id()
            self._texts.begin(message_id)
            body = {"id": message_id, "role": "assistant", "content": "", "status": "in_progress"}
            if await self._append(space.id, (message_id,), [body], None, space):
                self._growing[space.id] = (message_id, 0)
            return
        message_id, words = self._growing.pop(space.id)
        more = self.chance.randint(1, 3)
        if words >= WORDS:
            await self._finish(space, message_id)
        elif await self._grow(space, message_id, words, words + more):
            self._growing[space.id] = (message_id, words + more)

    async def _grow(self, space: Space, message_id: str, words: int, end: int) -> bool:
        text = self._texts.words(message_id, words, end)
        body = {"offset": len(self._texts.words(message_id, 0, words)), "text": text}
        for attempt in range(TRIES):
            told = await self.ask("POST", f"{space.path}/messages/{message_id}/append", body)
            facts: dict[str, Any] = {}
            if told.is_ok:
                # A repeat may find that the one before had done it.
                facts = {"version": told.body["version"], "applied": attempt == 0}
                space.notices(told.body["version"])
            self.note(
                "grow", space.id, told, grows=(message_id, end), steps=1, scope="chat", **facts
            )
            if told.outcome != "unknown":
                return told.is_ok
            await self.rests()
        return False

    async def _finish(self, space: Space, message_id: str) -> None:
        for attempt in range(TRIES):
            body = {"status": "complete"}
            told = await self.ask("PATCH", f"{space.path}/messages/{message_id}", body)
            facts: dict[str, Any] = {}
            if told.is_ok and attempt == 0:
                facts = {"version": told.etag, "applied": True}
            self.note("finish", space.id, told, steps=1, scope="chat", **facts)
            if told.outcome != "unknown":
                return
            await self.rests()

    async def patch(self, space: Space) -> None:
        """An autosave of one key. What had no answer is not sent again: the next is another."""
        await self._save(space, "PATCH", {self.chance.choice(KEYS): self.new_id()}, {})

    async def put(self, space: Space) -> None:
        """The name, the metadata as a whole, or both."""
        value = self.new_id()
        metadata = dict.fromkeys(KEYS, value) if self.chance.random() < 0.5 else {}
        fields = {} if metadata and self.chance.random() < 0.5 else {"name": value}
        await self._save(space, "PUT", metadata, fields)

    async def _save(
        self, space: Space, method: str, metadata: dict[str, str], fields: dict[str, str]
    ) -> None:
        seen = space.version if self.chance.random() < 0.6 else None
        body = dict(fields) | ({"session_metadata": metadata} if metadata else {})
        told = await self.ask(method, space.path, body, seen=seen)
        facts: dict[str, Any] = {}
        if told.is_ok:
            facts = {
                "version": told.body["version"],
                "applied": True,
                "shows": registers_of(told.body, with_mission=False),
            }
            space.notices(told.body["version"])
        elif told.status == 412:
            space.notices(told.body["current_version"])
        self.note(
            method.lower(), space.id, told,
            sets=metadata | fields, steps=1, scope="fields", if_match=seen, **facts,
        )  # fmt: skip

    async def step(self, space: Space) -> None:
        """The output of a tool step."""
        value = self.new_id()
        told = await self.ask("PATCH", space.step_path, {"output": value})
        self.note("step", space.id, told, sets={STEP: value}, steps=1)

    async def remove(self, space: Space) -> None:
        """A message that nobody is sending any more."""
        if not space.removable:
            return
        message_id = space.removable.pop(self.chance.randrange(len(space.removable)))
        for _ in range(TRIES):
            told = await self.ask("DELETE", f"{space.path}/messages/{message_id}")
            self.note("remove", space.id, told, removes=message_id, steps=1, scope="chat")
            if told.outcome != "unknown":
                return
            await self.rests()

    async def touch(self, space: Space) -> None:
        told = await self.ask("POST", f"{space.path}/activity")
        self.note("touch", space.id, told)

    async def move(self, space: Space) -> None:
        """Completes a session, or resumes it until it surely is."""
        move = "resume" if space.is_completed else "complete"
        told = await self.ask("POST", f"{space.path}/{move}")
        facts: dict[str, Any] = {}
        if told.is_ok:
            facts = {
                "version": told.body["version"],
                "shows": registers_of(told.body, with_mission=False),
            }
            space.notices(told.body["version"])
        # With it end the answers under way, one of each client at most.
        self.note(
            "move", space.id, told,
            moves=move, steps=2 + space.shared_by, scope="fields", **facts,
        )  # fmt: skip
        space.is_completed = move == "complete" or not told.is_ok

    # Reading

    async def read(self, space: Space) -> None:
        await self._read(space.id, space)

    async def _read(self, session: str, space: Space | None = None) -> None:
        query = f"include=chat,mission&messages={self.chance.randint(1, 20)}"
        told = await self.ask("GET", f"/api/sessions/{session}?{query}")
        facts: dict[str, Any] = {}
        if told.is_ok:
            facts = self._workspace(told.body)
            if space is not None:
                space.notices(told.body["version"])
        self.note("read", session, told, **facts)

    def _workspace(self, session: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "version": session["version"],
            "shows": registers_of(session, with_mission=True),
            "page": latest_messages(session["chat"], self._texts),
        }

    async def page(self, space: Space) -> None:
        """The latest messages, or those after some place."""
        after = self.chance.randrange(200) if self.chance.random() < 0.5 else None
        await self._page(space.id, after, self.chance.randint(1, 30))

    async def _page(self, session: str, after: int | None, limit: int) -> int | None:
        """The place to go on after, None at the end."""
        place = "" if after is None else f"&after={after}"
        told = await self.ask("GET", f"/api/sessions/{session}/messages?limit={limit}{place}")
        facts = {"page": page_of(told.body, self._texts, after=after)} if told.is_ok else {}
        self.note("page", session, told, **facts)
        if not told.is_ok:
            return after
        return None if told.body["next_after"] is None else int(told.body["next_after"])

    async def recover(self, space: Space) -> None:
        """It may fall back to another session while this one is completed."""
        told = await self.ask("POST", "/api/sessions/recover", {"session_id": space.id})
        if not told.is_ok:
            self.note("recover", space.id, told)
            return
        session = told.body["session"]
        if told.body["reset"] is not None:
            self.note("recover", space.id, told, code=told.body["reset"]["reason"])
        self.note(
            "recover", session["id"], told, creates=told.status == 201, **self._workspace(session)
        )

    async def reads_everything(self, space: Space) -> None:
        """Once all is quiet: the session, and the whole of its chat."""
        await self._read(space.id, space)
        after: int | None = 0
        for _ in range(10_000):
            after = await self._page(space.id, after, 200)
            if after is None:
                return

    # A whole life

    async def brief(self) -> None:
        """A session of its own, which it fills, reads and erases."""
        session = self.new_id()
        clean = await self._create(session)
        if clean is None:
            return
        for _ in range(2):
            message_id = self.new_id()
            body = {"id": message_id, "role": "user", "content": self._texts.said(message_id)}
            await self._append(session, (message_id,), [body])
        await self._read(session)
        if not clean:
            return  # an attempt may still be on its way, and would make it anew
        for _ in range(TRIES):
            told = await self.ask("DELETE", f"/api/sessions/{session}")
            self.note("erase", session, told, erases=True)
            if told.outcome != "unknown":
                break
            await self.rests()
        await self._read(session)
        await self._page(session, None, 10)

    async def _create(self, session: str) -> bool | None:
        """Whether the first attempt made it; None where none did."""
        for attempt in range(TRIES):
            told = await self.ask("POST", "/api/sessions/", {"id": session})
            facts: dict[str, Any] = {}
            if told.is_ok:
                facts = {
                    "version": told.body["version"],
                    "shows": registers_of(told.body, with_mission=False),
                }
                self.history.base.setdefault(session, 1)
            self.note("create", session, told, creates=True, **facts)
            if told.outcome != "unknown":
                return attempt == 0 if told.is_ok else None
            await self.rests()
        return None
