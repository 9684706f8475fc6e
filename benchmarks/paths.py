"""What is measured: the same question as the service, its floor and its peers take it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.population import ADK_CHATS, MESSAGE, STATE, Population, adk_chat

FLOOR: Final = "floor"
TUTORIAL: Final = "tutorial"
ADK: Final = "ADK"
PEERS: Final = (FLOOR, TUTORIAL, ADK)

_MESSAGE = {"role": "user", "content": MESSAGE}
_FILE = {"name": "map.pdf", "content_type": "application/pdf", "size": 240_000}
_AUTOSAVE = {"session_metadata": {**STATE, "draft": MESSAGE}}


@dataclass(frozen=True)
class Ask:
    """Whole requests, sent one after the other, round and round, and how each is answered."""

    requests: Sequence[str]
    status: int = 200


@dataclass(frozen=True)
class Path:
    """One row of the table. `targets` are the ratios to peers that we hold ourselves to."""

    name: str
    service: Ask
    peers: Mapping[str, Ask]
    targets: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Asker:
    """Writes the requests to one of those who are measured, such as a browser's fetch makes them,
    without what the service never reads. All get the token and the body: reading them off the wire
    is uvicorn's work.
    """

    root: str
    token: str

    def get(self, path: str, *headers: str, status: int = 200) -> Ask:
        return Ask([self._request("GET", path, None, headers)], status)

    def send(self, method: str, path: str, *bodies: Any, status: int = 200) -> Ask:
        return Ask([self._request(method, path, body) for body in bodies], status)

    def send_to_each(
        self, method: str, places: Sequence[str], path: str, *bodies: Any, status: int = 200
    ) -> Ask:
        """The bodies in turn, each to all places; `path` follows the place."""
        return Ask(
            [self._request(method, f"/{place}{path}", body) for body in bodies for place in places],
            status,
        )

    def _request(self, method: str, path: str, body: Any, headers: Sequence[str] = ()) -> str:
        text = "" if body is None else json.dumps(body)
        lines = [f"{method} {self.root}{path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"Authorization: Bearer {self.token}", *headers]
        if text:
            lines.append("Content-Type: application/json")
        if method != "GET":
            lines.append(f"Content-Length: {len(text.encode())}")
        return "\r\n".join(lines) + "\r\n\r\n" + text


def recoveries(workspaces: Sequence[tuple[str, str]]) -> Ask:
    """Of the service: each with the token of its owner, in turn."""
    asks = (
        _Asker("/api/sessions", token).send("POST", "/recover", {"session_id": session})
        for token, session in workspaces
    )
    return Ask([request for ask in asks for request in ask.requests])


def measured_paths(population: Population) -> list[Path]:
    """The paths with their requests, whole and ready to be sent."""
    ours, peer = population, population.tutorial
    service = _Asker("/api/sessions", ours.token)
    maker, tutorial_maker = (_Asker("/api/sessions", token) for token in (ours.maker, peer.maker))
    floor = _Asker("", ours.token)
    tutorial = _Asker("/api/sessions", peer.token)
    adk = _Asker("/apps/bench/users/demo/sessions", ours.token)
    new_in_adk = _Asker("/apps/bench/users/maker/sessions", ours.token)
    writer_in_adk = _Asker("/apps/bench/users/writer/sessions", ours.token)
    middle, since = ours.long_chat_messages // 2, ours.version - 20
    to_recover = {"session_id": ours.workspace}
    to_many = f"to {len(ours.chats)} sessions in turn"
    keys = [{"scroll": scroll} for scroll in range(50)]
    return [
        Path(
            "recovery: 50 messages, 3 hops, 9 tool steps",
            service.send("POST", "/recover", to_recover),
            {
                FLOOR: floor.send("POST", f"/recover/{ours.workspace}", to_recover),
                TUTORIAL: tutorial.send("POST", "/recover", {"session_id": peer.workspace}),
                ADK: adk.get(f"/{ours.workspace}"),
            },
            {FLOOR: 0.75, TUTORIAL: 8, ADK: 20},
        ),
        Path(
            "active: the most recent session, the same",
            service.get("/active"),
            {FLOOR: floor.get(f"/active/{ours.workspace}")},
            {FLOOR: 0.75},
        ),
        Path(
            "light read: the session alone",
            service.get(f"/{ours.workspace}?include="),
            {
                FLOOR: floor.get(f"/session/{ours.workspace}"),
                TUTORIAL: tutorial.get(f"/{peer.workspace}"),
            },
            {FLOOR: 0.5},
        ),
        Path(
            "conditional read: nothing has changed (304)",
            service.get(f"/{ours.workspace}", f'If-None-Match: "{ours.version}"', status=304),
            {FLOOR: floor.get(f"/seen/{ours.workspace}/{ours.version}", status=304)},
            {FLOOR: 0.6},
        ),
        Path(
            "list of sessions: the first 20",
            service.get("/"),
            {
                FLOOR: floor.get(f"/list/{ours.workspace}"),
                TUTORIAL: tutorial.get("/"),
                ADK: adk.get(""),
            },
        ),
        Path(
            f"page: 50 in the middle of {ours.long_chat_messages:,} messages",
            service.get(f"/{ours.long_chat}/messages?before={middle}"),
            {
                FLOOR: floor.get(f"/page/{ours.long_chat}/{middle}"),
                TUTORIAL: tutorial.get(f"/{peer.long_chat}/messages?before={middle}"),
            },
        ),
        Path(
            "changes: the latest 20",
            service.get(f"/{ours.workspace}/changes?since={since}"),
            {FLOOR: floor.get(f"/changes/{ours.workspace}/{since}")},
        ),
        Path(
            "activity: within its interval, not written",
            service.send("POST", f"/{ours.workspace}/activity", None, status=204),
            {
                FLOOR: floor.send("POST", f"/activity/{ours.workspace}", None, status=204),
                TUTORIAL: tutorial.send("POST", f"/{peer.workspace}/activity", None, status=204),
            },
            {FLOOR: 0.5},
        ),
        Path(
            f"append: one message, {to_many}",
            service.send_to_each("POST", ours.chats, "/messages", _MESSAGE, status=201),
            {
                FLOOR: _Asker("/append", ours.token).send_to_each(
                    "POST", ours.chats, "/1", _MESSAGE
                ),
                TUTORIAL: tutorial.send_to_each(
                    "POST", peer.chats, "/messages", _MESSAGE, status=201
                ),
            },
            {FLOOR: 0.5},
        ),
        Path(
            f"append: 20 messages, {to_many}",
            service.send_to_each(
                "POST", ours.chats, "/messages", {"messages": [_MESSAGE] * 20}, status=201
            ),
            {
                FLOOR: _Asker("/append", ours.token).send_to_each(
                    "POST", ours.chats, "/20", {"messages": [_MESSAGE] * 20}
                )
            },
            {FLOOR: 0.5},
        ),
        Path(
            f"autosave by PUT: the same state, {to_many}",
            service.send_to_each("PUT", ours.chats, "", _AUTOSAVE),
            {TUTORIAL: tutorial.send_to_each("PUT", peer.chats, "", _AUTOSAVE)},
        ),
        Path(
            f"autosave by merge patch: one key, {to_many}",
            service.send_to_each(
                "PATCH", ours.chats, "", *({"session_metadata": key} for key in keys)
            ),
            {
                ADK: writer_in_adk.send_to_each(
                    "PATCH",
                    [adk_chat(number) for number in range(ADK_CHATS * len(ours.chats))],
                    "",
                    {"stateDelta": keys[0]},
                )
            },
        ),
        Path(
            "create a session",
            maker.send("POST", "/", _AUTOSAVE, status=201),
            {
                TUTORIAL: tutorial_maker.send("POST", "/", _AUTOSAVE, status=201),
                ADK: new_in_adk.send("POST", "", {"state": _AUTOSAVE["session_metadata"]}),
            },
            {ADK: 5},
        ),
        Path(
            f"announce a file: in {len(ours.desks)} sessions in turn",
            maker.send_to_each("POST", ours.desks, "/assets", _FILE, status=201),
            {},
        ),
    ]
