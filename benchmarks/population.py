"""The rows that a run works on, made through the routes of those who are measured."""

from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

MESSAGES = 50
HOPS = 3
STEPS_PER_HOP = 3
MESSAGE = "Which day is the museum free, and how do we get there from the hotel by tram?"
STATE = {"panel": "chat", "theme": "dark", "scroll": 0, "draft": ""}

_WORDS = MESSAGE.lower().strip("?").split()


@dataclass(frozen=True)
class Places:
    """One whole workspace to come back to, a long chat, and sessions to write to; `token` is for
    whoever they are asked of.
    """

    token: str
    workspace: str
    long_chat: str
    chats: list[str]


@dataclass(frozen=True)
class Population(Places):
    """Those of the service; `tutorial` are its peer's. ADK's sessions have the service's ids."""

    version: int
    long_chat_messages: int
    tutorial: Places


def populate(base: str, token: str, *, chats: int, long_chat: int, tutorial: Places) -> Population:
    """Raises httpx.HTTPStatusError where the service refuses."""
    with _client(base, token) as http:
        made = [_created(http, "/api/sessions/", {"name": f"chat {n}"}) for n in range(chats)]
        talk = _created(http, "/api/sessions/", {"name": "a year of questions"})
        chance = Random(0)
        for start in range(0, long_chat, 100):
            messages = [_message(chance, place) for place in range(min(100, long_chat - start))]
            _sent(http, f"/api/sessions/{talk}/messages", {"messages": messages})
        # Last, so that it is the one to come back to.
        workspace = _created(http, "/api/sessions/", _WORKSPACE)
        messages = [_message(chance, place) for place in range(MESSAGES)]
        _sent(http, f"/api/sessions/{workspace}/messages", {"messages": messages})
        _created(http, "/api/missions/", {"session_id": workspace, **_MISSION})
        version = http.get(f"/api/sessions/{workspace}?include=").raise_for_status().json()
    return Population(token, workspace, talk, made, version["version"], long_chat, tutorial)


def populate_tutorial(base: str, token: str, *, chats: int, long_chat: int) -> Places:
    """The same in the peer after the tutorials, which takes one message at a time."""
    with _client(base, token) as http:
        made = [_created(http, "/api/sessions/", {"name": f"chat {n}"}) for n in range(chats)]
        talk = _created(http, "/api/sessions/", {"name": "a year of questions"})
        workspace = _created(http, "/api/sessions/", _WORKSPACE)
        for session, count in ((talk, long_chat), (workspace, MESSAGES)):
            chance = Random(0)
            for place in range(count):
                message = _message(chance, place)
                message.pop("metadata", None)
                _sent(http, f"/api/sessions/{session}/messages", message)
        _created(http, "/api/missions/", {"session_id": workspace, **_MISSION})
    return Places(token, workspace, talk, made)


def populate_adk(base: str, places: Places) -> None:
    """The same sessions, under the same ids, in ADK: 50 events, and the state of the screen."""
    chance = Random(0)
    events = [_event(place, _message(chance, place)) for place in range(MESSAGES)]
    with httpx.Client(base_url=base, timeout=60, trust_env=False) as http:
        sessions = "/apps/bench/users/demo/sessions"
        for chat in places.chats:
            _sent(http, sessions, {"sessionId": chat, "state": STATE})
        _sent(http, sessions, {"sessionId": places.workspace, "state": STATE, "events": events})


def _client(base: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=base, headers=headers, timeout=30, trust_env=False)


def _created(http: httpx.Client, path: str, body: dict[str, Any]) -> str:
    return str(_sent(http, path, body)["id"])


def _sent(http: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    return http.post(path, json=body).raise_for_status().json()


def _message(chance: Random, place: int) -> dict[str, Any]:
    """Questions in a line, answers in up to three parts, as agent UIs send them."""
    if place % 2 == 0:
        return {"role": "user", "content": _text(chance, 12)}
    parts = [{"type": "text", "text": _text(chance, 30)} for _ in range(chance.randint(1, 3))]
    return {"role": "assistant", "content": parts, "metadata": {"model": "example-1"}}


def _event(place: int, message: dict[str, Any]) -> dict[str, Any]:
    """A message as ADK has it."""
    asked = message["role"] == "user"
    content = message["content"]
    texts = [content] if asked else [part["text"] for part in content]
    return {
        "author": "user" if asked else "bench",
        "invocationId": f"i{place // 2}",
        "content": {
            "role": "user" if asked else "model",
            "parts": [{"text": text} for text in texts],
        },
    }


def _text(chance: Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))


def _hop(place: int) -> dict[str, Any]:
    step = {"name": "web_search", "status": "completed", "input": {"query": "opening hours"}}
    return {
        "name": f"Hop {place}",
        "status": "completed",
        "tool_steps": [step] * STEPS_PER_HOP,
    }


_WORKSPACE = {"name": "Trip to Lisbon", "session_metadata": STATE}
_MISSION = {"name": "Plan three days", "hops": [_hop(hop) for hop in range(HOPS)]}
