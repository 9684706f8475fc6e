"""What `session-api seed` makes: a few workspaces such as a person has after some weeks."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

import httpx

from session_api.app import create_app
from session_api.ports import system_clock
from session_api.security import mint_development_token
from session_api.seeding.texts import ANSWERS, HOPS, NAMES, QUESTIONS
from session_api.settings import Settings

_BATCH = 50


@dataclass(frozen=True)
class Size:
    """How much to make. The first session has the longest chat, each next one half of it."""

    sessions: int
    messages: int

    def messages_of(self, place: int) -> int:
        return max(2, self.messages >> place)

    @property
    def steps(self) -> int:
        """How many messages there will be: what a progress bar counts."""
        return sum(self.messages_of(place) for place in range(self.sessions))


async def seed_demo(
    settings: Settings, *, user: str, size: Size, advance: Callable[[int], None]
) -> dict[str, int]:
    """Makes the workspaces, calling `advance` with the messages so far. Returns what was made.

    Raises httpx.HTTPStatusError where the service refuses, which a seed never should meet.
    """
    app = create_app(settings)
    assert settings.jwt_secret is not None  # noqa: S101 - the command saw to it
    token = mint_development_token(
        settings.jwt_secret.get_secret_value(),
        subject=user,
        tenant="default",
        roles=[],
        scopes=None,
        expires_in=timedelta(hours=1),
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        now=system_clock(),
    )
    made = dict.fromkeys(("sessions", "messages", "missions", "hops", "tool_steps"), 0)
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://seed", headers=headers, timeout=30
        ) as http:
            session_id = ""
            # The longest chat last, so that it is the one a recovery comes back to.
            for place in reversed(range(size.sessions)):
                session_id = await _session(http, place)
                made["sessions"] += 1
                talk = _conversation(random.Random(place), size.messages_of(place))  # noqa: S311
                while batch := list(islice(talk, _BATCH)):
                    await _post(http, f"/api/sessions/{session_id}/messages", {"messages": batch})
                    made["messages"] += len(batch)
                    advance(made["messages"])
            hops, steps = await _mission(http, session_id)
            made |= {"missions": 1, "hops": hops, "tool_steps": steps}
    finally:
        await app.state.database.close()
    return made


async def _session(http: httpx.AsyncClient, place: int) -> str:
    body = {
        "name": NAMES[place % len(NAMES)],
        "session_metadata": {"panel": "chat", "theme": "dark", "scroll": 0, "draft": ""},
    }
    return str((await _post(http, "/api/sessions/", body))["id"])


async def _mission(http: httpx.AsyncClient, session_id: str) -> tuple[int, int]:
    """A mission in the middle of its work: a hop done, one running, one still to come."""
    hops = []
    for (name, tools), status in zip(HOPS, ("completed", "active", "pending"), strict=True):
        steps: list[dict[str, Any]] = [
            {"name": tool, "status": status, "input": {"query": name.lower()}} for tool in tools
        ]
        if status == "active":
            steps[-1]["status"] = "pending"
        hops.append({"name": name, "status": status, "tool_steps": steps})
    body = {
        "session_id": session_id,
        "name": "Plan three days in Lisbon",
        "description": "Museums, food and one day at the sea.",
        "status": "active",
        "hops": hops,
    }
    await _post(http, "/api/missions/", body)
    return len(hops), sum(len(hop["tool_steps"]) for hop in hops)


def _conversation(chance: random.Random, count: int) -> Iterator[dict[str, Any]]:
    for place in range(count):
        if place % 2 == 0:
            yield {"role": "user", "content": chance.choice(QUESTIONS)}
        else:
            yield {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": text}
                    for text in chance.sample(ANSWERS, k=chance.randint(1, 3))
                ],
                "metadata": {"model": "example-1", "tokens": chance.randint(40, 400)},
            }


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await http.post(path, json=body)
    answer.raise_for_status()
    return dict(answer.json())
