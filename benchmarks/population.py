"""The rows that a run works on, made through the service's own routes."""

from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

MESSAGES = 50
HOPS = 3
STEPS_PER_HOP = 3
MESSAGE = "Which day is the museum free, and how do we get there from the hotel by tram?"

_WORDS = MESSAGE.lower().strip("?").split()


@dataclass(frozen=True)
class Population:
    """One whole workspace to come back to, and sessions to append to."""

    workspace: str
    chats: list[str]


def populate(base: str, token: str, *, chats: int) -> Population:
    """Raises httpx.HTTPStatusError where the service refuses."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=base, headers=headers, timeout=30, trust_env=False) as http:
        made = [_created(http, "/api/sessions/", {"name": f"chat {n}"}) for n in range(chats)]
        workspace = _created(
            http,
            "/api/sessions/",
            {
                "name": "Trip to Lisbon",
                "session_metadata": {"panel": "chat", "theme": "dark", "scroll": 0, "draft": ""},
            },
        )
        chance = Random(0)
        http.post(
            f"/api/sessions/{workspace}/messages",
            json={"messages": [_message(chance, place) for place in range(MESSAGES)]},
        ).raise_for_status()
        hops = [_hop(hop) for hop in range(HOPS)]
        mission = {"session_id": workspace, "name": "Plan three days", "hops": hops}
        _created(http, "/api/missions/", mission)
    return Population(workspace, made)


def _created(http: httpx.Client, path: str, body: dict[str, Any]) -> str:
    return str(http.post(path, json=body).raise_for_status().json()["id"])


def _message(chance: Random, place: int) -> dict[str, Any]:
    """Questions in a line, answers in up to three parts, as agent UIs send them."""
    if place % 2 == 0:
        return {"role": "user", "content": _text(chance, 12)}
    parts = [{"type": "text", "text": _text(chance, 30)} for _ in range(chance.randint(1, 3))]
    return {"role": "assistant", "content": parts, "metadata": {"model": "example-1"}}


def _text(chance: Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))


def _hop(place: int) -> dict[str, Any]:
    step = {"name": "web_search", "status": "completed", "input": {"query": "opening hours"}}
    return {
        "name": f"Hop {place}",
        "status": "completed",
        "tool_steps": [step] * STEPS_PER_HOP,
    }
