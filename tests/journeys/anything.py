"""Somebody who does anything that can be done to a workspace, in any order, by chance."""

from random import Random
from typing import Any

import httpx

from tests.support.people import Person, new_id

WORDS = ["museum", "día 🌍", 'a "quote"\n', "", "é" * 40]
ENDS = ("completed", "failed", "cancelled")


class Anything:
    """A device of a person. `did` counts its calls by what they were and how they ended: a call
    may well be refused, as when what it is about was finished meanwhile.
    """

    def __init__(self, person: Person, session_id: str, chance: Random) -> None:
        self._person = person
        self._session = f"/api/sessions/{session_id}"
        self._session_id = session_id
        self._chance = chance
        self.did: dict[str, int] = {}

    async def do(self, times: int) -> None:
        """So many things, each chosen by what is there now; the session is active at the end."""
        for _ in range(times):
            await self._one(await self._person.sees(self._session_id))
        await self._person.post(f"{self._session}/resume")

    async def _one(self, tree: dict[str, Any]) -> None:
        if tree["status"] != "active":
            await self._ask("resume", "POST", f"{self._session}/resume")
            return
        choices = [self._talk] * 3 + [self._grow] * 3 + [self._save, self._file]
        choices += [self._edit, self._unsay, self._rename, self._mission, self._turn, self._share]
        choices += [self._work] * 4
        if self._chance.random() < 0.05:
            choices = [self._leave]
        await self._chance.choice(choices)(tree)

    # The chat

    async def _talk(self, _: dict[str, Any]) -> None:
        messages = [
            {"id": new_id(), "role": "user", "content": self._word()}
            for _ in range(self._chance.randint(1, 6))
        ]
        if self._chance.random() < 0.5:
            writing = {"role": "assistant", "content": "", "status": "in_progress"}
            messages.append({"id": new_id(), **writing})
        await self._ask("append", "POST", f"{self._session}/messages", {"messages": messages})

    async def _grow(self, tree: dict[str, Any]) -> None:
        message = self._any(tree["chat"]["messages"], status="in_progress")
        if message is None or isinstance(message["content"], list):
            return
        path, text = self._message(message), message["content"]
        for _ in range(self._chance.randint(1, 4)):
            body = {"offset": len(text), "text": self._word() or "."}
            await self._ask("grow", "POST", f"{path}/append", body)
            text += body["text"]
        if self._chance.random() < 0.4:
            await self._patch("end a message", path, {"status": self._end("complete")})

    async def _edit(self, tree: dict[str, Any]) -> None:
        message = self._any(tree["chat"]["messages"])
        if message is not None:
            content = self._chance.choice([self._word(), [{"type": "text", "text": self._word()}]])
            body = {"content": content, "metadata": {self._word() or "k": None, "n": [1, None]}}
            await self._patch("edit", self._message(message), body)

    async def _unsay(self, tree: dict[str, Any]) -> None:
        message = self._any(tree["chat"]["messages"])
        if message is not None:
            await self._ask("delete a message", "DELETE", self._message(message))

    # The session

    async def _save(self, _: dict[str, Any]) -> None:
        key = self._chance.choice("abc")
        value = self._chance.choice([None, 1, [1, None], {"x": self._word()}])
        await self._patch("merge", self._session, {"session_metadata": {key: value}})

    async def _rename(self, _: dict[str, Any]) -> None:
        await self._ask("put", "PUT", self._session, {"name": self._word()})

    async def _leave(self, _: dict[str, Any]) -> None:
        call = self._chance.choice(["complete", "archive"])
        await self._ask(call, "POST", f"{self._session}/{call}")

    async def _turn(self, tree: dict[str, Any]) -> None:
        path, turn = f"{self._session}/turn", tree["turn"]
        if turn is None:
            await self._ask("take the turn", "POST", path, {"holder": "an agent"})
        elif self._chance.random() < 0.5:
            number = {"Session-Turn": str(turn["number"])}
            answer = await self._person.put(path, json={"ttl_seconds": 60}, headers=number)
            self._count("keep the turn", answer)
        else:
            await self._ask("stop the turn", "POST", f"{path}/stop")

    async def _share(self, _: dict[str, Any]) -> None:
        shares = f"{self._session}/shares"
        listed = (await self._person.get(shares)).json()["items"]
        there = [share for share in listed if share["user_id"] is None]  # links: nobody is put out
        if there and self._chance.random() < 0.6:
            share = self._chance.choice(there)
            await self._ask("end a share", "DELETE", f"{shares}/{share['id']}")
        else:
            await self._ask("share", "POST", shares, {"role": "viewer", "link": {}})

    # Files

    async def _file(self, tree: dict[str, Any]) -> None:
        if tree["assets"] and self._chance.random() < 0.4:
            path = f"{self._session}/assets/{self._chance.choice(tree['assets'])['id']}"
            await self._ask("delete a file", "DELETE", path)
            return
        fields = {}
        if tree["mission"] is not None and self._chance.random() < 0.6:
            hop = self._any(tree["mission"]["hops"])
            fields = {"mission_id": tree["mission_id"]} if hop is None else {"hop_id": hop["id"]}
        files = {"file": ("a.txt", b"hello")}
        answer = await self._person.post(f"{self._session}/assets/upload", files=files, data=fields)
        self._count("upload", answer)

    # The mission

    async def _mission(self, tree: dict[str, Any]) -> None:
        mission = tree["mission"]
        if mission is None:
            made = {"name": self._word() or "m", "hops": [self._hop(), self._hop()]}
            if self._chance.random() < 0.5:
                made["session_id"] = self._session_id
                await self._ask("make a mission", "POST", "/api/missions/", made)
                return
            made["id"] = new_id()
            await self._ask("make a mission alone", "POST", "/api/missions/", made)
            await self._ask("link", "POST", f"{self._session}/link-mission/{made['id']}")
        elif self._chance.random() < 0.15:
            await self._ask("delete a mission", "DELETE", f"/api/missions/{mission['id']}")
        else:
            body: dict[str, Any] = {"data": {self._chance.choice("ab"): self._word()}}
            if self._chance.random() < 0.1:
                body = {"status": self._chance.choice(["active", *ENDS])}
            await self._patch("change a mission", f"/api/missions/{mission['id']}", body)

    async def _work(self, tree: dict[str, Any]) -> None:
        mission = tree["mission"]
        if mission is None:
            await self._mission(tree)
            return
        hops = f"/api/missions/{mission['id']}/hops"
        hop = self._any(mission["hops"])
        if hop is None or self._chance.random() < 0.15:
            await self._ask("add a hop", "POST", hops, self._hop())
            return
        path = f"{hops}/{hop['id']}"
        step = self._any(hop["tool_steps"])
        status = self._chance.choice(["active", *ENDS])
        match self._chance.randrange(8):
            case 0:
                await self._ask("delete a hop", "DELETE", path)
            case 1:
                await self._patch("change a hop", path, {"status": status, "name": "hop"})
            case 2 | 3:
                await self._ask("add a step", "POST", f"{path}/tool-steps", self._step())
            case 4 if step is not None:
                await self._ask("delete a step", "DELETE", f"{path}/tool-steps/{step['id']}")
            case _ if step is not None:
                body = {"status": status, "output": {"found": self._word()}}
                await self._patch("change a step", f"{path}/tool-steps/{step['id']}", body)

    def _hop(self) -> dict[str, Any]:
        return {"id": new_id(), "name": "a hop", "tool_steps": [self._step(), self._step()]}

    def _step(self) -> dict[str, Any]:
        status = self._chance.choice(["pending", "active"])
        return {"id": new_id(), "name": "a step", "status": status, "input": self._word()}

    # How

    def _word(self) -> str:
        return self._chance.choice(WORDS)

    def _end(self, good: str) -> str:
        return self._chance.choice([good, "failed", "cancelled"])

    def _any(self, things: list[dict[str, Any]], **fields: Any) -> dict[str, Any] | None:
        fit = [each for each in things if fields.items() <= each.items()]
        return self._chance.choice(fit) if fit else None

    def _message(self, message: dict[str, Any]) -> str:
        return f"{self._session}/messages/{message['id']}"

    async def _patch(self, name: str, path: str, body: Any) -> None:
        self._count(name, await self._person.patch(path, body))

    async def _ask(self, name: str, method: str, path: str, body: Any = None) -> None:
        self._count(name, await self._person.request(method, path, json=body))

    def _count(self, name: str, answer: httpx.Response) -> None:
        assert answer.status_code < 300 or answer.status_code in (404, 409), (name, answer.text)
        if answer.status_code < 300:
            self.did[name] = self.did.get(name, 0) + 1
