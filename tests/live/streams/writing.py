"""What writers do while streams are read."""

from typing import Any

import httpx


async def made(client: httpx.AsyncClient, **body: Any) -> str:
    """A new session's id."""
    answer = await client.post("/api/sessions/", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def says(client: httpx.AsyncClient, session_id: str, text: str = "x", **more: Any) -> int:
    """The version that a new message makes."""
    answer = await client.post(
        f"/api/sessions/{session_id}/messages", json={"role": "user", "content": text} | more
    )
    assert answer.status_code == 201, answer.text
    return int(answer.json()["version"])


async def begins(client: httpx.AsyncClient, session_id: str) -> str:
    """The id of an answer that is being written."""
    answer = await client.post(
        f"/api/sessions/{session_id}/messages",
        json={"role": "assistant", "content": "", "status": "in_progress"},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["messages"][0]["id"])


async def grows(
    client: httpx.AsyncClient, session_id: str, message_id: str, offset: int, text: str
) -> int:
    """The version at which the answer has this text more."""
    answer = await client.post(
        f"/api/sessions/{session_id}/messages/{message_id}/append",
        json={"offset": offset, "text": text},
    )
    assert answer.status_code == 200, answer.text
    return int(answer.json()["version"])
