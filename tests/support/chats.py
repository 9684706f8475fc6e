"""Builders for chats: batches, answers that are being written, and what a chat then holds."""

from typing import Any

import httpx

from tests.support.people import Person


def batch(*contents: Any) -> dict[str, Any]:
    """A batch of messages by a user."""
    return {"messages": [{"role": "user", "content": content} for content in contents]}


async def send(
    person: Person, session_id: str, body: Any, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Sends what may be refused; `says` is for what must work."""
    return await person.post(f"/api/sessions/{session_id}/messages", json=body, headers=headers)


async def is_writing(person: Person, session_id: str, content: Any = "") -> str:
    """The path of a message in progress."""
    message = await person.says(session_id, content, role="assistant", status="in_progress")
    return f"/api/sessions/{session_id}/messages/{message['id']}"


async def grow(person: Person, path: str, offset: int, text: str) -> httpx.Response:
    """Adds text to a message in progress."""
    return await person.post(f"{path}/append", json={"offset": offset, "text": text})


async def chat_of(person: Person, session_id: str) -> list[tuple[int, Any]]:
    """Seq and content of every message, oldest first."""
    chat = (await person.sees(session_id, messages=200))["chat"]
    return [(message["seq"], message["content"]) for message in chat["messages"]]


async def version_of(person: Person, session_id: str) -> int:
    """The session's present version."""
    return int((await person.sees(session_id, include=""))["version"])
