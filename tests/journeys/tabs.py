"""A browser tab that holds the service to its word: it records all that was acknowledged."""

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support.people import MERGE_PATCH, new_id


@dataclass
class Tab:
    """One tab on one session. What was sent without an answer is `pending`, to be sent again."""

    http: httpx.AsyncClient
    session: str = ""
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    """Of the answer that it streams."""
    pending: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    async def ask(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """The answer to a call that must succeed."""
        headers = MERGE_PATCH if method == "PATCH" else {}
        answer = await self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def say(self, *messages: dict[str, Any]) -> bool:
        """Appends; False, here and below, where no answer came."""
        said = await self._write("POST", "/messages", {"messages": list(messages)})
        if said is not None:
            self.messages |= {message["id"]: message for message in said["messages"]}
        return said is not None

    async def save(self, **changes: Any) -> bool:
        """An autosave: merges into the metadata."""
        body = {"session_metadata": changes}
        saved = await self._write("PATCH", "", body)
        if saved is not None:
            self.metadata = saved["session_metadata"]
        return saved is not None

    async def stream(self, answer_id: str, word: str) -> bool:
        """Lets the answer grow by a word."""
        body = {"offset": len(self.text), "text": word}
        grown = await self._write("POST", f"/messages/{answer_id}/append", body)
        if grown is not None:
            self.text += word
            assert grown["length"] == len(self.text)
        return grown is not None

    async def repeat_pending(self) -> None:
        """Sends again, ids and all, what had no answer; now it must be taken."""
        pending, self.pending = self.pending, []
        for method, path, body in pending:
            written = await self._write(method, path, body)
            assert written is not None
            if "messages" in body:
                self.messages |= {message["id"]: message for message in written["messages"]}
            elif "text" in body:
                self.text += body["text"]
            else:
                self.metadata = written["session_metadata"]

    async def whole_chat(self) -> dict[str, dict[str, Any]]:
        """Every message, page by page, oldest first."""
        found: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            page = await self.ask("GET", f"{self.session}/messages?limit=200&after={after}")
            found += page["items"]
            after = page["next_after"]
        assert [message["seq"] for message in found] == list(range(1, len(found) + 1))
        return {message["id"]: message for message in found}

    async def _write(self, method: str, path: str, body: dict[str, Any]) -> Any:
        headers = MERGE_PATCH if method == "PATCH" else {}
        try:
            answer = await self.http.request(
                method, self.session + path, json=body, headers=headers
            )
        except httpx.TransportError:
            self.pending.append((method, path, body))
            return None
        if answer.status_code == 503:
            assert answer.json()["code"] == "database_unavailable"
            self.pending.append((method, path, body))
            return None
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()


def message(place: int) -> dict[str, Any]:
    """A message with all that a careless store changes: order, numbers, signs, unknown parts."""
    if place % 2 == 0:
        return {"id": new_id(), "role": "user", "content": f"{place}: was kostet das? 🙂\r\n\t"}
    return {
        "id": new_id(),
        "role": "assistant",
        "content": [
            {"type": "text", "text": f"{place} €"},
            {"z": 1.0, "a": 1e-7, "unknown": [None, True, {"": ""}]},
        ],
        "metadata": {"tokens": place, "cost": 0.10},
    }


async def autosave_until(tab: Tab, over: asyncio.Event) -> None:
    """Saves the draft over and over, as a tab does while its person types."""
    number = int(tab.metadata.get("saves", 0))
    while not over.is_set():
        number += 1
        if not await tab.save(draft=f"Entwurf {number} …", saves=number):
            return
        await asyncio.sleep(0.01)
