"""The rows that a run works on: who is measured is asked for them through their own routes."""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import httpx

from benchmarks.crowd import PARTS, fill
from benchmarks.ground import Ground

MESSAGES = 50
HOPS = 3
STEPS_PER_HOP = 3
MESSAGE = "Which day is the museum free, and how do we get there from the hotel by tram?"
STATE = {"panel": "chat", "theme": "dark", "scroll": 0, "draft": ""}

ADK_CHATS = 16
"""Of the writer in ADK, for each chat of the others."""

_SESSIONS = "/api/sessions/"
_BATCH = 100  # messages of one request, at most
_DESKS = 8  # for each chat: files of one session are limited to a thousand
_WORDS = MESSAGE.lower().strip("?").split()


@dataclass(frozen=True)
class Sizes:
    """How much there is to work on: sessions that are appended to, messages of the long chat,
    sessions of everybody else, and people among them who come back.
    """

    chats: int
    long_chat: int
    sessions: int
    visitors: int


@dataclass(frozen=True)
class Places:
    """One whole workspace to come back to, a long chat, and sessions to write to. `token` is that
    of their owner, `maker` that of somebody who makes new ones: who has them by the thousand is not
    who comes back.
    """

    token: str
    maker: str
    workspace: str
    long_chat: str
    chats: list[str]


@dataclass(frozen=True)
class Population(Places):
    """Those of the service; `tutorial` are its peer's. ADK's sessions have the service's ids.

    `visitors` are people of the crowd with their tokens and workspaces, which have the shape of
    the one above; `desks` are sessions of the maker to announce files in.
    """

    version: int
    long_chat_messages: int
    desks: list[str]
    visitors: list[tuple[str, str]]
    tutorial: Places


NOWHERE: Final = Places("", "", "", "", [])
"""Those of a peer that is not measured."""


def populate(here: Ground, base: str, sizes: Sizes, tutorial: Places = NOWHERE) -> Population:
    """Through the routes of the service at `base`, but for the crowd.

    Raises httpx.HTTPStatusError where the service refuses.
    """
    token, maker = here.token("demo"), here.token("maker")
    visitors: list[tuple[str, str]] = []

    def welcome(part: int) -> None:
        names = (f"visitor {number}" for number in range(part, sizes.visitors, PARTS))
        visitors.extend(_visitor(base, here.token(name)) for name in names)

    with _client(base, token) as http:
        chats = [_created(http, _SESSIONS, {"name": f"chat {n}"}) for n in range(sizes.chats)]
        talk = _workspace(http, "a year of questions", sizes.long_chat)
        fill(here, talk, sizes.sessions, welcome)
        # Last, so that it is the one to come back to.
        workspace = _workspace(http, "Trip to Lisbon", MESSAGES)
        found = http.get(f"{_SESSIONS}{workspace}?include=").raise_for_status().json()
    with _client(base, maker) as http:
        desks = [
            _created(http, _SESSIONS, {"name": f"desk {n}"}) for n in range(_DESKS * sizes.chats)
        ]
    return Population(
        token=token,
        maker=maker,
        workspace=workspace,
        long_chat=talk,
        chats=chats,
        version=int(found["version"]),
        long_chat_messages=sizes.long_chat,
        desks=desks,
        visitors=visitors,
        tutorial=tutorial,
    )


def _visitor(base: str, token: str) -> tuple[str, str]:
    with _client(base, token) as http:
        return token, _workspace(http, "Trip to Lisbon", MESSAGES)


def _workspace(http: httpx.Client, name: str, length: int) -> str:
    """A session of the service with so many messages and a mission."""
    session = _created(http, _SESSIONS, {"name": name, "session_metadata": STATE})
    chance = Random(0)
    for start in range(0, length, _BATCH):
        messages = [_message(chance, place) for place in range(min(_BATCH, length - start))]
        _sent(http, f"{_SESSIONS}{session}/messages", {"messages": messages})
    _created(http, "/api/missions/", {"session_id": session, **_MISSION})
    return session


def populate_tutorial(here: Ground, base: str, sizes: Sizes) -> Places:
    """The same in the peer after the tutorials, which takes one message at a time; so the most of
    its long chat are copies of the first hundred, made by SQL. It has no crowd.
    """
    token = here.token("demo")
    with _client(base, token) as http:
        chats = [_created(http, _SESSIONS, {"name": f"chat {n}"}) for n in range(sizes.chats)]
        talk = _created(http, _SESSIONS, {"name": "a year of questions"})
        workspace = _created(http, _SESSIONS, _WORKSPACE)
        for session, count in ((talk, min(_BATCH, sizes.long_chat)), (workspace, MESSAGES)):
            chance = Random(0)
            for place in range(count):
                message = _message(chance, place)
                message.pop("metadata", None)
                _sent(http, f"{_SESSIONS}{session}/messages", message)
        _created(http, "/api/missions/", {"session_id": workspace, **_MISSION})
    asyncio.run(
        here.execute(
            "INSERT INTO message (id, session_id, seq, role, content, created_at)"
            " SELECT gen_random_uuid(), session_id, seq + start, role, content, created_at"
            f" FROM message, generate_series({_BATCH}, {sizes.long_chat} - 1, {_BATCH}) AS start"
            f" WHERE session_id = '{talk}'",
            "VACUUM (FREEZE, ANALYZE)",
        )
    )
    return Places(token, here.token("maker"), workspace, talk, chats)


def populate_adk(base: str, places: Places) -> None:
    """The same sessions, under the same ids, in ADK: 50 events, and the state of the screen.
    A writer has more of them, because two requests at once fail there on one session.
    """
    chance = Random(0)
    events = [_event(place, _message(chance, place)) for place in range(MESSAGES)]
    with httpx.Client(base_url=base, timeout=60, trust_env=False) as http:
        sessions = "/apps/bench/users/demo/sessions"
        for chat in places.chats:
            _sent(http, sessions, {"sessionId": chat, "state": STATE})
        _sent(http, sessions, {"sessionId": places.workspace, "state": STATE, "events": events})
        for number in range(ADK_CHATS * len(places.chats)):
            writers = "/apps/bench/users/writer/sessions"
            _sent(http, writers, {"sessionId": adk_chat(number), "state": STATE})


def adk_chat(number: int) -> str:
    """The id in ADK of the writer's session of this number."""
    return f"chat-{number}"


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
